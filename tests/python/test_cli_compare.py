"""`testloom compare` and `testloom baseline`: what counts as a change, which run is meant, and the exit code."""

import pytest
from made_runs import make_run, outcome, repeated

A, B, C = "20260101-000000000-aaa1", "20260101-000000000-aab2", "20260102-000000000-aac3"
CASE = "org/bert/cpu/latency[batch_size=4]"
STEADY = [1.00, 1.01, 0.99, 1.02, 0.98]


def case(name):
    return f"{name}/cpu/latency[batch_size=4]"


def compared(store, before, after, *more, code=0):
    make_run(store, A, before)
    make_run(store, B, after)
    return store("compare", A, B, "--json", *more, code=code).object


def changes(said):
    return {each["case"]: each["change"] for each in said["outcomes"]}


def verdicts(said):
    return {(each["case"], each["figure"]): each["verdict"] for each in said["figures"]}


CHANGES = [
    ("passed", "failed", "newly failing"),
    ("passed", "oom", "newly failing"),
    ("skipped", "crashed", "newly failing"),
    ("known_failure", "error", "newly failing"),
    (None, "timeout", "newly failing"),
    ("error", "passed", "fixed"),
    ("error", "oom", "changed"),
    ("passed", "skipped", "changed"),
    ("failed", "known_failure", "changed"),
    ("passed", "passed", None),
    ("failed", "failed", None),
    (None, "passed", "new"),
    ("passed", None, "gone"),
    ("failed", None, "gone"),
]


@pytest.mark.parametrize("before, after, change", CHANGES)
def test_every_change_of_an_outcome(store, before, after, change):
    runs = [[outcome(CASE, word)] if word else [] for word in (before, after)]
    said = compared(store, *runs, code=1 if change == "newly failing" else 0)
    assert changes(said) == ({CASE: change} if change else {})
    if change:
        assert (said["outcomes"][0]["before"], said["outcomes"][0]["after"]) == (before, after)


def test_the_last_attempt_of_each_repetition_counts_and_one_failure_is_enough(store):
    before = [outcome(CASE, "failed"), outcome(CASE, "passed", attempt=2)]
    after = [outcome(CASE, "passed"), outcome(CASE, "error", repetition=2, error_type="ValueError", error_message="no")]
    said = compared(store, before, after, code=1)
    assert changes(said) == {CASE: "newly failing"}
    assert said["outcomes"][0]["cause"] == "ValueError: no"


def test_a_slower_test_is_a_regression_only_past_threshold_and_chance(store):
    slow = {"slower": 1.2, "faster": 0.8, "within": 1.03}
    before = [each for name in slow for each in repeated(case(name), STEADY)]
    after = [each for name, by in slow.items() for each in repeated(case(name), [by * each for each in STEADY])]
    said = compared(store, before, after, code=1)
    assert verdicts(said) == {(case("slower"), "latency"): "regression", (case("faster"), "latency"): "improvement"}
    slower = said["figures"][0]
    assert slower["change"] == pytest.approx(0.2) and slower["p"] == pytest.approx(2 / 252)
    assert slower["adjusted_p"] == pytest.approx(2 / 252 * 3 / 2)
    assert store("compare", A, B, "--json", "--threshold", "25%").object["figures"] == []
    strict = store("compare", A, B, "--json", "--threshold", "30%,latency=2%", code=1).object
    assert (case("within"), "latency") in verdicts(strict)
    assert store("compare", B, A, code=1).code == 1, "the other way round the faster one got slower"


def test_what_may_be_chance_is_unsure_until_it_is_asked_for(store):
    said = compared(store, repeated(CASE, [1.0]), repeated(CASE, [2.0]))
    assert verdicts(said) == {(CASE, "latency"): "unsure"}
    assert said["figures"][0]["least_p"] == 1
    shown = store("compare", A, B)
    assert "1 unsure" in shown.stdout and "--repeat 4" in shown.stderr
    alone = store("compare", A, B, "--json", "--threshold-alone", code=1).object
    assert verdicts(alone) == {(CASE, "latency"): "regression"}
    noisy = "noisy/cpu/latency[batch_size=4]"
    make_run(store, C, [*repeated(CASE, [1.0]), *repeated(noisy, [1, 5, 2, 4, 3])])
    make_run(store, C[:-1] + "4", [*repeated(CASE, [1.0]), *repeated(noisy, [2, 6, 3, 4, 5])])
    assert verdicts(store("compare", "--json").object) == {(noisy, "latency"): "unsure"}


def test_p_is_adjusted_for_the_number_of_comparisons(store):
    names = [f"model-{number}" for number in range(20)]
    before = [each for name in names for each in repeated(case(name), STEADY)]
    after = [each for name in names for each in repeated(case(name), [1.2 * x for x in STEADY] if name == names[0] else STEADY)]
    said = compared(store, before, after)
    assert verdicts(said) == {(case(names[0]), "latency"): "unsure"}
    assert said["figures"][0]["adjusted_p"] == pytest.approx(20 * 2 / 252)
    assert "--repeat 6" in store("compare", A, B).stderr
    store("compare", A, B, "--unadjusted", code=1)
    # One repetition cannot tell anything, so it is no comparison that the others have to pay for.
    make_run(store, C, [*repeated(case("x"), STEADY), *(each for name in names for each in repeated(case(name), [1]))])
    after = [each for name in names for each in repeated(case(name), [1])]
    make_run(store, C[:-1] + "4", [*repeated(case("x"), [1.2 * each for each in STEADY]), *after])
    store("compare", code=1)


