"""Tests that do to their process and their machine whatever they can, beside tests that behave: the run ends by itself,
each has the outcome that it deserves, the others have theirs, and nothing of any is left."""

import json
import time

import pytest
from leftovers import children_of, none_left

# What a test does, what comes out, and what its reason or error says. Each is the body of a function; `forked` is
# whether it came from a warm parent.
FAULTS = {
    "loops": ("while True: pass", "timeout", "ended after 3 s"),
    "ignores_term": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)",
        "timeout",
        "ended after 3 s",
    ),
    "stops_itself": ("os.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(600)", "timeout", "ended after 3 s"),
    "children_ignore_term": (
        "if os.fork() == 0:\n    os.setsid()\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)",
        "timeout",
        "ended after 3 s",
    ),
    "segfault": ("import ctypes\nctypes.string_at(0)", "crashed", "SIGSEGV"),
    "aborts": ("os.abort()", "crashed", "SIGABRT"),
    "kills_itself": ("os.kill(os.getpid(), signal.SIGKILL)", "crashed", "SIGKILL"),
    "kills_its_group": ("os.killpg(0, signal.SIGKILL)", "crashed", "SIGKILL"),
    "exits_at_once": ("os._exit(0)", "crashed", "exited with status 0 and no result"),
    "exits_with_3": ("os._exit(3)", "crashed", "exited with status 3 and no result"),
    "prints_binary": (
        "os.write(1, bytes(range(256)) * 200)\nos.write(2, b'\\xff\\0\\x1b[31m' * 9)\nassert False, 'binary'",
        "failed",
        "binary",
    ),
    "prints_to_terminal": (
        "print('\\x1b[2J\\r\\b' * 99, end='')\nraise ValueError('\\x1b[2Jgone\\r')",
        "error",
        "gone",
    ),
    "forks_200": (
        "for _ in range(200):\n    if os.fork() == 0:\n        time.sleep(600)\n        os._exit(0)",
        "passed",
        "",
    ),
    "daemonises_another": (
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.chdir('/')\n        time.sleep(600)\n"
        "    os._exit(0)\nos.wait()",
        "passed",
        "",
    ),
    "daemonises_itself": (
        "if os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\nos.chdir('/')\ntime.sleep(600)",
        "crashed",
        "exited with status 0 and no result",
    ),
    "leaves_its_pipe_open": ("subprocess.Popen(['sleep', '600'], start_new_session=True)", "passed", ""),
    "closes_all": ("os.closerange(0, 4096)", "passed", ""),
    "opens_many": (
        "kept = []\nwhile True: kept.append(os.open('/dev/null', os.O_RDONLY))",
        "error",
        "Too many open files",
    ),
    "deletes_its_folder": ("shutil.rmtree(os.getcwd())", "passed", ""),
    "deletes_all_its_files": ("shutil.rmtree(os.path.dirname(os.getcwd()))", "passed", ""),
    "changes_folder": ("os.chdir('/')", "passed", ""),
    "locks_its_folder": ("os.makedirs('a/b')\nopen('a/b/c', 'w').close()\nos.chmod('a', 0)", "passed", ""),
    "links_out": ("os.symlink({outside!r}, 'out')\nos.symlink('..', 'up')", "passed", ""),
    "deep_folder": (
        "for _ in range(1500):\n    os.mkdir('d' * 200)\n    os.chdir('d' * 200)",
        "passed",
        "",
    ),
    "patches_exit": (
        "sys.exit = os._exit = os.replace = open = print = lambda *a, **k: None\n"
        "import builtins\nbuiltins.open = builtins.print = None\nsys.stdout = sys.stderr = None",
        "passed",
        "",
    ),
    "calls_exit": ("sys.exit(0)", "error", "SystemExit"),
    "returns_100_mb": ("return {{'success': True, 'x': 'x' * 100_000_000}}", "passed", ""),
    "returns_cyclic": ("d = {{}}\nd['d'] = [d]\nreturn d", "passed", ""),
    "returns_deep": ("d = {{}}\nfor _ in range(100_000): d = {{'d': d}}\nreturn d", "passed", ""),
    "raises_base": ("raise BaseException('base')", "error", "base"),
    "raises_keyboard": ("raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
    "raises_unprintable": (
        "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd",
        "error",
        "<unprintable Odd>",
    ),
    "recurses": ("def f(): f()\nf()", "error", "RecursionError"),
    "leaves_threads": (
        "for _ in range(8): threading.Thread(target=time.sleep, args=(600,)).start()",
        "passed",
        "",
    ),
    "leaves_handlers": (
        "import atexit\natexit.register(time.sleep, 600)\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\n"
        "signal.signal(signal.SIGALRM, lambda *_: None)",
        "passed",
        "",
    ),
    "forges_nothing": ("open('../result.json', 'w').write('{{')\nos._exit(0)", "crashed", "no result"),
    "writes_store_here": ("open('testloom.duckdb', 'w').write('mine')", "passed", ""),
}

