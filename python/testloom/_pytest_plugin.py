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
    folder = package_folder()
    candidate = folder.parent / path if folder else Path(path)
    return f"{candidate}{separator}{test}" if candidate.exists() else argument


def pytest_itemcollected(item: pytest.Item) -> None:
    """Shows the installed tests under the path that was asked for; outside pytest's root they have none."""
    folder = package_folder() if item.nodeid.startswith("::") else None
    if folder and item.path.is_relative_to(folder):
        item._nodeid = item.path.relative_to(folder.parent).as_posix() + item.nodeid


def package_folder() -> Path | None:
    """Where the package is installed."""
    spec = importlib.util.find_spec(PACKAGE)
    return Path(spec.origin).parent if spec and spec.origin else None
