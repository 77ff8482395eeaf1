"""Runs tiny tests for real: each outcome, the chain after it, the journal, the exit code, and what is kept."""

import json
import os

import pytest
from cli_driver import PASSES

BODIES = {
    "passed": "return {'success': True, 'latency_s': {'p50': 0.5}, 'nan': float('nan'), 'é': 'ü', "
    "'batch': ${batch_size}}",
    "passed_none": "return None",
    "passed_printing": "print('x' * 300000, flush=True)",
    "failed_assert": "assert 1 == 2, 'one is not two'",
    "failed_dict": "return {'success': False, 'error_message': 'a shape differs'}",
    "error_raised": "raise ValueError('a válue\\nin two lines')",
    "error_exit_zero": "raise SystemExit(0)",
    "error_exit_text": "raise SystemExit('stop')",
    "error_returned": "return 3",
    "error_import": "import a_module_that_is_not_there",
    "crashed_exit": "import os; os._exit(0)",
    "crashed_exit_7": "import os; os._exit(7)",
    "crashed_segv": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "timeout_loop": "while True: pass",
    "timeout_deaf": "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    "oom_raised": "raise MemoryError('no room')",
    "oom_real": "return bytearray(1 << 62)",
    "oom_text": "return {'success': False, 'error_message': 'CUDA out of memory. Tried to allocate 2 GiB'}",
}


def body(text):
    return f"def test_it():\n    {text}\n"


@pytest.fixture(scope="module")
def ran(fresh_store, bare_python):
    """A store after one run of every body: the program, its tests by template and batch size, what the run said."""
    program = fresh_store()
    for name, text in BODIES.items():
        program.template(name, body(text))
    program("plan", "--model", "bert", "--batch-sizes", "1,4,8")
    said = program("run", "--timeout", "2", "--python", bare_python, "--json", code=1)
    *outcomes, summary = said.objects
    return program, {each["case"]: each for each in outcomes}, summary


def case(name, size):
    return f"bert/cpu/{name}[batch_size={size}]"


@pytest.mark.parametrize("name", BODIES)
def test_each_outcome_is_reported_listed_and_stored(ran, name):
    program, outcomes, _ = ran
    expected = name.partition("_")[0]
    record, listed = outcomes[case(name, 1)], program.tests()
    assert record["outcome"] == listed[case(name, 1)]["last_outcome"] == expected
    assert record["test_id"] == listed[case(name, 1)]["test_id"] and record["attempt"] == 1
    assert record["duration_s"] >= 0 and record["peak_memory_bytes"] > 1_000_000
    rows = program.query(
        f"select outcome, duration_s, peak_memory_bytes from outcomes where test_id = '{record['test_id']}'"
    )
    assert [(row[0], row[2]) for row in rows] == [(expected, record["peak_memory_bytes"])]


@pytest.mark.parametrize("name", BODIES)
def test_what_comes_after_a_test_that_did_not_pass_is_not_tried(ran, name):
    _, outcomes, _ = ran
    after = {"passed": "passed", "oom": "implied_oom"}.get(name.partition("_")[0], "skipped")
    for size in (4, 8):
        assert outcomes[case(name, size)]["outcome"] == after
        if after != "passed":
            assert case(name, 1) in outcomes[case(name, 4)]["reason"]


def test_results_and_errors_are_kept(ran):
    program, outcomes, _ = ran
    expected = {"success": True, "latency_s": {"p50": 0.5}, "nan": "NaN", "é": "ü", "batch": 4}
    assert outcomes[case("passed", 4)]["result"] == expected
    (row,) = program.query(f"select result from outcomes where \"case\" = '{case('passed', 4)}'")
    assert json.loads(row[0]) == expected
    error = outcomes[case("error_raised", 1)]
    assert (error["error_type"], error["error_message"]) == ("ValueError", "a válue\nin two lines")
    assert "Traceback" in error["traceback"] and "runner" not in error["traceback"]
    assert outcomes[case("failed_assert", 1)]["error_message"] == "one is not two"
    assert outcomes[case("failed_dict", 1)]["error_message"] == "a shape differs"
    assert outcomes[case("crashed_segv", 1)]["reason"] == "SIGSEGV"
    assert "7" in outcomes[case("crashed_exit_7", 1)]["reason"]
    assert "2 s" in outcomes[case("timeout_loop", 1)]["reason"]


def test_the_summary_counts_every_test(ran):
    _, outcomes, summary = ran
    counted = {}
    for each in outcomes.values():
        counted[each["outcome"]] = counted.get(each["outcome"], 0) + 1
    assert summary["outcomes"] == counted and sum(counted.values()) == len(BODIES) * 3
    assert summary["interrupted"] is False


def test_the_journal_holds_each_outcome_once(ran):
    program, outcomes, summary = ran
    (journal,) = (program.folder / "testloom.duckdb.runs").iterdir()
    assert journal.name.startswith(summary["run_id"]) and journal.name.endswith(".jsonl")
    lines = [json.loads(line) for line in journal.read_text("ascii").splitlines()]
    assert [line["type"] for line in lines] == ["run", *["outcome"] * len(outcomes), "end"]
    assert {line["case"]: line for line in lines if line["type"] == "outcome"} == outcomes
    (stored,) = program.query("select count(*) from outcomes")
    assert stored == (len(outcomes),)


