"""Runs the original command line, and shell text that calls it, in a folder of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MODULE = "duckdb_api.distributed_testing.test_generator_integration"

SMALL_TEMPLATE = 'def test_a():\n    return {"model": "${model_name}", "batch_size": ${batch_size}}\n'


def environment() -> dict[str, str]:
    """This process's own, with the Python that runs these tests as `python`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))
    }
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def bash(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-c", text], cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )


def cli(folder: Path, *arguments: str, store: str = "t.duckdb") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", MODULE, "--template-db", store, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )


def add_small_template(folder: Path, *more: str) -> None:
    (folder / "small.py").write_text(SMALL_TEMPLATE)
    arguments = ["--template-name", "small", "--model-family", "vision", "--template-file", "small.py", *more]
    done = cli(folder, "--add-template", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
