"""Fixtures for tests of the real program: `testloom` runs it in an empty folder, `store` in a folder that has an empty
store; `golden` compares text with a file under tests/golden/cli; TESTLOOM_UPDATE_GOLDEN=1 rewrites those files.
`tiny_model` and `one_thread` are for tests that run models."""

import os
import shutil
import subprocess
import sys

import pytest
from cli_driver import REPOSITORY, Program

GOLDEN = REPOSITORY / "tests" / "golden" / "cli"


@pytest.fixture
def testloom(tmp_path):
    """The program in an empty folder."""
    return Program(tmp_path)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A store without templates, to be copied."""
    program = Program(tmp_path_factory.mktemp("empty-store"))
    program("init", "--no-templates")
    return program.folder / "testloom.duckdb"


@pytest.fixture(scope="module")
def fresh_store(tmp_path_factory, empty_store):
    """Makes programs in folders with an empty store, for what is prepared once and copied for each test."""

    def make():
        program = Program(tmp_path_factory.mktemp("prepared"))
        shutil.copy(empty_store, program.folder / "testloom.duckdb")
        return program

    return make


@pytest.fixture
def store(testloom, empty_store):
    """The program in a folder with an empty store under the default name."""
    shutil.copy(empty_store, testloom.folder / "testloom.duckdb")
    return testloom


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory):
    """An interpreter without any installed package, so that a run starts fast."""
    path = tmp_path_factory.mktemp("bare-python") / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    from browsing import Browser

    opened = Browser()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """A store of 2,000 plausible tests in five runs, and its report."""
    from report_example import Example

    return Example(tmp_path_factory.mktemp("report"), tests=2000, runs=5)


@pytest.fixture
def reader(browser, example):
    """The example's report, open."""
    with browser.reading(example.file) as opened:
        yield opened


@pytest.fixture(scope="session")
def private_mounts():
    """A command prefix that runs a command where mounts are its own. Without the right to mount, the tests fail."""
    tried = []
    for prefix in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        probe = subprocess.run([*prefix, "mount", "-t", "tmpfs", "probe", "/mnt"], capture_output=True, text=True)
        if probe.returncode == 0:
            return prefix
        tried.append(f"{' '.join(prefix)}: {probe.stderr.strip()}")
    return pytest.fail(
        "mounting in a private namespace is needed, as root or with user namespaces:\n" + "\n".join(tried)
    )


@pytest.fixture
def golden(tmp_path):
    def compare(name, text):
        path = GOLDEN / f"{name}.txt"
        text = text.replace(str(tmp_path.resolve()), "FOLDER").replace(str(tmp_path), "FOLDER")
        if os.environ.get("TESTLOOM_UPDATE_GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        assert path.exists(), f"{path} is missing; TESTLOOM_UPDATE_GOLDEN=1 writes it"
        assert text == path.read_text("utf-8")

    return compare


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """Gives the folder of a tiny model by its name; each is made once."""
    from tiny_models import save_tiny_model

    folders = {}

    def folder_of(name):
        if name not in folders:
            folders[name] = save_tiny_model(name, tmp_path_factory.mktemp(name))
        return folders[name]

    return folder_of


@pytest.fixture
def one_thread():
    """Tiny models gain nothing from more threads, which wait for each other on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
