"""Warm parents: what tests import is loaded once, each test has its own copy of all, and where forking is not safe
tests start in interpreters of their own. The libraries are stand-ins, so that their faults can be chosen."""

import signal
import sys
import time

import pytest
from leftovers import none_left
from run_driver import Run, add_models

LIBRARY = """\
import os
with open({log!r}, "a") as file:
    print(os.getpid(), file=file)
state = []
"""
COUNTS = """\
import {library}
def test_it():
    {library}.state.append(1)
    return {{"states": len({library}.state)}}
"""
MODELS = [f"m{i}" for i in range(6)]


class Libraries:
    """An interpreter that has these libraries, and a plan with a test of each for every model."""

    def __init__(self, store):
        self.store, self.log = store, store.folder / "log"
        path = store.folder / "libraries"
        self.python = str(store.write("python", f'#!/bin/sh\nPYTHONPATH={path} exec {sys.executable} -S "$@"\n'))
        (store.folder / "python").chmod(0o755)

    def add(self, name, text=LIBRARY, test=COUNTS):
        self.store.write(f"libraries/{name}.py", text.format(log=str(self.log)))
        self.store.template(f"uses_{name}", test.format(library=name))

    def plan(self):
        add_models(self.store, "text_embedding", *MODELS)
        self.store("plan", *(f"--model={model}" for model in MODELS), "--batch-sizes=1")

    def run(self, *flags, code=0):
        self.plan()
        return Run(self.store, "--jobs=2", "--timeout=20", "--python", self.python, *flags, code=code)

    def loads(self):
        return len(self.log.read_text().splitlines())


@pytest.fixture
def libraries(store):
    return Libraries(store)


def starts(run):
    return {each["start"] for each in run.attempts}


def test_a_library_is_loaded_once_and_each_test_has_its_own_copy(libraries):
    libraries.add("safetensors")
    run = libraries.run()
    assert run.counts() == {"passed": 6} and starts(run) == {"fork"} and libraries.loads() == 1
    assert {each["result"]["states"] for each in run.attempts} == {1}


def test_fresh_interpreters_load_it_each(libraries):
    libraries.add("safetensors")
    run = libraries.run("--fresh")
    assert run.counts() == {"passed": 6} and starts(run) == {"fresh"} and libraries.loads() == 6


def test_tests_of_other_imports_have_another_parent(libraries):
    libraries.add("safetensors")
    libraries.add("tokenizers", "import sys\nstate = ['safetensors' in sys.modules] * ('safetensors' in sys.modules)\n")
    run = libraries.run()
    assert run.counts() == {"passed": 12} and libraries.loads() == 1
    assert {each["result"]["states"] for each in run.attempts} == {1}


NUMPY = """\
import os
float32, state, loaded_by = "float32", [], os.getpid()
def ones(*shape, **how):
    return shape
def matmul(a, b):
    if os.getpid() != loaded_by:
        {fault}
"""


@pytest.mark.parametrize("fault", ["raise RuntimeError('threads are gone')", "os.kill(os.getpid(), 11)"])
def test_where_forked_processes_cannot_compute_tests_start_afresh_and_the_run_says_so(libraries, fault):
    libraries.add("numpy", NUMPY.format(fault=fault).replace("{", "{{").replace("}", "}}"))
    libraries.add("safetensors")
    run = libraries.run()
    assert run.counts() == {"passed": 12}
    by_template = {each["template_name"]: each["start"] for each in run.attempts}
    assert by_template == {"uses_numpy": "fresh", "uses_safetensors": "fork"}
    assert run.notes.count("interpreters of their own") == 1 and "multiplying matrices" in run.notes


@pytest.mark.parametrize(
    ("fault", "outcome", "says"),
    [
        ("raise ValueError('broken library')", "error", "broken library"),
        ("import sys; sys.exit(0)", "error", "SystemExit"),
        ("import os; os._exit(0)", "crashed", "status 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed", "SIGSEGV"),
    ],
    ids=["raises", "exits", "ends the process", "crashes"],
)
def test_a_library_that_fails_on_import_fails_its_tests_alone(libraries, fault, outcome, says):
    libraries.add("safetensors")
    libraries.add("tokenizers", fault + "\n")
    run = libraries.run(code=1)
    assert run.counts() == {"passed": 6, outcome: 6}
    for each in run.attempts:
        is_broken = each["template_name"] == "uses_tokenizers"
        assert each["outcome"] == (outcome if is_broken else "passed")
        assert not is_broken or says in str(each)
    assert not none_left(libraries.store.folder)


