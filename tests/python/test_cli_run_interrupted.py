"""A run while others look at the store, and runs that end before their time: what was reported stays, once."""

import json
import os
import signal
import time

import pytest
from cli_driver import PASSES

WAITS = """\
import os, time
def test_it():
    with open({folder!r} + "/started-${{batch_size}}", "w") as file:
        file.write(str(os.getpid()))
    while ${{batch_size}} > 1 and not os.path.exists({folder!r} + "/go"):
        time.sleep(0.02)
"""


def until(true):
    """Waits for something to become true, at most twenty seconds."""
    for _ in range(1000):
        found = true()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


class Held:
    """A run whose first test has passed and whose second waits for a file `go`."""

    def __init__(self, store, python):
        self.store = store
        store.template("latency", WAITS.format(folder=str(store.folder)))
        store("plan", "--model", "bert", "--batch-sizes", "1,4,8")
        self.process = store.start("run", "--python", python)
        until(self.pid)

    def pid(self):
        path = self.store.folder / "started-4"
        return path.exists() and path.read_text()

    def go(self):
        (self.store.folder / "go").touch()
        return [text.decode() for text in self.process.communicate(timeout=60)]

    def journals(self):
        return sorted((self.store.folder / "testloom.duckdb.runs").glob("*.jsonl"))


@pytest.fixture
def held(store, bare_python):
    held = Held(store, bare_python)
    yield held
    if held.process.poll() is None:
        held.go()


def outcomes(store):
    return store.query('select "case", outcome, count(*) from outcomes group by all order by 1, 2')


def case(size):
    return f"bert/cpu/latency[batch_size={size}]"


def test_looking_and_planning_work_while_a_run_is_active(held):
    store = held.store
    for verb in ("tests list", "template list", "model list", "tests render --out out", f"tests show {case(1)}"):
        store(*verb.split(), "--wait", "0")
    store("model", "add", "mine", "--family", "text_embedding", "--wait", "0")
    store.template("memory", PASSES)
    store("plan", "--model", "mine", "--batch-sizes", "1", "--name", "meanwhile", "--wait", "0")
    stdout, _ = held.go()
    assert held.process.returncode == 0 and "3 passed" in stdout
    assert outcomes(store) == [(case(1), "passed", 1), (case(4), "passed", 1), (case(8), "passed", 1)]


def test_outcomes_are_in_the_journal_as_soon_as_they_are_reported(held):
    (journal,) = held.journals()
    lines = [json.loads(line) for line in journal.read_text("ascii").splitlines()]
    assert [(line["case"], line["outcome"]) for line in lines if line["type"] == "outcome"] == [(case(1), "passed")]


def kill(held):
    test = int(held.pid())
    os.kill(held.process.pid, signal.SIGKILL)
    held.process.communicate(timeout=60)
    return test


def test_a_killed_run_loses_no_outcome_and_the_next_takes_them_once(held, bare_python):
    store = held.store
    kill(held)
    assert {test["last_outcome"] for test in store.tests().values()} <= {None, "passed"}
    (store.folder / "go").touch()
    store("run", "--python", bare_python)
    expected = [(case(1), "passed", 2), (case(4), "passed", 1), (case(8), "passed", 1)]
    assert outcomes(store) == expected
    store("run", "--python", bare_python)
    assert outcomes(store) == [(each, "passed", count + 1) for each, _, count in expected]
    assert store.query("select count(*) from runs") == [(3,)]
    assert store.query("select max(n) from (select count(*) n from outcomes group by run_id, test_id, attempt)") == [
        (1,)
    ]


def test_a_killed_run_leaves_no_test_running(held):
    test = kill(held)
    try:
        until(lambda: not os.path.exists(f"/proc/{test}") or state(test) == "Z")
    finally:
        (held.store.folder / "go").touch()


def state(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("damage", [b'{"type": "outcome", "test_id": "', b"\0\0\0\0", b'{"type": "outc\xff'])
def test_a_journal_with_a_torn_end_gives_what_is_whole(held, bare_python, damage):
    store = held.store
    kill(held)
    (journal,) = held.journals()
    with open(journal, "ab") as file:
        file.write(damage)
    (store.folder / "go").touch()
    store("run", "--python", bare_python)
    assert outcomes(store) == [(case(1), "passed", 2), (case(4), "passed", 1), (case(8), "passed", 1)]


@pytest.mark.parametrize("content", [b"", b"not JSON at all\n", b'{"type": "run"}\n', b"[1]\n"])
def test_a_journal_that_is_none_does_not_stop_a_run(store, bare_python, content):
    store.template("latency")
    store("plan", "--model", "bert")
    store.write("testloom.duckdb.runs/20200101-000000000-beef.jsonl", content)
    said = store("run", "--python", bare_python)
    assert "2 passed" in said.stdout
    assert [row[1:] for row in outcomes(store)] == [("passed", 1)] * 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("to", ["the program", "its group"])
def test_an_interrupted_run_keeps_what_it_has_and_says_so(held, number, to):
    store, test = held.store, int(held.pid())
    (os.kill if to == "the program" else os.killpg)(held.process.pid, number)
    stdout, stderr = (text.decode() for text in held.process.communicate(timeout=60))
    assert held.process.returncode == 130, (stdout, stderr)
    assert "interrupted" in stdout + stderr
    assert not os.path.exists(f"/proc/{test}")
    assert (case(1), "passed", 1) in outcomes(store)
    assert not any(row[0] == case(4) and row[1] != "interrupted" for row in outcomes(store))


def test_a_second_run_at_the_same_time_is_possible_or_refused_in_words(held, bare_python):
    store = held.store
    (store.folder / "started-4").unlink()
    second = store.start("run", "--python", bare_python)
    until(lambda: (store.folder / "started-4").exists() or second.poll() is not None)
    held.go()
    _, stderr = second.communicate(timeout=60)
    assert held.process.returncode == 0
    assert second.returncode == 0 or (second.returncode in (4, 5) and stderr)
    counts = store.query("select max(n) from (select count(*) n from outcomes group by run_id, test_id, attempt)")
    assert counts == [(1,)]


def test_a_run_goes_on_when_nobody_reads_what_it_says(store, bare_python):
    store.template("latency")
    store("plan", "--model", "bert", "--batch-sizes", "1,2,4,8")
    process = store.start("run", "--python", bare_python)
    process.stdout.close()
    process.stderr.read()
    process.wait(timeout=60)
    assert sum(row[2] for row in outcomes(store)) == 4
