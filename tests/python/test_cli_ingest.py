"""`testloom ingest`: journals and stores of other machines come in once, or not at all and with a reason."""

import json
import random
import shutil
import signal
import time

import duckdb
import pytest
from cli_driver import PASSES, contents, digest

STORE = "testloom.duckdb"
OUTCOMES = "select test_id::varchar, repetition, attempt, outcome, run_id from outcomes order by all"


@pytest.fixture(scope="module")
def prepared(fresh_store, bare_python):
    """A home store with a plan, and the same plan run on another machine, under another number there."""
    home = fresh_store()
    home.template("latency", PASSES)
    home("model", "add", "bert", "--family", "text_embedding")
    away = home.copy(home.folder.parent / "away")
    away("plan", "--model", "bert", "--batch-sizes", "64", "--name", "only-away")
    away("plan", "--model", "bert", "--batch-sizes", "1,2")
    home("plan", "--model", "bert", "--batch-sizes", "1,2")
    away("run", "--python", bare_python)
    return home, away


@pytest.fixture
def machines(prepared, tmp_path):
    return [program.copy(tmp_path / name) for program, name in zip(prepared, ("home", "away"))]


def journals(program):
    return program.folder / f"{STORE}.runs"


def counts(finished):
    return [(each["runs"], each["new_runs"], each["new_outcomes"]) for each in finished.objects]


@pytest.mark.parametrize("how", ["journal", "folder", "folder above", "store"])
def test_what_another_machine_ran_stands_under_the_same_tests(machines, how):
    home, away = machines
    path = {
        "journal": next(journals(away).iterdir()),
        "folder": journals(away),
        "folder above": away.folder,
        "store": away.folder / STORE,
    }[how]
    before = contents(away.folder)
    assert counts(home("ingest", path, "--json")) == [(1, 1, 2)]
    assert home.query(OUTCOMES) == away.query(OUTCOMES)
    assert [test["last_outcome"] for test in home("tests", "list", "--json").objects] == ["passed", "passed"]
    # The number of the plan is the one that it has here.
    assert away.query("select plan_id from runs") == [(2,)] and home.query("select plan_id from runs") == [(1,)]
    assert home.query("select count(*) from plans") == [(1,)]
    home("store", "verify")
    assert contents(away.folder) == before
    kept = home.query(OUTCOMES), home.query("select * from runs")
    assert counts(home("ingest", path, "--json")) == [(1, 0, 0)]
    assert (home.query(OUTCOMES), home.query("select * from runs")) == kept


def test_all_ways_at_once_add_each_outcome_once(machines):
    home, away = machines
    path, copy = journals(away), home.folder / "copy.jsonl"
    shutil.copy(next(path.iterdir()), copy)
    said = home("ingest", away.folder / STORE, path, copy, away.folder / STORE, "--json")
    assert counts(said) == [(1, 1, 2), (1, 0, 0), (1, 0, 0), (1, 0, 0)]
    assert home.query(OUTCOMES) == away.query(OUTCOMES)


def test_a_run_whose_tests_are_in_no_plan_here_has_plan_0(store, machines):
    store("ingest", journals(machines[1]))
    assert store.query("select plan_id from runs") == [(0,)]
    store("store", "verify")


def test_a_store_that_has_less_of_a_run_than_here_takes_nothing_back(machines):
    home, away = machines
    (journal,) = journals(away).iterdir()
    lines = journal.read_bytes().splitlines(keepends=True)
    part = home.write("part.jsonl", b"".join(lines[:2]))
    assert counts(home("ingest", part, "--json")) == [(1, 1, 1)]
    assert home.query("select ended_at, journal_bytes from runs") == [(None, part.stat().st_size)]
    assert counts(home("ingest", away.folder / STORE, "--json")) == [(1, 0, 1)]
    assert home.query(OUTCOMES) == away.query(OUTCOMES)
    assert home.query("select ended_at, journal_bytes from runs") == away.query("select ended_at, journal_bytes from runs")
    said = home("ingest", part, code=6).stderr
    assert "part.jsonl' cannot be taken in: it has" in said and "older copy" in said
    assert home.query(OUTCOMES) == away.query(OUTCOMES)