HEAD = "import os, shutil, signal, subprocess, sys, threading, time\ndef test_it():\n"
GOOD = """\
import time
def test_it():
    time.sleep(0.02)
    return {"batch": ${batch_size}}
"""
GOOD_TEMPLATES, GOOD_SIZES = ("calm", "quiet"), (1, 2, 4, 8)
KIND = pytest.mark.parametrize("kind", ["fork", "fresh"])
RUN_AT_MOST_SECONDS = 100
FLAGS = {"fork": [], "fresh": ["--fresh"]}


def template_of(body, **values):
    return HEAD + "".join(f"    {line}\n" for line in body.format(**values).splitlines())


def add_good(program):
    for name in GOOD_TEMPLATES:
        program.template(name, GOOD)


def planned(program):
    """Hostile tests are vision's, with the lowest batch size; those that behave are text_embedding's."""
    only = ["--exclude", "model_name = 'vit' and batch_size > 1"]
    program("plan", "--model", "bert", "--model", "vit", "--batch-sizes", ",".join(map(str, GOOD_SIZES)), *only)


def good_cases():
    return {f"bert/cpu/{name}[batch_size={size}]" for name in GOOD_TEMPLATES for size in GOOD_SIZES}


def hostile_case(name):
    return f"vit/cpu/{name}[batch_size=1]"


class Ran:
    """What a run left: its outcomes by case, how it ended, and how much memory its own processes took at most."""

    def __init__(self, program, *arguments, env=None):
        self.program, began = program, time.monotonic()
        process = program.start("run", "--json", *arguments, env=env, stdout=open(program.folder / "said", "wb"))
        self.peaks = {}
        while process.poll() is None:
            if time.monotonic() - began > RUN_AT_MOST_SECONDS:
                process.kill()
                raise AssertionError(f"the run does not end: {process.communicate()[1].decode()}")
            for pid in (process.pid, *children_of(process.pid)):
                self.peaks[pid] = max(self.peaks.get(pid, 0), resident_peak(pid))
            time.sleep(0.02)
        self.seconds, self.code = time.monotonic() - began, process.returncode
        self.stderr = process.stderr.read().decode()
        self.lines = [json.loads(line) for line in (program.folder / "said").read_text("ascii").splitlines()]
        self.outcomes = {line["case"]: line for line in self.lines if "case" in line}

    def of(self, name):
        return self.outcomes[hostile_case(name)]


