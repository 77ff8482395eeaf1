"""Drives the real program from tests: one call runs one command line in a folder of its own and holds it to what is
true of every call. It hands out `Program` and `Finished`, and what the tests of the command line share."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import duckdb

REPOSITORY = Path(__file__).resolve().parents[2]
NO_HUB_CACHE = str(Path(tempfile.gettempdir()) / "testloom-no-hub-cache")
OURS = ("TESTLOOM_STORE", "VIRTUAL_ENV", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "PYTHONPATH")

PASSES = """\
def test_${model_family}_${hardware_type}():
    return {"success": True, "model_name": "${model_name}", "batch_size": ${batch_size}}
"""


class Finished:
    """What one command line left behind."""

    def __init__(self, arguments, process):
        self.arguments, self.code = arguments, process.returncode
        self.stdout, self.stderr = process.stdout.decode("utf-8"), process.stderr.decode("utf-8")

    @property
    def objects(self):
        """The objects of a JSON output: ASCII, one a line, with nothing that JSON does not have."""
        assert self.stdout.isascii(), f"not ASCII: {self.stdout!r}"
        return [json.loads(line, parse_constant=_no_such_constant) for line in self.stdout.splitlines()]

    @property
    def object(self):
        (only,) = self.objects
        return only

    def __str__(self):
        return f"testloom {self.arguments}\nexit code {self.code}\n{self.stdout}\n--- stderr\n{self.stderr}"


def _no_such_constant(name):
    raise AssertionError(f"JSON has no {name}")


class Program:
    """The program, called in one folder. A call fails its test when the exit code is not `code`."""

    def __init__(self, folder, path=None):
        self.folder = Path(folder)
        self.path = str(path or os.environ.get("TESTLOOM") or REPOSITORY / ".venv" / "bin" / "testloom")

    def environment(self, changes=None):
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        # What this machine has downloaded says nothing in tests. Libraries may make the folder; it stays empty.
        return {**kept, "HF_HUB_CACHE": NO_HUB_CACHE, **(changes or {})}

    def command(self, *arguments):
        return [self.path, *(part if isinstance(part, bytes) else str(part) for part in arguments)]

    def __call__(self, *arguments, code=0, stdin=b"", env=None, folder=None, prefix=()):
        process = subprocess.run(
            [*prefix, *self.command(*arguments)],
            cwd=folder or self.folder,
            env=self.environment(env),
            input=stdin,
            capture_output=True,
            timeout=120,
        )
        finished = Finished(arguments, process)
        assert finished.code == code, f"expected exit code {code}: {finished}"
        assert "\x1b" not in finished.stdout + finished.stderr, f"escape bytes in a pipe: {finished}"
        return finished

    def start(self, *arguments, env=None, **how):
        """Starts a command line in a process group of its own and does not wait for it."""
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **how}
        return subprocess.Popen(
            self.command(*arguments), cwd=self.folder, env=self.environment(env), start_new_session=True, **how
        )

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def copy(self, folder):
        """The program in another folder, with a copy of all that lies in this one."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Program(folder, self.path)

    def template(self, name, text=PASSES, family="text_embedding", *more):
        """Adds a template with this text, and returns what the program said."""
        path = self.write(f"source-{hashlib.sha256(name.encode()).hexdigest()[:12]}.py", text)
        return self("template", "add", path, f"--name={name}", f"--family={family}", *more)

    def tests(self, *more):
        """The tests of a plan by their case."""
        listed = self("tests", "list", "--json", *more).objects
        by_case = {test["case"]: test for test in listed}
        assert len(by_case) == len(listed)
        return by_case

    def query(self, statement, store="testloom.duckdb"):
        """Rows read from a store by a plain DuckDB client."""
        with duckdb.connect(str(self.folder / store), read_only=True) as connection:
            return connection.execute(statement).fetchall()


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def tree(folder):
    """Every file under a folder with its digest and time of change, for comparing before and after."""
    files = (path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (digest(path), path.stat().st_mtime_ns) for path in files}


def contents(folder):
    """Every file and folder under a folder, with the files' digests."""
    return {str(path.relative_to(folder)): digest(path) if path.is_file() else None for path in Path(folder).rglob("*")}
