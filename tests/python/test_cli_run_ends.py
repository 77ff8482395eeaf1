"""How a run ends and what it says meanwhile: exit codes, Ctrl-C once and twice, lines for programs, and others that
read the store while it goes on."""

import json
import os
import signal
import time

import duckdb
import pytest
from leftovers import none_left
from run_driver import Run, add_models, timed

KEYS = {
    "test_id", "model_name", "hardware_type", "batch_size", "template_name",
    "outcome", "duration_s", "peak_memory_bytes", "result", "error",
}  # fmt: skip


def case(model, template="timed", size=1):
    return f"{model}/cpu/{template}[batch_size={size}]"


def planned(store, text, models, sizes="1", template="timed"):
    store.template(template, text)
    add_models(store, "text_embedding", *models)
    store("plan", *(f"--model={model}" for model in models), "--batch-sizes", sizes)


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return found


# What the exit code says.

ONE_FAILS = "def test_it():\n    assert '${model_name}' != 'b', 'it is b'\n"


def test_after_the_first_failure_nothing_more_is_started_and_resume_goes_on(store, bare_python):
    """The exit code is of the whole run, not of its last part."""
    planned(store, ONE_FAILS, "abcd")
    run = Run(store, "--fail-fast", "--jobs=1", "--python", bare_python, code=1)
    assert run.words() == {case("a"): "passed", case("b"): "failed"}
    rest = Run(store, "--resume", "--jobs=1", "--python", bare_python, code=1)
    assert rest.words() == {case("c"): "passed", case("d"): "passed"}
    assert rest.counts() == {"passed": 3, "failed": 1} and rest.summary["run_id"] == run.summary["run_id"]
    rows = store.query('select "case", outcome from outcomes order by 1')
    assert rows == [(case("a"), "passed"), (case("b"), "failed"), (case("c"), "passed"), (case("d"), "passed")]
    assert "--resume" in store("run", "--fail-fast", "--jobs=1", "--python", bare_python, code=1).stdout


def test_skipped_tests_fail_a_strict_run_alone(store, bare_python):
    planned(store, "#% cores 9999\ndef test_it():\n    pass\n", "a")
    assert Run(store, "--python", bare_python).counts() == {"skipped": 1}
    Run(store, "--strict", "--python", bare_python, code=1)


def test_absent_hardware_fails_the_run_where_it_is_required(store, bare_python):
    store.template("timed", timed(0))
    store("plan", "--model=bert", "--hardware=cpu,mps", "--batch-sizes=1")
    run = Run(store, "--python", bare_python)
    assert run.counts() == {"passed": 1, "skipped": 1}
    assert "mps" in run.outcomes["bert/mps/timed[batch_size=1]"]["reason"]
    Run(store, "--require-hardware", "--python", bare_python, code=1)
    Run(store, "--require-hardware", "--hardware=cpu", "--python", bare_python)


@pytest.mark.parametrize(
    "flags",
    [
        ["--jobs=0"], ["--jobs=-1"], ["--jobs=x"], ["--memory=0"], ["--memory=lots"], ["--memory=-1GB"],
        ["--timeout=0"], ["--timeout=soon"], ["--timeout=-1"], ["--retries=-1"], ["--repeat=0"], ["--memory="],
        ["--resume", "--where=batch_size = 1"], ["--resume"], ["--resume", "--failed"],
    ],
    ids=lambda flags: " ".join(flags),
)  # fmt: skip
def test_what_makes_no_sense_is_refused_before_anything_starts(store, flags):
    planned(store, timed(0), "a")
    said = store("run", *flags, code=2)
    assert said.stderr and not said.stdout and store.query("select count(*) from runs") == [(0,)]


@pytest.mark.parametrize("text", ["1GB", "1 GiB", "1073741824", "1e9", "0.5gb", "900mb"])
def test_sizes_and_times_are_written_as_people_do(store, bare_python, text):
    planned(store, timed(0), "a")
    assert Run(store, "--memory", text, "--timeout", "1m", "--python", bare_python).counts() == {"passed": 1}