def resident_peak(pid):
    """Bytes that a process held at most, without the pages of files, which the system can take back."""
    try:
        with open(f"/proc/{pid}/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["RssAnon"].split()[0]) * 1024 if "testloom" in fields["Name"] else 0
    except (OSError, KeyError):
        return 0


def said_of(outcome):
    parts = (outcome.get(key) or "" for key in ("reason", "error_type", "error_message", "traceback"))
    return "\n".join(parts)


def assert_nothing_left(program):
    left = none_left(program.folder, 5)
    assert not left, f"processes that are left: {left}"
    runs = program.folder / "testloom.duckdb.runs"
    assert not list(runs.glob("*.work")), "the folder of the run's files is left"
    assert program("store", "verify").stdout.startswith("the store is whole: ")


@pytest.fixture(scope="module", params=["fork", "fresh"])
def ran(request, fresh_store, bare_python, tmp_path_factory):
    """A run of every fault beside tests that behave, two at once."""
    program = fresh_store()
    outside = tmp_path_factory.mktemp("outside")
    (outside / "kept").write_text("kept")
    for name, (body, _, _) in FAULTS.items():
        program.template(name, template_of(body, outside=str(outside)), "vision")
    add_good(program)
    planned(program)
    ran = Ran(program, "--python", bare_python, "--jobs", "2", "--timeout", "3", *FLAGS[request.param])
    ran.kind, ran.outside = request.param, outside
    return ran


def test_the_run_ends_by_itself_and_says_that_tests_failed(ran):
    assert ran.code == 1, ran.stderr
    # Four wait for their time to be over, three of them until KILL; the rest takes moments.
    assert ran.seconds < 60
    counted = {}
    for outcome in ran.outcomes.values():
        counted[outcome["outcome"]] = counted.get(outcome["outcome"], 0) + 1
    assert ran.lines[-1]["outcomes"] == counted and sum(counted.values()) == len(FAULTS) + len(good_cases())


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_outcome_and_says_why(ran, name):
    _, expected, says = FAULTS[name]
    outcome = ran.of(name)
    assert outcome["outcome"] == expected, said_of(outcome)
    assert says in said_of(outcome)
    assert outcome["start"] == ran.kind


def test_the_others_pass_with_their_results(ran):
    good = {case: each for case, each in ran.outcomes.items() if case.startswith("bert")}
    assert set(good) == good_cases()
    for case, outcome in good.items():
        assert outcome["outcome"] == "passed" and f"batch_size={outcome['result']['batch']}]" in case


def test_no_process_and_no_file_is_left(ran):
    assert_nothing_left(ran.program)
    assert [path.name for path in ran.outside.iterdir()] == ["kept"]


def test_the_store_has_what_was_reported(ran):
    rows = ran.program.query('select "case", outcome, reason from outcomes')
    assert len(rows) == len(ran.outcomes)
    assert {row[0]: row[1:] for row in rows} == {
        case: (each["outcome"], each.get("reason")) for case, each in ran.outcomes.items()
    }


def test_what_was_returned_is_kept_as_far_as_it_can_be(ran):
    assert ran.of("returns_100_mb")["result"] == {"truncated": True, "success": True}
    assert ran.of("returns_cyclic")["result"] == {"d": ["<cycle>"]}


def test_what_was_printed_is_kept_as_text(ran):
    tail = ran.of("prints_binary")["output_tail"]
    assert len(tail.encode("utf-8", "surrogatepass")) <= 3 * 16 * 1024 and "abcdefgh" in tail
    assert tail.rstrip().endswith("AssertionError: binary")


def test_the_program_itself_takes_little_memory(ran):
    assert 0 < max(ran.peaks.values()) < 100e6


def one_fault(store, body, *arguments, **values):
    """A run of one fault beside tests that behave."""
    store.template("hostile", template_of(body, **values), "vision")
    add_good(store)
    planned(store)
    return Ran(store, "--jobs", "2", *arguments)


def assert_only_the_hostile(ran, outcome, says):
    assert ran.of("hostile")["outcome"] == outcome, said_of(ran.of("hostile"))
    assert says in said_of(ran.of("hostile"))
    others = {case: each["outcome"] for case, each in ran.outcomes.items() if case != hostile_case("hostile")}
    assert others == dict.fromkeys(good_cases(), "passed")
    assert_nothing_left(ran.program)


EATS = """\
held = []
while True:
    held.append(b"x" * (16 << 20))
    time.sleep(0.01)
"""
CHILDREN_EAT = """\
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        held = b"x" * (400 << 20)
        time.sleep(600)
time.sleep(600)
"""


@KIND
@pytest.mark.parametrize("body", [EATS, CHILDREN_EAT], ids=["itself", "its children"])
def test_what_exhausts_the_memory_is_ended_and_no_other(store, bare_python, kind, body):
    ran = one_fault(store, body, "--python", bare_python, "--memory", "1.3GB", "--timeout", "60", *FLAGS[kind])
    assert_only_the_hostile(ran, "oom", "1.3 GB")
    assert ran.code == 1 and ran.of("hostile")["peak_memory_bytes"] > 0.6e9


PRINTS = """\
line = b"x" * 65535 + b"\\n"
os.write(1, b"the beginning\\n")
for _ in range(16384):
    os.write(1, line)
print("the end", flush=True)
assert {passes}, "printed"
"""


def test_a_gigabyte_of_output_is_drained_and_its_ends_are_kept(store, bare_python):
    ran = one_fault(store, PRINTS, "--python", bare_python, "--timeout", "60", passes=False)
    assert_only_the_hostile(ran, "failed", "printed")
    outcome = ran.of("hostile")
    kept = (store.folder / "testloom.duckdb.runs" / outcome["output_file"]).read_bytes()
    begin, note, end = kept.partition(b"bytes left out")
    printed = 16384 * 65536 + len(b"the beginning\nthe end\n")
    assert begin.startswith(b"the beginning\nxxx") and note and b"\nthe end\n" in end[-2000:]
    assert 9e6 < len(kept) <= 10e6 + 100
    left_out = int(begin.split()[-1])
    assert len(kept) - 100 < printed - left_out + end.count(b"Traceback") * 2000 < len(kept) + 2000
    assert "the end" in outcome["output_tail"] and len(outcome["output_tail"]) <= 16 * 1024
    assert max(ran.peaks.values()) < 100e6


def test_output_of_what_passed_is_not_kept(store, bare_python):
    ran = one_fault(store, PRINTS, "--python", bare_python, "--timeout", "60", passes=True)
    assert_only_the_hostile(ran, "passed", "")
    assert ran.code == 0 and not list(store.folder.rglob("*.output/*"))


def test_what_kills_the_warm_parent_is_hit_alone(store, bare_python):
    ran = one_fault(store, "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(600)", "--python", bare_python)
    assert_only_the_hostile(ran, "crashed", "SIGKILL")


def test_what_stops_the_warm_parent_is_hit_alone(store, bare_python):
    body = "os.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(600)"
    ran = one_fault(store, body, "--python", bare_python, "--timeout", "3")
    assert_only_the_hostile(ran, "timeout", "3 s")


def test_what_stops_the_program_does_not_hold_it_up(store, bare_python):
    """From a fresh interpreter the parent is the program itself."""
    ran = one_fault(store, "os.kill(os.getppid(), signal.SIGSTOP)", "--python", bare_python, "--fresh")
    assert_only_the_hostile(ran, "passed", "")


def test_what_kills_the_program_leaves_nothing_and_what_was_reported(store, bare_python):
    """From a fresh interpreter the parent is the program itself."""
    body = "if not os.path.exists({go!r}): os.kill(os.getppid(), signal.SIGKILL)"
    go = store.folder / "go"
    ran = one_fault(store, body, "--python", bare_python, "--fresh", go=str(go))
    assert ran.code == 5 and "SIGKILL" in ran.stderr and "--resume" in ran.stderr
    assert not none_left(store.folder, 5)
    go.touch()
    again = Ran(store, "--resume", "--python", bare_python, "--fresh")
    assert again.code == 0, again.stderr
    assert not set(ran.outcomes) & set(again.outcomes)
    assert set(ran.outcomes) | set(again.outcomes) == {hostile_case("hostile")} | good_cases()
    assert_nothing_left(store)


def test_a_test_that_overwrites_the_store_loses_no_outcome(store, bare_python):
    """Nothing keeps a test of the same user from the file; the journal has what came out, and the run says so."""
    path = store.folder / "testloom.duckdb"
    ran = one_fault(store, "open({path!r}, 'w').write('mine')", "--python", bare_python, path=str(path))
    others = {case: each["outcome"] for case, each in ran.outcomes.items()}
    assert others == dict.fromkeys(good_cases() | {hostile_case("hostile")}, "passed")
    (journal,) = (store.folder / "testloom.duckdb.runs").glob("*.jsonl")
    assert len(journal.read_text("ascii").splitlines()) == len(others) + 2
    assert "not in the store yet" in ran.stderr and str(journal.parent) in ran.stderr
    assert not none_left(store.folder, 5)
