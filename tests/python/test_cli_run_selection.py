"""Which tests a run takes: parts of a plan with what they depend on, shards, what failed or changed, repetitions and
further attempts; and a dry run, which starts nothing."""

import pytest
from cli_driver import tree
from run_driver import Run, add_models

# Fails while a file of its name is there, and says how often it was started.
SWITCHED = """\
import os
def test_it():
    with open({folder!r} + "/started", "a") as file:
        print("${{model_name}}", ${{batch_size}}, file=file)
    assert not os.path.exists({folder!r} + "/fails-${{batch_size}}"), "switched off"
"""
# Fails at every attempt but the one of this number.
COUNTS = """\
def test_it():
    with open({folder!r} + "/attempts-${{model_name}}-${{batch_size}}", "a+") as file:
        file.write("x")
        file.flush()
        assert file.tell() {passes}, "not yet"
"""


def case(size, model="mine", template="switched"):
    return f"{model}/cpu/{template}[batch_size={size}]"


@pytest.fixture
def switched(store):
    """A plan of one model's chain 1, 2, 4 of tests that fail while a file says so."""
    store.template("switched", SWITCHED.format(folder=str(store.folder)))
    add_models(store, "text_embedding", "mine")
    store("plan", "--model=mine", "--batch-sizes=1,2,4")
    return store


def fails(store, *sizes):
    for size in (1, 2, 4):
        path = store.folder / f"fails-{size}"
        path.touch() if size in sizes else path.unlink(missing_ok=True)


def started(store):
    path = store.folder / "started"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [int(line.split()[1]) for line in lines]


# Parts of a plan, and what they depend on.


def test_a_dependency_that_never_ran_is_added(switched, bare_python):
    run = Run(switched, "--where=batch_size = 4", "--python", bare_python)
    assert started(switched) == [1, 2, 4] and run.counts() == {"passed": 3}
    assert "2 tests added that others depend on" in run.notes and "--no-deps" in run.notes


def test_without_dependencies_it_is_left_out(switched, bare_python):
    run = Run(switched, "--where=batch_size = 4", "--no-deps", "--python", bare_python)
    assert started(switched) == [4] and run.words() == {case(4): "passed"}


def test_a_dependency_that_passed_before_holds(switched, bare_python):
    Run(switched, "--where=batch_size <= 2", "--python", bare_python)
    assert started(switched) == [1, 2]
    run = Run(switched, "--where=batch_size = 4", "--python", bare_python)
    assert started(switched) == [4] and run.words() == {case(4): "passed"} and "added" not in run.notes


def test_a_dependency_that_failed_before_holds_back(switched, bare_python):
    fails(switched, 2)
    Run(switched, "--where=batch_size <= 2", "--python", bare_python, code=1)
    started(switched)
    run = Run(switched, "--where=batch_size = 4", "--python", bare_python)
    assert started(switched) == [] and run.words() == {case(4): "skipped"}
    assert f"{case(2)} failed in an earlier run" in run.outcomes[case(4)]["reason"]


def test_the_last_outcome_counts(switched, bare_python):
    fails(switched, 2)
    Run(switched, "--python", bare_python, code=1)
    fails(switched)
    Run(switched, "--where=batch_size = 2", "--python", bare_python)
    started(switched)
    run = Run(switched, "--where=batch_size = 4", "--python", bare_python)
    assert started(switched) == [4] and run.words() == {case(4): "passed"}


def test_a_changed_definition_makes_the_dependency_unknown(switched, bare_python):
    Run(switched, "--python", bare_python)
    started(switched)
    switched.template("switched", SWITCHED.format(folder=str(switched.folder)) + "# changed\n")
    switched("plan", "--model=mine", "--batch-sizes=1,2,4", "--yes")
    Run(switched, "--where=batch_size = 2", "--python", bare_python)
    assert started(switched) == [1, 2]


def test_failed_runs_only_what_failed_last(switched, bare_python):
    fails(switched, 2)
    Run(switched, "--python", bare_python, code=1)
    started(switched)
    fails(switched)
    run = Run(switched, "--failed", "--python", bare_python)
    assert started(switched) == [2] and run.words() == {case(2): "passed"}
    again = switched("run", "--failed", "--python", bare_python)
    assert started(switched) == [] and "nothing to run" in again.stdout + again.stderr


def test_changed_runs_what_is_new_changed_or_has_not_passed(switched, bare_python):
    fails(switched, 4)
    Run(switched, "--python", bare_python, code=1)
    started(switched)
    fails(switched)
    Run(switched, "--changed", "--python", bare_python)
    assert started(switched) == [4]
    said = switched("run", "--changed", "--python", bare_python)
    assert started(switched) == [] and "nothing to run" in said.stdout + said.stderr
    switched("plan", "--model=mine", "--batch-sizes=1,2,4,8", "--yes")
    Run(switched, "--changed", "--python", bare_python)
    assert started(switched) == [8]


def test_what_nothing_asks_for_is_a_mistake(switched, bare_python):
    said = switched("run", "--where=batch_size = 99", "--python", bare_python, code=2)
    assert "--where" in said.stderr
    said = switched("run", "--where=batch_sise = 1", "--python", bare_python, code=2)
    assert "batch_sise" in said.stderr
    assert not (switched.folder / "started").exists() and switched.query("select count(*) from runs") == [(0,)]


