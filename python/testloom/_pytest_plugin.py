"""pytest's plugin: ``python -m pytest duckdb_api/…`` finds the installed tests of that path from any folder."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "duckdb_api"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: Any, parser: Any, args: list[str]) -> None:
    """Replaces each argument that names a file of the package which is not below the current folder."""
    args[:] = [installed(argument) for argument in args]


def installed(argument: str) -> str:
    """The argument with the installed file's path, where it names one and there is none here."""
    path, separator, test = argument.partition("::")
    if not path.startswith(PACKAGE + "/") or Path(path).exists():
        return argument
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        candidate = Path(folder).parent / path
        if candidate.exists():
            return f"{candidate}{separator}{test}"
    return argument