def bad_paths(home, away):
    (journal,) = journals(away).iterdir()
    with duckdb.connect(str(home.folder / "other.duckdb")) as connection:
        connection.execute("create table t as select 1 as a")
    shutil.copy(home.folder / STORE, home.folder / "newer.duckdb")
    with duckdb.connect(str(home.folder / "newer.duckdb")) as connection:
        connection.execute("update store_info set schema_version = 99")
    (home.folder / "empty").mkdir()
    home.write("half.duckdb", (away.folder / STORE).read_bytes()[:20000])
    home.write("text.jsonl", "hello\n")
    home.write("nothing.jsonl", "")
    home.write("two.jsonl", journal.read_bytes() + journal.read_bytes())
    return {
        "missing": "there is nothing at",
        "empty": "there is no journal in the folder",
        "other.duckdb": "is no testloom store",
        "newer.duckdb": "is of schema 99",
        "half.duckdb": "cannot be taken in",
        "text.jsonl": "does not begin with its run",
        "nothing.jsonl": "has no whole line",
        "two.jsonl": "a second run begins in it",
        STORE: "is the store that takes in",
        "/dev/null": "not a regular file",
    }


def test_a_path_that_is_no_such_thing_leaves_the_store_as_it_was(machines):
    home, away = machines
    for path, reason in bad_paths(home, away).items():
        before = digest(home.folder / STORE)
        said = home("ingest", journals(away), path, code=6).stderr
        assert reason in said and path in said and len(said.splitlines()) == 2, said
        assert digest(home.folder / STORE) == before and home.query("select count(*) from runs") == [(0,)]


def test_another_run_of_the_same_id_is_said(machines):
    home, away = machines
    (journal,) = journals(away).iterdir()
    head, *rest = journal.read_text("ascii").splitlines(keepends=True)
    other = home.write("other.jsonl", head.replace('"started_at_us": 1', '"started_at_us": 2') + "".join(rest))
    home("ingest", journal)
    assert "the store has another run" in home("ingest", other, code=6).stderr
    renamed = home.copy(home.folder / "renamed")
    with duckdb.connect(str(renamed.folder / STORE)) as connection:
        connection.execute("update runs set host = 'elsewhere'")
    assert "it has another run" in home("ingest", renamed.folder / STORE, code=6).stderr


def test_a_store_that_is_being_written_is_said(machines):
    home, away = machines
    with duckdb.connect(str(away.folder / STORE)):
        assert "another process writes to it" in home("ingest", away.folder / STORE, code=6).stderr


def large_journal(path, results):
    case = {"case": "bert/cpu/latency[batch_size=1]", "attempt": 1, "outcome": "passed"}
    with path.open("w") as file:
        head = {"type": "run", "run_id": "large", "plan_id": 1, "started_at_us": 5, "engine": "local", "host": "away"}
        file.write(json.dumps(head) + "\n")
        for i in range(results):
            line = {"type": "outcome", "test_id": f"00000000-0000-8000-8000-{i:012x}", **case, "started_at_us": i}
            file.write(json.dumps(line) + "\n")
    return path


def test_two_processes_and_kills_at_any_moment_add_each_outcome_once(machines):
    home, _ = machines
    results = 150_000  # more than DuckDB keeps together in a log that is taken in by half after a kill
    path = large_journal(home.folder / "large.jsonl", results)
    begin = time.monotonic()
    home.copy(home.folder.parent / "timed")("ingest", path)
    whole = time.monotonic() - begin
    rng = random.Random(5)
    for _ in range(8):
        process = home.start("ingest", path)
        time.sleep(rng.uniform(0, whole * 1.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert home.query("select count(*) from outcomes") in ([(0,)], [(results,)])
    both = [home.start("ingest", path, "--json", "--wait", "60") for _ in range(2)]
    said = [json.loads(process.communicate(timeout=100)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(each["new_outcomes"] for each in said) in (0, results)
    assert home.query("select count(*), count(distinct test_id) from outcomes") == [(results, results)]
    home("store", "verify")
