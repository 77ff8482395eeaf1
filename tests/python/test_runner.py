"""Runs the runner as the engine does, one process a test, and holds its outcomes and its record to its protocol."""

import json
import math
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

RUNNER = Path(__file__).resolve().parents[2] / "python" / "testloom" / "runner.py"
RECORD_KEYS = "outcome result error duration_s import_s peak_memory_bytes environment".split()


class Finished:
    """What a runner's process left."""

    def __init__(self, process, result_file):
        self.returncode, self.stdout, self.stderr = process.returncode, process.stdout, process.stderr
        self.text = result_file.read_text("ascii") if result_file.exists() else None
        self.record = None if self.text is None else json.loads(self.text, parse_constant=pytest.fail)


def run_test(folder, source, python=sys.executable, options=()):
    """Runs the source as a test in a work folder of its own; the record goes beside that folder."""
    work = folder / "work"
    work.mkdir()
    test_file = work / "test_it.py"
    test_file.write_bytes(source if isinstance(source, bytes) else textwrap.dedent(source).encode())
    result_file = folder / "results" / "record.json"
    result_file.parent.mkdir()
    command = [python, *options, str(RUNNER), "test_it.py", "../results/record.json"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    process = subprocess.run(command, cwd=work, env=environment, capture_output=True, encoding="utf-8", timeout=300)
    assert not result_file.with_name("record.json.tmp").exists()
    return Finished(process, result_file)


@pytest.fixture
def run(tmp_path):
    return lambda source, **how: run_test(tmp_path, source, **how)


def returning(expression):
    return f"""
    class Odd:
        def __eq__(self, other):
            raise ValueError("not comparable")
        __hash__ = None
    class FalseLike:
        def __eq__(self, other):
            return other is False
    class ArrayLike:
        def __eq__(self, other):
            return self
        def __bool__(self):
            raise ValueError("the truth of several is ambiguous")
    def test_it():
        return {expression}
    """


def raising(statement):
    return f"""\
    class Odd(Exception):
        def __str__(self):
            raise SystemExit("no text")
        __repr__ = __str__
    class OutOfMemoryError(RuntimeError):
        pass
    def test_it():
        {statement}
    """


@pytest.mark.parametrize(
    "expression, outcome",
    [
        ("None", "passed"),
        ("{}", "passed"),
        ("{'success': True}", "passed"),
        ("{'success': None}", "passed"),
        ("{'success': 'no'}", "passed"),
        ("{'success': ''}", "passed"),
        ("{'success': []}", "passed"),
        ("{'success': Odd()}", "passed"),
        ("{'success': ArrayLike()}", "passed"),
        ("__import__('collections').OrderedDict(success=True)", "passed"),
        ("{'success': False}", "failed"),
        ("{'success': 0}", "failed"),
        ("{'success': FalseLike()}", "failed"),
        ("{'success': False, 'error_message': 'a shape differs'}", "failed"),
        ("{'success': False, 'error_message': None}", "failed"),
        ("{'success': False, 'error_message': 'CUDA out of memory. Tried to allocate 2 GiB'}", "oom"),
        ("{'success': False, 'error_message': MemoryError('Unable to allocate 8 TiB for an array')}", "oom"),
        ("{'success': False, 'error_message': \"DefaultCPUAllocator: can't allocate memory\"}", "oom"),
        ("{'success': True, 'error_message': 'out of memory'}", "passed"),
        ("True", "error"),
        ("False", "error"),
        ("0", "error"),
        ("[{'success': True}]", "error"),
    ],
)
def test_a_returned_value_decides_the_outcome(run, expression, outcome):
    finished = run(returning(expression))
    assert finished.record["outcome"] == outcome
    assert (finished.record["error"] is None) == (outcome == "passed")
    assert (finished.record["result"] is None) == (expression == "None" or outcome == "error")
    assert (finished.stderr == "") == (outcome != "error")


@pytest.mark.parametrize(
    "statement, outcome, kind, message",
    [
        ("assert 1 == 2, 'one is not two'", "failed", "AssertionError", "one is not two"),
        ("raise __import__('unittest').TestCase.failureException('no')", "failed", "AssertionError", "no"),
        ("raise AssertionError('out of memory')", "failed", "AssertionError", "out of memory"),
        ("raise ValueError('a value')", "error", "ValueError", "a value"),
        ("raise ValueError('out of memory')", "error", "ValueError", "out of memory"),
        ("raise __import__('json').JSONDecodeError('bad', '', 0)", "error", "json.decoder.JSONDecodeError", None),
        ("raise SystemExit", "error", "SystemExit", ""),
        ("__import__('sys').exit(0)", "error", "SystemExit", "0"),
        ("raise KeyboardInterrupt", "error", "KeyboardInterrupt", ""),
        ("raise GeneratorExit", "error", "GeneratorExit", ""),
        ("raise BaseException('base')", "error", "BaseException", "base"),
        ("raise Odd", "error", "Odd", "<unprintable Odd>"),
        ("raise ValueError('\\ud800 \\u00e9')", "error", "ValueError", "\\ud800 \u00e9"),
        ("raise MemoryError", "oom", "MemoryError", ""),
        ("bytearray(1 << 62)", "oom", "MemoryError", ""),
        ("raise OutOfMemoryError('no room')", "oom", "OutOfMemoryError", "no room"),
        ("raise RuntimeError('CUDA out of memory.')", "oom", "RuntimeError", None),
        ("raise RuntimeError('HIP out of memory.')", "oom", "RuntimeError", None),
        ("raise RuntimeError('MPS backend out of memory')", "oom", "RuntimeError", None),
        ('raise RuntimeError("DefaultCPUAllocator: can\'t allocate memory")', "oom", "RuntimeError", None),
        ("raise OSError(12, 'Cannot allocate memory')", "oom", "OSError", "[Errno 12] Cannot allocate memory"),
        ("raise RuntimeError('a size differs')", "error", "RuntimeError", "a size differs"),
    ],
)
def test_an_exception_decides_the_outcome(run, statement, outcome, kind, message):
    finished = run(raising(statement))
    error = finished.record["error"]
    assert (finished.record["outcome"], error["type"], finished.record["result"]) == (outcome, kind, None)
    assert message is None or error["message"] == message
    assert error["traceback"].startswith("Traceback (most recent call last):\n")
    assert error["traceback"].splitlines()[1].endswith('test_it.py", line 8, in test_it')
    assert "runner.py" not in error["traceback"]
    assert finished.stderr == error["traceback"]


@pytest.mark.parametrize(
    "source, outcome, kind",
    [
        ("def test_it(:\n    pass\n", "error", "SyntaxError"),
        ("import a_module_that_is_not_there\n", "error", "ModuleNotFoundError"),
        ("assert False\n", "failed", "AssertionError"),
        ("raise MemoryError\n", "oom", "MemoryError"),
        ("raise SystemExit(0)\n", "error", "SystemExit"),
        (b"def test_it():\n    return '\xff'\n", "error", "SyntaxError"),
        (b"def test_it():\n    pass\n\0\n", "error", None),
        ("", "error", "InvalidTest"),
        ("test_it = 3\n", "error", "InvalidTest"),
        ("def check_it(): pass\n", "error", "InvalidTest"),
        (
            "from unittest.mock import sentinel as test_it\nfrom os.path import join as test_join\n",
            "error",
            "InvalidTest",
        ),
        ("def test_a(): pass\ndef test_b(): pass\n", "error", "InvalidTest"),
        ("def test_a(model): pass\n", "error", "TypeError"),
        ("async def test_a(): pass\n", "error", "InvalidTest"),
    ],
)
def test_a_file_that_cannot_be_run(run, source, outcome, kind):
    finished = run(source)
    assert finished.record["outcome"] == outcome
    assert kind is None or finished.record["error"]["type"] == kind
    assert "runner.py" not in finished.stderr and "importlib" not in finished.stderr


@pytest.mark.parametrize(
    "source, message",
    [
        ("", "must define one function test_..., and defines none"),
        ("def test_a(): pass\ndef test_b(): pass\n", "defines test_a, test_b"),
        ("def test_a(): return [1]\n", "returned a value of type list"),
        ("def test_a(model): pass\n", "missing 1 required positional argument: 'model'"),
        ("async def test_a(): pass\n", "returned a value of type coroutine"),
        ("def test_a(:\n", "test_it.py, line 1"),
    ],
)
def test_what_is_wrong_is_named(run, source, message):
    finished = run(source)
    assert message in finished.record["error"]["message"]
    assert finished.record["error"]["message"].splitlines()[0] in finished.stderr or "SyntaxError" in finished.stderr


@pytest.mark.parametrize(
    "source",
    [
        "from json import dumps as test_dumps\ndef test_it(): pass\n",
        "def test_it(): pass\ntest_again = test_it\n",
        "class test_it:\n    pass\ndel test_it\ntest_it = lambda: None\n",
        "import functools\nas_test = functools.wraps(lambda: 0)\n@as_test\ndef test_it(*arguments, **more): pass\n",
        "def test_it(model='any'): pass\n",
        "\ufeffdef test_it(): pass\n",
        "# coding: latin-1\ndef test_it(): pass\n",
        "from __future__ import annotations\ndef test_it(x: Unknown = 1): pass\n",
    ],
)
def test_the_one_test_is_found(run, source):
    assert run(source).record["outcome"] == "passed"


def test_the_record_holds_what_the_protocol_names(run):
    finished = run(
        """
        import sys, types
        for name, version in (("numpy", "1.2.3"), ("torch", 7)):
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__version__ = version
        print("to stdout")
        print("to stderr", file=sys.stderr)
        def test_it():
            data = bytearray(b"x") * (200 << 20)
            return {"success": True, "size": len(data)}
        """
    )
    record = finished.record
    assert list(record) == RECORD_KEYS
    assert (record["outcome"], record["error"]) == ("passed", None)
    assert record["result"] == {"success": True, "size": 200 << 20}
    assert (200 << 20) < record["peak_memory_bytes"] < (1 << 40)
    assert 0 < record["duration_s"] < 100 and 0 < record["import_s"] < 100
    python = ".".join(map(str, sys.version_info[:3]))
    assert record["environment"] == {"python": python, "torch": None, "transformers": None, "numpy": "1.2.3"}
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "to stdout\n", "to stderr\n")
    assert finished.text.endswith("}\n") and finished.text.count("\n") == 1