def test_what_a_test_does_to_its_interpreter_is_not_seen_by_the_next(libraries):
    test = """\
import {library}, os, signal, sys
def test_it():
    seen = [os.environ.get("MARK"), getattr({library}, "mark", None), "mark" in sys.modules, os.getcwd() == "/",
            signal.getsignal(signal.SIGUSR1) != signal.SIG_DFL, os.path.exists("mark"), len(sys.path) > 50]
    os.environ["MARK"] = {library}.mark = "1"
    open("mark", "w").close()
    sys.modules["mark"] = sys
    sys.path.extend(["/nowhere"] * 60)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    os.chdir("/")
    return {{"seen": [each for each in seen if each]}}
"""
    libraries.add("safetensors", test=test)
    run = libraries.run()
    assert run.counts() == {"passed": 6} and starts(run) == {"fork"}
    assert [each["result"]["seen"] for each in run.attempts] == [[]] * 6


def test_a_forked_test_is_as_one_in_a_fresh_interpreter(libraries):
    """What it sees of its process is the same, but for what is another in each process."""
    test = """\
import {library}, os, resource, signal, sys, threading
def test_it():
    return {{
        "argv": [os.path.basename(each) for each in sys.argv], "main": sys.modules["__main__"].__name__,
        "name": __name__, "cwd": os.path.basename(os.getcwd()), "leader": os.getpid() == os.getsid(0) == os.getpgid(0),
        "descriptors": sorted(int(each) for each in os.listdir("/proc/self/fd"))[:4],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "stdin": sys.stdin.read(),
        "handlers": {{each.name: str(signal.getsignal(each)) for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD,
                     signal.SIGPIPE)}},
        "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "files": resource.getrlimit(resource.RLIMIT_NOFILE), "core": resource.getrlimit(resource.RLIMIT_CORE),
        "threads": threading.active_count(), "umask": os.umask(0o22), "mask": os.sched_getaffinity(0),
        "path": [os.path.basename(each) for each in sys.path if "libraries" not in each and "." not in each][1:],
        "variables": sorted(name for name in os.environ if name not in ("_", "PWD", "OLDPWD", "SHLVL")),
        "terminal": os.isatty(1), "buffered": sys.stdout.line_buffering, "optimised": sys.flags.optimize,
    }}
"""
    libraries.add("safetensors", test=test)
    forked, fresh = libraries.run(), Run(libraries.store, "--fresh", "--python", libraries.python, "--jobs=2")
    assert starts(forked) == {"fork"} and starts(fresh) == {"fresh"}
    for case, each in forked.outcomes.items():
        assert each["result"] == fresh.outcomes[case]["result"]


def test_random_numbers_differ_from_test_to_test(libraries):
    test = "import {library}, random\ndef test_it():\n    return {{'drawn': random.random()}}\n"
    libraries.add("safetensors", "import random\n", test)
    run = libraries.run()
    assert starts(run) == {"fork"} and len({each["result"]["drawn"] for each in run.attempts}) == 6


def test_ctrl_c_while_a_library_is_loaded_ends_at_once(libraries):
    libraries.add("safetensors", LIBRARY + "import time\ntime.sleep(60)\n")
    libraries.plan()
    process = libraries.store.start("run", "--python", libraries.python)
    end = time.monotonic() + 20
    while not libraries.log.exists() and time.monotonic() < end:
        time.sleep(0.02)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130 and time.monotonic() - began < 2
    assert not none_left(libraries.store.folder)

POOLS = """\
import {library}, multiprocessing, os
def square(number):
    return number * number, os.getpid()
def test_it():
    found = {{}}
    for way in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(way).Pool(2) as pool:
            done = pool.map(square, range(5))
        found[way] = [number for number, _ in done]
        assert os.getpid() not in [pid for _, pid in done]
    return found
"""


@pytest.mark.parametrize("flags", [[], ["--fresh"]], ids=["fork", "fresh"])
def test_a_test_may_start_processes_in_every_way_that_python_has(libraries, flags):
    libraries.add("safetensors", test=POOLS)
    run = libraries.run("--where=model_name = 'm0'", *flags)
    (outcome,) = run.attempts
    assert outcome["outcome"] == "passed", outcome
    assert outcome["result"] == dict.fromkeys(("fork", "spawn", "forkserver"), [0, 1, 4, 9, 16])
    assert not none_left(libraries.store.folder)