def test_every_figure_knows_which_way_is_better(store):
    def figures(by):
        result = {
            "throughput_per_s": 100 / by,
            "metrics": {
                "accuracy": {"value": 0.9 / by, "better": "higher"},
                "perplexity": {"value": 20 * by, "unit": "nats", "better": "lower"},
                "steps": {"value": 3 * by, "better": None},
                "odd": {"value": "NaN", "better": "lower"},
            },
        }
        return [
            outcome(CASE, repetition=n, result=result, peak_memory_bytes=round(1e9 * by), peak_device_memory_bytes=round(2e9 * by))
            for n in range(1, 5)
        ]

    said = compared(store, figures(1), figures(1.5), code=1)
    names = {"throughput", "memory", "device_memory", "metrics.accuracy", "metrics.perplexity"}
    assert verdicts(said) == {(CASE, name): "regression" for name in names}
    back = store("compare", B, A, "--json").object
    assert verdicts(back) == {(CASE, name): "improvement" for name in names}


def test_only_passes_are_measured(store):
    after = [dict(each, outcome="failed") for each in repeated(CASE, [9] * 5)]
    said = compared(store, repeated(CASE, STEADY), after, code=1)
    assert said["figures"] == [] and said["compared"] == 0


def test_runs_are_named_in_many_ways(store):
    for run in (A, B, C):
        make_run(store, run, [outcome(CASE)])
    store("baseline", "set", "release", A)

    def which(*names):
        said = store("compare", *names, "--json").object
        return said["before"]["run_id"], said["after"]["run_id"]

    assert which() == which("previous", "latest") == (B, C)
    assert which(A) == which(A[:-1], C) == which("release", "20260102") == (A, C)
    assert which("--baseline", "release") == (A, C) and which("--baseline", "release", B) == (A, B)


def test_baselines_are_kept_replaced_and_forgotten(store):
    make_run(store, A, [outcome(CASE)])
    make_run(store, B, [outcome(CASE)])
    store("baseline", "set", "release")
    store("baseline", "set", "a.b-c_1", A)
    store("baseline", "set", "release", "previous")
    kept = {each["baseline_name"]: each["run_id"] for each in store("baseline", "list", "--json").objects}
    assert kept == {"a.b-c_1": A, "release": A}
    store("baseline", "remove", "release")
    assert "release" not in store("baseline", "list").stdout
    assert store.query("select count(*) from runs") == [(2,)]


@pytest.mark.parametrize(
    "line, said",
    [
        ("compare nope", "there is no run 'nope'"),
        ("compare 20260101", "several runs begin with '20260101'"),
        ("compare ''", "there is one run"),
        ("compare --baseline nope", "there is no baseline 'nope'"),
        (f"compare --baseline b {A} {B}", "--baseline takes the place of the first run"),
        ("compare --threshold five", "'five' is no share"),
        ("compare --threshold speed=5%", "there is no figure 'speed'"),
        ("compare --threshold latancy=5%", "did you mean 'latency'?"),
        ("compare --significance 2", "'2' is not between 0 and 1"),
        ("baseline set latest", "'latest' cannot be a baseline's name"),
        ("baseline set 2026", "'2026' cannot be a baseline's name"),
        ("baseline set a/b", "'a/b' cannot be a baseline's name"),
        ("baseline set mine nope", "there is no run 'nope'"),
        ("baseline remove nope", "there is no baseline 'nope'"),
    ],
)
def test_what_cannot_be_meant_is_refused(store, line, said):
    make_run(store, A, [outcome(CASE)])
    if "one run" not in said:
        make_run(store, B, [outcome(CASE)])
    words = [word for word in line.split() if word != "''"]
    assert said in store(*words, code=2).stderr
    assert store.query("select count(*) from baselines") == [(0,)]


def test_without_a_run_it_says_so(store):
    assert "testloom run" in store("compare", code=2).stderr


def test_what_is_shown(store, golden):
    hostile = "a\x1b[31m\nb/cpu/latency[batch_size=1]"
    before = [*repeated(case("slow"), STEADY), *repeated(case("fast"), [10 * each for each in STEADY]), outcome(hostile)]
    before += [outcome(CASE, "error"), outcome(case("gone"), "passed")]
    after = [*repeated(case("slow"), [1.3 * each for each in STEADY]), *repeated(case("fast"), [7 * each for each in STEADY])]
    after += [outcome(hostile, "error", error_type="ValueError", error_message="two\nlines", test_id=outcome(CASE)["test_id"][:-1] + "0")]
    after += [outcome(CASE), outcome(case("new"), "skipped", reason="no cuda device here")]
    make_run(store, A, before, environment={"torch": "2.1.0"})
    make_run(store, B, after, ended=False, environment={"torch": "2.2.0"}, host="there")
    said = store("compare", code=1)
    golden("../report/compare", f"{said.stdout}--- stderr\n{said.stderr}")


def test_real_runs_of_the_same_tests_compare(store, bare_python):
    store.template("latency")
    store("plan", "--model", "bert")
    for _ in range(2):
        store("run", "--python", bare_python)
    said = store("compare", "--json").object
    assert said["cases"] == 2 and said["outcomes"] == [] and said["has_regressions"] is False