def test_the_peak_is_not_the_parents(tmp_path):
    """A process inherits the mark that getrusage reports from whoever started it."""
    ballast = bytearray(b"x") * (300 << 20)
    finished = run_test(tmp_path, "def test_it(): pass\n")
    assert len(ballast) > 0 < finished.record["peak_memory_bytes"] < 200 << 20


def test_the_call_is_timed_without_the_import(run):
    start = time.perf_counter()
    record = run("import time\ntime.sleep(0.3)\ndef test_it(): time.sleep(0.1)\n").record
    whole = time.perf_counter() - start
    assert record["import_s"] >= 0.3
    assert 0.1 <= record["duration_s"] <= whole - 0.3


def test_nothing_is_imported_to_tell_versions(run):
    finished = run("def test_it(): pass\n", options=("-v",))
    assert finished.record["environment"]["numpy"] is None
    assert "numpy" not in finished.stderr and "torch" not in finished.stderr


def test_the_module_is_as_tests_expect_it(run):
    record = run(
        """
        import dataclasses, os, pickle, sys
        @dataclasses.dataclass
        class Point:
            x: int
        def test_it():
            import testloom_test
            return {
                "name": __name__,
                "file": __file__ == os.path.join(os.getcwd(), "test_it.py"),
                "registered": testloom_test.Point is Point,
                "pickled": pickle.loads(pickle.dumps(Point(3))) == Point(3),
                "argv": sys.argv == [__file__],
                "path": sys.path[0] == os.path.dirname(__file__),
                "runner_folder": any(os.path.exists(os.path.join(folder, "runner.py")) for folder in sys.path),
                "files": sorted(os.listdir(".")),
            }
        """
    ).record
    assert record["result"] == {
        "name": "testloom_test",
        "file": True,
        "registered": True,
        "pickled": True,
        "argv": True,
        "path": True,
        "runner_folder": False,
        "files": ["test_it.py"],
    }