def test_a_second_run_stands_beside_the_first(store, bare_python):
    store.template("latency")
    store("plan", "--model", "bert")
    for _ in range(2):
        said = store("run", "--python", bare_python)
        assert "2 passed" in said.stdout
    assert store.query("select count(*) from runs") == [(2,)]
    assert store.query("select count(*), count(distinct run_id) from outcomes") == [(4, 2)]


def test_a_fixed_template_passes_after_it_failed(store, bare_python):
    store.template("latency", body("assert False"))
    store("plan", "--model", "bert")
    said = store("run", "--python", bare_python, code=1)
    assert "1 failed, 1 skipped" in said.stdout
    store.template("latency", body("return None"))
    store("plan", "--model", "bert", "--yes")
    assert {test["last_outcome"] for test in store.tests().values()} == {None}
    store("run", "--python", bare_python)
    assert {test["last_outcome"] for test in store.tests().values()} == {"passed"}


def test_only_the_chosen_hardware_is_run(store, bare_python):
    store.template("latency")
    store("plan", "--model", "bert", "--hardware", "cpu,mps", "--batch-sizes", "1")
    store("run", "--hardware", "cpu", "--python", bare_python)
    last = {test["hardware_type"]: test["last_outcome"] for test in store.tests().values()}
    assert last == {"cpu": "passed", "mps": None}


def test_hardware_that_is_not_here_is_said_and_is_no_failure_of_the_test(store, bare_python):
    store.template("latency")
    store("plan", "--model", "bert", "--hardware", "mps", "--batch-sizes", "1")
    said = store("run", "--python", bare_python)
    assert "no mps device" in said.stdout and "1 skipped" in said.stdout
    assert [test["last_outcome"] for test in store.tests().values()] == ["skipped"]


def test_a_test_runs_as_rendered_in_a_folder_of_its_own(store, bare_python):
    text = "import os; open('left.txt', 'w').close(); return {'cwd': os.getcwd(), 'name': ${model_name}}"
    store.template("latency", body(text))
    name = "a \"b\"\n''' ${x} é"
    store("model", "add", name, "--family", "text_embedding")
    store("plan", "--model", name)
    *outcomes, _ = store("run", "--python", bare_python, "--json").objects
    folders = {each["result"]["cwd"] for each in outcomes}
    assert {each["result"]["name"] for each in outcomes} == {name}
    assert len(folders) == 2 and str(store.folder) not in folders
    assert not any(os.path.exists(folder) for folder in folders)
    assert not list(store.folder.rglob("left.txt"))


def test_no_process_of_a_test_outlives_it(store, bare_python):
    pids = store.folder / "pids"
    text = f"""import os, subprocess, sys
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open({str(pids)!r}, "a") as file:
        print(os.getpid(), child.pid, file=file)
    if ${{batch_size}} == 2:
        raise ValueError
    import time; time.sleep(600 if ${{batch_size}} == 1 else 0)"""
    store.template("latency", body(text))
    store("plan", "--model", "bert", "--batch-sizes", "1")
    store("run", "--python", bare_python, "--timeout", "1", code=1)
    store("plan", "--model", "bert", "--batch-sizes", "2", "--name", "two")
    store("run", "--python", bare_python, "--timeout", "60", code=1)
    for pid in pids.read_text().split():
        assert not os.path.exists(f"/proc/{pid}") or "Z" in open(f"/proc/{pid}/stat").read().rpartition(")")[2]


@pytest.mark.parametrize("chosen", ["--python", "VIRTUAL_ENV"])
def test_the_python_is_the_one_asked_for(store, bare_python, chosen):
    store.template("latency", body("import sys; return {'flags': sys.flags.no_site}"))
    store("plan", "--model", "bert", "--batch-sizes", "1")
    if chosen == "--python":
        said = store("run", "--json", "--python", bare_python, env={"VIRTUAL_ENV": "/nowhere"})
    else:
        (store.folder / "venv" / "bin").mkdir(parents=True)
        (store.folder / "venv" / "bin" / "python").symlink_to(bare_python)
        said = store("run", "--json", env={"VIRTUAL_ENV": str(store.folder / "venv")})
    assert said.objects[0]["result"] == {"flags": 1}


def test_tests_go_by_priority_and_after_what_they_need(store, bare_python):
    store.template("latency", PASSES)
    store.template("memory", PASSES)
    store("plan", "--model", "bert", "--model", "electra", "--batch-sizes", "16,1,4")
    tests = store.tests()
    *outcomes, _ = store("run", "--jobs", "1", "--python", bare_python, "--json").objects
    order = [tests[each["case"]] for each in outcomes]
    assert len(order) == 12
    done = set()
    for position, test in enumerate(order):
        assert set(test["dependencies"]) <= done
        ready = [each for each in order[position:] if set(each["dependencies"]) <= done]
        assert test["priority"] == min(each["priority"] for each in ready)
        done.add(test["test_id"])


def test_progress_in_a_pipe_is_one_line_a_test(store, bare_python):
    store.template("latency")
    store("plan", "--model", "bert", "--batch-sizes", "1,2,4")
    said = store("run", "--python", bare_python)
    assert len(said.stdout.splitlines()) == 4 and "\r" not in said.stdout + said.stderr
