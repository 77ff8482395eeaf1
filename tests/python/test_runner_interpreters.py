"""Runs the runner on every Python from 3.8 on that this machine has."""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_runner import raising, run_test


def interpreters():
    """Finds each Python that the runner must work on, by its executable."""
    found = {os.path.realpath(sys.executable): (sys.executable, sys.version_info[:2])}
    candidates = glob.glob(str(Path.home() / ".pyenv/versions/3.*/bin/python"))
    candidates += filter(None, (shutil.which(f"python3.{minor}") for minor in range(8, 14)))
    for candidate in candidates:
        asked = subprocess.run(
            [candidate, "-c", "import sys; print(sys.executable, *sys.version_info[:2])"],
            capture_output=True,
            text=True,
        )
        if asked.returncode == 0:
            executable, major, minor = asked.stdout.rsplit(maxsplit=2)
            found.setdefault(os.path.realpath(executable), (executable, (int(major), int(minor))))
    return sorted(python for python, version in found.values() if version >= (3, 8))


@pytest.mark.parametrize("python", interpreters())
class TestEachInterpreter:
    def test_a_result(self, tmp_path, python):
        source = """
        import collections, dataclasses, enum, pathlib
        @dataclasses.dataclass
        class Point:
            x: float
        Pair = collections.namedtuple("Pair", "a b")
        Color = enum.Enum("Color", "RED")
        def test_it():
            loop = []
            loop.append(loop)
            return {"nan": float("nan"), "point": Point(1.5), "pair": Pair(1, 2), "color": Color.RED, "big": 10 ** 5000,
                    "path": pathlib.Path("a") / "b", "set": {3, 1}, "loop": loop, "bytes": b"abc", "text": "\\udc80"}
        """
        finished = run_test(tmp_path, source, python=python)
        assert finished.stderr == ""
        assert finished.record["result"] == {
            "nan": "NaN",
            "point": {"x": 1.5},
            "pair": [1, 2],
            "color": 1,
            "big": f"<integer of {(10**5000).bit_length()} bits>",
            "path": "a/b",
            "set": [1, 3],
            "loop": ["<cycle>"],
            "bytes": {"bytes": 3},
            "text": "\\udc80",
        }

    @pytest.mark.parametrize(
        "statement, outcome, kind",
        [
            ("assert False", "failed", "AssertionError"),
            ("raise Odd", "error", "Odd"),
            ("raise SystemExit(0)", "error", "SystemExit"),
            ("raise MemoryError", "oom", "MemoryError"),
            ("a_name_that_is_not_there", "error", "NameError"),
            ("test_it()", "error", "RecursionError"),
        ],
    )
    def test_an_exception(self, tmp_path, python, statement, outcome, kind):
        finished = run_test(tmp_path, raising(statement), python=python)
        assert (finished.record["outcome"], finished.record["error"]["type"]) == (outcome, kind)
        assert 'test_it.py", line 8, in test_it\n' in finished.record["error"]["traceback"]
        assert finished.stderr == finished.record["error"]["traceback"]

    def test_a_file_that_does_not_compile(self, tmp_path, python):
        finished = run_test(tmp_path, "x = 1\ndef test_it(:\n", python=python)
        assert finished.record["error"]["type"] == "SyntaxError"
        assert 'test_it.py", line 2\n' in finished.stderr
        assert "importlib" not in finished.stderr
