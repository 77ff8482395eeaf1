"""`run --find-max-batch`: between the largest batch size that passed and the smallest that ran out of memory, the rest is
looked for, in any run of the plan."""

import json
import time

import pytest
from run_driver import Run, add_models

# Fits up to a batch size that is the model's; says when it ran.
FITS = """\
import time
def test_fits():
    began = time.monotonic()
    time.sleep(0.02)
    if ${batch_size} > int("${model_name}".rpartition("-")[2]):
        raise MemoryError("out of room at ${batch_size}")
    return {"began": began, "ended": time.monotonic()}
"""


def case(model, size, template="fits"):
    return f"{model}/cpu/{template}[batch_size={size}]"


@pytest.fixture
def planned(store):
    """Plans this template for models that fit up to so much."""

    def plan(*models, sizes="1,8,64", text=FITS):
        store.template("fits", text)
        add_models(store, "text_embedding", *models)
        store("plan", *(f"--model={model}" for model in models), "--batch-sizes", sizes)
        return store

    return plan


def found(run):
    return {each["case"]: (each["passed"], each["ran_out"], each["stopped"]) for each in run.summary["max_batch_sizes"]}


def tried(run):
    """What was added to the plan's tests, by model."""
    sizes = {}
    for each in run.attempts:
        if each["batch_size"] not in (1, 8, 64):
            sizes.setdefault(each["model_name"], []).append(each["batch_size"])
    return sizes


def test_the_largest_batch_size_of_each_model_is_found(planned, bare_python):
    store = planned("m-8", "m-27", "m-63", "m-64", "m-0")
    run = Run(store, "--find-max-batch", "--jobs=2", "--python", bare_python, code=1)
    assert found(run) == {
        case("m-0", "*"): (None, 1, ""),
        case("m-8", "*"): (8, 9, ""),
        case("m-27", "*"): (27, 28, ""),
        case("m-63", "*"): (63, 64, ""),
    }
    assert tried(run)["m-27"] == [36, 22, 29, 25, 27, 28]
    assert "m-64" not in tried(run) and "m-0" not in tried(run)
    assert run.outcomes[case("m-27", 25)]["reason"] == "looking for the largest batch size between 22 and 29"
    assert run.outcomes[case("m-27", 36)]["outcome"] == "oom"
    words = store.query("select outcome, count(*) from outcomes where model_name = 'm-27' group by all order by all")
    assert words == [("oom", 4), ("passed", 5)]
    alone = {name for name in run.beside() if name.startswith("m-27") and not name.endswith(("=1]", "=8]"))}
    assert alone and all(not run.beside()[name] for name in alone)


def test_what_was_tried_is_the_test_that_a_plan_would_have(planned, bare_python):
    store = planned("m-27")
    Run(store, "--find-max-batch", "--python", bare_python, code=1)
    store("plan", "--model=m-27", "--batch-sizes", "25,27,28,30", "--yes")
    last = {test["batch_size"]: test["last_outcome"] for test in store.tests().values()}
    assert last == {25: "passed", 27: "passed", 28: "oom", 30: None}


def test_what_is_known_is_not_tried_again(planned, bare_python):
    store = planned("m-27")
    Run(store, "--find-max-batch", "--python", bare_python, code=1)
    again = Run(store, "--find-max-batch", "--python", bare_python, code=1)
    assert [each["batch_size"] for each in again.attempts] == [1, 8, 64]
    assert found(again) == {case("m-27", "*"): (27, 28, "")}
    # The plan's tests need not run for it either.
    only = Run(store, "--find-max-batch", "--where=batch_size = 1", "--python", bare_python)
    assert [each["batch_size"] for each in only.attempts] == [1] and found(only) == found(again)
    store.template("fits", FITS + "\n# another definition\n")
    store("plan", "--model=m-27", "--batch-sizes", "1,8,64")
    changed = Run(store, "--find-max-batch", "--python", bare_python, code=1)
    assert len(changed.attempts) == 9


def test_an_earlier_run_is_where_the_search_begins(planned, bare_python):
    store = planned("m-27", "m-64")
    Run(store, "--python", bare_python, code=1)
    run = Run(store, "--find-max-batch", "--changed", "--python", bare_python, code=1)
    assert [each["batch_size"] for each in run.attempts] == [64, 36, 22, 29, 25, 27, 28]