def test_files_that_a_test_saved_are_found_by_what_needs_it_in_a_later_run(store, bare_python):
    saves = (
        "import os\ndef test_it():\n"
        "    open(os.environ['TESTLOOM_ARTIFACTS'] + '/kept', 'w').write('${model_name}')\n"
    )
    reads = (
        "#% needs saves\nimport json, os\ndef test_it():\n    folders = json.loads(os.environ['TESTLOOM_NEEDS'])\n"
        "    return {'read': open(folders['saves'] + '/kept').read()}\n"
    )
    store.template("saves", saves)
    store.template("reads", reads)
    add_models(store, "text_embedding", "mine")
    store("plan", "--model=mine", "--batch-sizes=1")
    both = Run(store, "--python", bare_python)
    later = Run(store, "--where=template_name = 'reads'", "--python", bare_python)
    assert list(later.words()) == [case(1, template="reads")]
    for run in (both, later):
        assert run.outcomes[case(1, template="reads")]["result"] == {"read": "mine"}


# Shards.


@pytest.mark.parametrize("parts", [1, 3, 7])
def test_all_shards_together_are_everything_and_chains_stay_whole(switched, bare_python, parts):
    models = [f"model-{i}" for i in range(10)]
    add_models(switched, "text_embedding", *models)
    switched("plan", *(f"--model={model}" for model in models), "--batch-sizes=1,2,4", "--yes")
    every, model_of = switched.tests(), {}
    for part in range(1, parts + 1):
        said = switched("run", "--dry-run", "--json", f"--shard={part}/{parts}", "--python", bare_python)
        for each in said.objects:
            assert each["case"] not in model_of
            model_of[each["case"]] = part
    assert set(model_of) == set(every)
    assert all(len({model_of[case(size, model)] for size in (1, 2, 4)}) == 1 for model in models)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "-1/2", "1/99999999999999999999"])
def test_what_is_no_shard_is_refused(switched, text):
    said = switched("run", "--shard", text, code=2)
    assert "shard" in said.stderr and "1/4" in said.stderr


# More than one attempt.


def test_a_test_that_passes_at_a_later_attempt_is_flaky_and_not_hidden(store, bare_python):
    store.template("counts", COUNTS.format(folder=str(store.folder), passes=">= 2"))
    add_models(store, "text_embedding", "mine")
    store("plan", "--model=mine", "--batch-sizes=1,2")
    run = Run(store, "--retries=3", "--python", bare_python)
    told = [(each["case"], each["attempt"], each["outcome"]) for each in run.attempts]
    assert told == [
        (case(size, template="counts"), attempt, outcome)
        for size in (1, 2)
        for attempt, outcome in ((1, "failed"), (2, "passed"))
    ]
    assert run.summary["flaky"] == 2 and run.counts() == {"passed": 2}
    assert store.query("select count(*) from outcomes where attempt = 2 and outcome = 'passed'") == [(2,)]
    for path in store.folder.glob("attempts-*"):
        path.unlink()
    said = store("run", "--retries=1", "--strict", "--python", bare_python, code=1)
    assert "2 passed (2 flaky)" in said.stdout and "attempt 2, flaky" in said.stdout


def test_what_never_passes_is_tried_so_often_and_fails(store, bare_python):
    store.template("counts", COUNTS.format(folder=str(store.folder), passes="> 9"))
    add_models(store, "text_embedding", "mine")
    store("plan", "--model=mine", "--batch-sizes=1,2")
    run = Run(store, "--retries=2", "--python", bare_python, code=1)
    assert [each.get("attempt") for each in run.attempts if each["case"] == case(1, template="counts")] == [1, 2, 3]
    assert run.counts() == {"failed": 1, "skipped": 1} and run.summary["flaky"] == 0


def test_each_repetition_is_kept(store, bare_python):
    store.template("counts", COUNTS.format(folder=str(store.folder), passes="!= 2"))
    add_models(store, "text_embedding", "mine")
    store("plan", "--model=mine", "--batch-sizes=1")
    run = Run(store, "--repeat=3", "--retries=1", "--python", bare_python)
    told = [(each["repetition"], each["attempt"], each["outcome"]) for each in run.attempts]
    assert told == [(1, 1, "passed"), (2, 1, "failed"), (2, 2, "passed"), (3, 1, "passed")]
    rows = store.query("select repetition, attempt, outcome from outcomes order by 1, 2")
    assert rows == told and run.summary["flaky"] == 1


def test_repetitions_come_before_what_depends_on_them(switched, bare_python):
    Run(switched, "--repeat=2", "--python", bare_python)
    assert started(switched) == [1, 1, 2, 2, 4, 4]


# Nothing is started.


def test_a_dry_run_starts_nothing_and_tells_the_order(switched, bare_python):
    before = tree(switched.folder)
    said = switched("run", "--dry-run", "--json", "--python", bare_python)
    assert [each["case"] for each in said.objects] == [case(1), case(2), case(4)]
    assert all(each["runs"] for each in said.objects)
    text = switched("run", "--dry-run", "--python", bare_python)
    assert "3 would run on cpu" in text.stdout and "nothing was started" in text.stdout
    assert tree(switched.folder) == before


def test_a_dry_run_says_what_would_be_skipped_and_why(switched):
    said = switched("run", "--dry-run", "--json", "--memory=600MB")
    by_case = {each["case"]: each for each in said.objects}
    assert [by_case[case(size)]["runs"] for size in (1, 2, 4)] == [True, True, False]
    assert "1 GB" in by_case[case(4)]["reason"]


def test_a_condition_that_fails_on_a_test_is_told_with_its_place(store, bare_python):
    store.template("plain")
    store("plan", "--model", "bert", "--batch-sizes", "1")
    said = store("run", "--where", "batch_size = 'x'", "--python", bare_python, code=2)
    assert said.stderr.startswith("--where:1:1: the condition fails on a row:")
    assert store.query("select count(*) from runs") == [(0,)]