def test_processes_started_afresh_find_the_test(run):
    record = run(
        """
        import multiprocessing
        def square(x):
            return x * x
        def test_it():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                return {"squares": pool.map(square, [2, 3])}
        """
    ).record
    assert record["result"] == {"squares": [4, 9]}


def test_a_traceback_keeps_causes_and_lines(run):
    error = run(
        """\
        import json
        def load():
            try:
                json.loads("[")
            except ValueError as cause:
                raise KeyError("config") from cause
        def test_it():
            load()
        """
    ).record["error"]
    first, second = error["traceback"].split(
        "\nThe above exception was the direct cause of the following exception:\n\n"
    )
    assert 'test_it.py", line 4, in load\n    json.loads("[")\n' in first
    assert "json.decoder.JSONDecodeError" in first
    assert second.splitlines()[1].endswith('test_it.py", line 8, in test_it')
    assert second.splitlines()[2] == "    load()"
    assert second.endswith("KeyError: 'config'\n")


@pytest.mark.parametrize(
    "statement, longest",
    [
        ("raise ValueError('x' * 50_000_000)", 10_200),
        ("exec('def f(n): g(n)\\ndef g(n): f(n + 1)\\nf(0)')", 10_200),
    ],
)
def test_messages_and_tracebacks_are_bounded(run, statement, longest):
    finished = run(raising(statement))
    assert finished.record["outcome"] == "error"
    assert len(finished.record["error"]["message"]) < longest
    assert len(finished.record["error"]["traceback"]) < 64_200
    assert len(finished.stderr) < 64_200


def test_a_chain_of_very_many_causes(run):
    finished = run(
        """
        def test_it():
            error = None
            for number in range(3000):
                following = ValueError(number)
                following.__cause__ = error
                error = following
            raise error
        """
    )
    assert finished.record["error"]["message"] == "2999"
    assert finished.record["error"]["traceback"].endswith("ValueError: 2999\n")


def test_wrong_arguments_are_a_usage_error(tmp_path):
    process = subprocess.run([sys.executable, RUNNER, "one"], cwd=tmp_path, capture_output=True, text=True)
    assert process.returncode != 0
    assert process.stderr == "usage: runner.py TEST_FILE RESULT_FILE\n"


def test_a_missing_test_file_is_an_error(tmp_path):
    subprocess.run([sys.executable, RUNNER, "test_none.py", "record.json"], cwd=tmp_path, capture_output=True)
    record = json.loads((tmp_path / "record.json").read_text())
    error = record["error"]
    assert error["type"] == "FileNotFoundError" and "test_none.py" in error["message"]
    assert record["duration_s"] == 0 and record["result"] is None


def test_numbers_keep_their_precision(run):
    result = run("import math\ndef test_it(): return {'pi': math.pi, 'tiny': 5e-324, 'big': 2 ** 64 - 1}\n").record[
        "result"
    ]
    assert result == {"pi": math.pi, "tiny": 5e-324, "big": 2**64 - 1}