# Ctrl-C.

WAITS = """\
import os, signal, time
def test_it():
    {before}
    open("{folder}/started-${{model_name}}", "w").close()
    time.sleep(600)
"""


class Interrupted:
    """A run whose two tests wait, with what came of it after so many signals."""

    def __init__(self, store, python, signals, before="pass", number=signal.SIGINT, flags=(), pause=0.3):
        planned(store, WAITS.format(before=before, folder=store.folder), "abcd")
        process = store.start("run", "--json-lines", "--jobs=2", "--python", python, *flags)
        until(lambda: len(list(store.folder.glob("started-*"))) >= min(2, os.cpu_count()))
        began = time.monotonic()
        for _ in range(signals):
            os.killpg(process.pid, number)
            time.sleep(pause)
        stdout, stderr = process.communicate(timeout=60)
        self.seconds, self.code = time.monotonic() - began - signals * pause, process.returncode
        self.lines, self.stderr = [json.loads(line) for line in stdout.splitlines()], stderr.decode()
        self.started = {case(path.name[-1]) for path in store.folder.glob("started-*")}


@pytest.mark.parametrize("flags", [[], ["--fresh"]], ids=["fork", "fresh"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_tests_that_run_are_ended_and_recorded_as_interrupted(store, bare_python, number, flags):
    run = Interrupted(store, bare_python, 1, number=number, flags=flags)
    assert run.code == 130 and run.seconds < 1.9
    told = {case(each["model_name"], each["template_name"]): each["outcome"] for each in run.lines}
    assert told == dict.fromkeys(run.started, "interrupted")
    assert dict(store.query('select "case", outcome from outcomes')) == told
    assert not none_left(store.folder)
    assert not list((store.folder / "testloom.duckdb.runs").glob("*.work"))


def test_one_that_does_not_listen_is_killed_after_two_seconds(store, bare_python):
    run = Interrupted(store, bare_python, 1, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    assert run.code == 130 and 1.5 < run.seconds + 0.3 < 5
    assert {each["outcome"] for each in run.lines} == {"interrupted"}
    assert not none_left(store.folder)


def test_the_second_time_it_is_killed_at_once(store, bare_python):
    run = Interrupted(store, bare_python, 2, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    assert run.code == 130 and run.seconds < 1.5
    assert {each["outcome"] for each in run.lines} == {"interrupted"} and len(run.lines) == len(run.started)
    assert not none_left(store.folder)


def test_an_interrupted_run_goes_on_with_what_is_left(store, bare_python):
    text = (
        "import os, time\ndef test_it():\n    open('{0}/started-${{model_name}}', 'w').close()\n"
        "    while '${{model_name}}' > 'a' and not os.path.exists('{0}/go'): time.sleep(0.01)\n"
    )
    planned(store, text.format(store.folder), "abcd")
    process = store.start("run", "--json", "--jobs=2", "--python", bare_python)
    until(lambda: (store.folder / "started-b").exists() and (store.folder / "started-c").exists())
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and json.loads(stdout.splitlines()[-1])["interrupted"]
    (store.folder / "go").touch()
    run = Run(store, "--resume", "--python", bare_python)
    assert run.words() == dict.fromkeys(map(case, "bcd"), "passed")
    last = store.query(
        "select model_name, last(outcome order by started_at, attempt), count(distinct run_id) from outcomes "
        "group by 1 order by 1"
    )
    assert last == [(name, "passed", 1) for name in "abcd"]
    assert {test["last_outcome"] for test in store.tests().values()} == {"passed"}
    done = store("run", "--resume", "--python", bare_python)
    assert "nothing to run" in done.stdout + done.stderr


def test_a_run_that_is_still_going_on_is_not_gone_on_with(store, bare_python):
    text = "import os, time\ndef test_it():\n    while not os.path.exists('{0}/go'): time.sleep(0.01)\n"
    planned(store, text.format(store.folder), "ab")
    process = store.start("run", "--jobs=1", "--python", bare_python)
    until(lambda: list((store.folder / "testloom.duckdb.runs").glob("*.jsonl")))
    said = store("run", "--resume", "--python", bare_python, code=5)
    assert "going on" in said.stderr
    (store.folder / "go").touch()
    assert b"2 passed" in process.communicate(timeout=60)[0] and process.returncode == 0
    assert store.query("select count(*), count(distinct test_id) from outcomes") == [(2, 2)]


# While it goes on.


def test_lines_for_programs_have_what_they_ask_for(store, bare_python):
    planned(store, ONE_FAILS, "ab")
    said = store("run", "--json-lines", "--jobs=1", "--python", bare_python, code=1)
    passed, failed = said.objects
    assert KEYS <= set(passed) and KEYS <= set(failed)
    assert passed["error"] is None and passed["outcome"] == "passed" and passed["duration_s"] > 0
    assert (failed["error"]["type"], failed["error"]["message"]) == ("AssertionError", "it is b")
    assert (failed["model_name"], failed["hardware_type"], failed["batch_size"]) == ("b", "cpu", 1)


def test_lines_come_as_tests_end(store, bare_python):
    text = (
        "import os, time\ndef test_it():\n"
        "    while '${{model_name}}' == 'b' and not os.path.exists('{0}/go'): time.sleep(0.01)\n"
    )
    planned(store, text.format(store.folder), "ab")
    process = store.start("run", "--json-lines", "--jobs=1", "--python", bare_python)
    first = json.loads(process.stdout.readline())
    assert first["model_name"] == "a" and process.poll() is None
    # It is in the journal already, and synced.
    (journal,) = (store.folder / "testloom.duckdb.runs").glob("*.jsonl")
    assert first["test_id"] in journal.read_text("ascii")
    (store.folder / "go").touch()
    assert len(process.communicate(timeout=60)[0].splitlines()) == 1 and process.returncode == 0


def test_others_read_the_store_while_a_run_is_active(store, bare_python):
    planned(store, timed(0.25), [f"m{i:02}" for i in range(40)])
    process = store.start("run", "--jobs=2", "--python", bare_python)
    seen, refused, looks = set(), 0, 0
    while process.poll() is None:
        looks += 1
        listed = store("tests", "list", "--plan=1", "--json", "--wait=2").objects
        assert len(listed) == 40
        try:
            with duckdb.connect(str(store.folder / "testloom.duckdb"), read_only=True) as client:
                seen.add(client.execute("select count(*) from outcomes").fetchone()[0])
        except duckdb.IOException:  # it is written to in this moment
            refused += 1
        if looks == 3:
            store("plan", "--model=m00", "--batch-sizes=2", "--name=meanwhile", "--wait=2")
        time.sleep(0.05)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0 and b"40 passed" in stdout, stderr
    assert looks > 8 and refused < looks / 3
    # Outcomes come into the store while the run goes on, not at its end alone.
    assert len(seen - {0, 40}) >= 1
    assert store.query("select count(*), count(distinct test_id) from outcomes") == [(40, 40)]


def test_a_run_that_nobody_lets_into_the_store_keeps_its_outcomes(store, bare_python):
    planned(store, timed(0.3), [f"m{i}" for i in range(6)])
    process = store.start("run", "--jobs=1", "--python", bare_python, "--wait=1")
    until(lambda: list((store.folder / "testloom.duckdb.runs").glob("*.jsonl")))
    until(lambda: _is_readable(store))
    with duckdb.connect(str(store.folder / "testloom.duckdb"), read_only=True):
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0 and b"6 passed" in stdout and b"not in the store yet" in stderr
    assert store.query("select count(*) from outcomes")[0][0] < 6
    store("model", "add", "another", "--family=vision")
    assert store.query("select count(*), count(distinct test_id) from outcomes") == [(6, 6)]


def _is_readable(store):
    try:
        return store.query("select 1")
    except duckdb.IOException:
        return None