def test_a_run_that_is_resumed_goes_on_searching(planned, bare_python):
    """Killed at the third size that it tries."""
    slow = FITS.replace("time.sleep(0.02)", "time.sleep(30 if ${batch_size} == 29 else 0.02)")
    store = planned("m-27", text=slow)
    process = store.start("run", "--find-max-batch", "--json-lines", "--python", bare_python)
    lines = [json.loads(process.stdout.readline()) for _ in range(5)]
    assert [line["batch_size"] for line in lines] == [1, 8, 64, 36, 22]
    time.sleep(0.5)
    process.kill()
    process.communicate(timeout=30)
    resumed = Run(store, "--resume", "--timeout=1", "--python", bare_python, code=1)
    assert [each["batch_size"] for each in resumed.attempts] == [29]
    assert found(resumed) == {case("m-27", "*"): (22, 36, "batch size 29 ended otherwise: timeout")}
    assert store.query("select count(*), count(distinct test_id) from outcomes") == [(6, 6)]


def test_interrupted_it_goes_on_with_what_was_running(planned, bare_python):
    slow = FITS.replace("time.sleep(0.02)", "time.sleep(2 if ${batch_size} == 29 else 0.02)")
    store = planned("m-27", text=slow)
    process = store.start("run", "--find-max-batch", "--json-lines", "--python", bare_python)
    for _ in range(5):
        process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(2)
    process.communicate(timeout=30)
    assert process.returncode == 130
    resumed = Run(store, "--resume", "--python", bare_python, code=1)
    assert [(each["batch_size"], each["attempt"]) for each in resumed.attempts] == [(29, 2), (25, 1), (27, 1), (28, 1)]
    assert found(resumed) == {case("m-27", "*"): (27, 28, "")}


def test_what_runs_out_in_the_search_alone_is_no_failure_of_the_run(planned, bare_python):
    store = planned("m-27")
    store.write("expected.csv", "case,outcome,reason\n*batch_size=64*,oom,too large\n")
    store.write("testloom.toml", '[plan]\nmodels = ["m-27"]\nexpectations = ["expected.csv"]\n')
    run = Run(store, "--find-max-batch", "--fail-fast", "--python", bare_python)
    assert run.outcomes[case("m-27", 64)]["outcome"] == "known_failure"
    assert found(run) == {case("m-27", "*"): (27, 28, "")}


def test_tests_that_need_others_of_their_batch_size_are_not_searched(store, bare_python):
    store.template("reference", "def test_it():\n    return {}\n")
    needing = "#% needs reference\n" + FITS
    store.template("fits", needing)
    add_models(store, "text_embedding", "m-27")
    store("plan", "--model=m-27", "--batch-sizes", "1,64")
    run = Run(store, "--find-max-batch", "--python", bare_python, code=1)
    ((name, (passed, ran_out, stopped)),) = found(run).items()
    assert (name, passed, ran_out) == (case("m-27", "*"), 1, 64)
    assert stopped == "its tests need others, which there are for the plan's batch sizes only"


def test_it_is_told_to_people(planned, bare_python):
    store = planned("m-8", "m-9", "m-0", sizes="1,8,10")
    told = store("run", "--find-max-batch", "--python", bare_python, code=1).stdout
    assert f"{case('m-0', '*')}: no batch size fits: 1 ran out of memory\n" in told
    assert f"{case('m-8', '*')}: 8 is the largest batch size: 9 ran out of memory\n" in told
    assert f"{case('m-9', '*')}: 9 is the largest batch size: 10 ran out of memory\n" in told
    dry = store("run", "--find-max-batch", "--dry-run", "--python", bare_python)
    assert "--find-max-batch adds tests where a batch size runs out of memory" in dry.stderr
    store("run", "--find-max-batch", "--resume", code=2)


def test_where_nothing_runs_out_it_says_so(planned, bare_python):
    store = planned("m-99")
    told = store("run", "--find-max-batch", "--python", bare_python).stdout
    assert told.endswith("nothing ran out of memory: the largest batch sizes are not known\n")


def test_what_is_predicted_never_to_fit_is_tried(planned, bare_python):
    """4 GB are predicted for a batch of 16."""
    store = planned("m-5", sizes="1,16")
    run = Run(store, "--find-max-batch", "--memory=2GB", "--python", bare_python, code=1)
    assert found(run) == {case("m-5", "*"): (5, 6, "")}


def test_what_was_tried_can_be_looked_at_and_repeated_alone(planned, bare_python):
    store = planned("m-27")
    run = Run(store, "--find-max-batch", "--python", bare_python, code=1)
    for size, word in ((27, "passed"), (28, "oom")):
        test_id = run.outcomes[case("m-27", size)]["test_id"]
        assert f"{case('m-27', size)}" in store("tests", "show", test_id).stdout
        shown = store("tests", "show", case("m-27", size), "--json").object
        assert (shown["test_id"], shown["batch_size"]) == (test_id, size)
        repro = store("tests", "repro", test_id[:12], "--out", f"r{size}", "--json").object
        assert repro["test_id"] == test_id
        assert f"if {size} > int" in (store.folder / f"r{size}" / "test.py").read_text()
    store("tests", "show", case("m-27", 30), code=2)
