"""What runs side by side: tests start as their predicted memory and cores fit, what takes too much is ended, and a test
that wants the machine for itself has it."""

import os

import pytest
from run_driver import Run, add_models, timed

TWO_CORES = ["taskset", "-c", ",".join(map(str, sorted(os.sched_getaffinity(0))[:2]))]


def case(model, template, size):
    return f"{model}/cpu/{template}[batch_size={size}]"


def planned(store, templates, families, sizes):
    """Templates by (name, family) with their texts, and models by family."""
    for (name, family), text in templates.items():
        store.template(name, text, family)
    models = []
    for family, names in families.items():
        add_models(store, family, *names)
        models += [f"--model={name}" for name in names]
    store("plan", *models, "--batch-sizes", sizes)


# Memory that tests take.

HOLDS = """\
import os, time
def test_it():
    held = b"x" * {bytes}
    open({folder!r} + "/held", "w").close()
    time.sleep(2)
    return {{"held": len(held)}}
"""
GROWS = """\
import os, time
def test_it():
    while not os.path.exists({folder!r} + "/held"):
        time.sleep(0.01)
    {grow}
    time.sleep(60)
"""


@pytest.mark.parametrize(
    "grow",
    [
        "held = b'x' * 700_000_000",
        "for _ in range(2):\n        if os.fork() == 0: break\n    held = b'x' * 240_000_000",
        "import mmap\n    held = mmap.mmap(-1, 700_000_000)\n    for at in range(0, 700_000_000, 4096): held[at] = 1",
    ],
    ids=["itself", "with its children", "in a shared mapping"],
)
def test_of_two_that_take_too_much_the_one_furthest_above_its_estimate_is_ended(store, bare_python, grow):
    """Each is predicted to take 0.5 GB, and together they may take 1 GB."""
    texts = {
        ("holds", "text_embedding"): HOLDS.format(bytes=420_000_000, folder=str(store.folder)),
        ("grows", "vision"): GROWS.format(grow=grow, folder=str(store.folder)),
    }
    planned(store, texts, {"text_embedding": ["mine"], "vision": ["yours"]}, "1")
    run = Run(store, "--jobs=2", "--memory=1GB", "--python", bare_python, code=1, prefix=TWO_CORES)
    assert run.words() == {case("mine", "holds", 1): "passed", case("yours", "grows", 1): "oom"}
    ended = run.outcomes[case("yours", "grows", 1)]
    assert "1 GB" in ended["reason"] and ended["peak_memory_bytes"] > 550e6
    assert ended["duration_s"] < 10


def test_a_test_may_take_more_than_its_estimate_while_there_is_room(store, bare_python):
    text = HOLDS.format(bytes=800_000_000, folder=str(store.folder))
    planned(store, {("holds", "text_embedding"): text}, {"text_embedding": ["mine"]}, "1")
    run = Run(store, "--memory=1.5GB", "--python", bare_python)
    assert run.outcomes[case("mine", "holds", 1)]["peak_memory_bytes"] > 800e6


# Admission by what is predicted.


def test_tests_start_as_their_predicted_memory_fits(store, bare_python):
    """0.5 GB at batches of 1, 1 GB at 4, 2 GB at 8, 4 GB at 16: within 2 GB, and 16 never."""
    models = {"text_embedding": [f"m{i}" for i in range(4)]}
    planned(store, {("timed", "text_embedding"): timed(0.1)}, models, "1,4,8,16")
    run = Run(store, "--jobs=4", "--memory=2GB", "--python", bare_python, prefix=_cores(4))
    size = lambda each: int(each.rpartition("=")[2][:-1])  # noqa: E731
    assert run.counts() == {"passed": 12, "skipped": 4}
    assert run.most_at_once(lambda each: max(0.5, size(each) / 4)) <= 2
    for i in range(4):
        skipped = run.outcomes[case(f"m{i}", "timed", 16)]
        assert "4 GB" in skipped["reason"] and "2 GB" in skipped["reason"]
    assert run.most_at_once() > 1
    assert all(not run.beside()[each] for each in run.beside() if size(each) == 8)


def _cores(count):
    there = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", ",".join(map(str, there[:count]))] if len(there) >= count else []


def test_what_never_fits_is_skipped_with_its_figure_and_what_needs_it_too(store, bare_python):
    planned(store, {("timed", "multimodal"): timed(0)}, {"multimodal": ["big"]}, "4,8")
    run = Run(store, "--memory=4GB", "--python", bare_python)
    assert run.counts() == {"skipped": 2}
    for size in (4, 8):
        assert "6 GB" in run.outcomes[case("big", "timed", size)]["reason"]
    Run(store, "--memory=4GB", "--strict", "--python", bare_python, code=1)


def test_overcommit_runs_it_alone(store, bare_python):
    texts = {("timed", "multimodal"): timed(0.3), ("timed", "text_embedding"): timed(0.05)}
    families = {"multimodal": ["big"], "text_embedding": [f"m{i}" for i in range(6)]}
    planned(store, texts, families, "4")
    run = Run(store, "--memory=4GB", "--jobs=2", "--overcommit", "--python", bare_python, prefix=TWO_CORES)
    assert run.counts() == {"passed": 7}
    assert not run.beside()[case("big", "timed", 4)]
    assert run.most_at_once() == 2


# Cores.


def test_cores_are_shared_and_thread_counts_follow(store, bare_python):
    texts = {
        ("half", "text_embedding"): timed(0.1),
        ("half_too", "text_embedding"): timed(0.1),
        ("both", "text_embedding"): timed(0.1, "#% cores 2\n"),
        ("more", "text_embedding"): timed(0.1, "#% cores 64\n"),
    }
    planned(store, texts, {"text_embedding": ["a", "b", "c"]}, "1")
    run = Run(store, "--jobs=2", "--python", bare_python, prefix=TWO_CORES)
    assert run.counts() == {"passed": 9, "skipped": 3}
    for name in "abc":
        half, both = run.outcomes[case(name, "half", 1)], run.outcomes[case(name, "both", 1)]
        assert (half["cores"], half["result"]["threads"]) == (1, "1")
        assert (both["cores"], both["result"]["threads"]) == (2, "2")
        assert not run.beside()[case(name, "both", 1)]
        reason = run.outcomes[case(name, "more", 1)]["reason"]
        assert "64 cores" in reason and "2" in reason
    assert run.most_at_once() == 2
    alone = Run(store, "--jobs=1", "--where=template_name = 'half'", "--python", bare_python, prefix=TWO_CORES)
    assert {each["result"]["threads"] for each in alone.attempts} == {"2"} and alone.most_at_once() == 1
    more = ["--overcommit", "--where=template_name = 'more'"]
    over = Run(store, "--jobs=2", *more, "--python", bare_python, prefix=TWO_CORES)
    assert {each["result"]["threads"] for each in over.attempts} == {"2"} and over.most_at_once() == 1


@pytest.mark.parametrize("flags", [[], ["--fresh"]], ids=["fork", "fresh"])
def test_nothing_runs_beside_an_exclusive_test(store, bare_python, flags):
    texts = {
        ("shared", "text_embedding"): timed(0.1),
        ("shared_too", "text_embedding"): timed(0.1),
        ("alone", "text_embedding"): timed(0.1, "#% exclusive\n"),
        ("alone_on_one", "text_embedding"): timed(0.1, "#% exclusive\n#% cores 1\n"),
    }
    planned(store, texts, {"text_embedding": ["a", "b", "c"]}, "1")
    run = Run(store, "--jobs=2", "--python", bare_python, *flags, prefix=TWO_CORES)
    assert run.counts() == {"passed": 12} and run.most_at_once() == 2
    for name in "abc":
        for template, threads in (("alone", None), ("alone_on_one", "1")):
            outcome = run.outcomes[case(name, template, 1)]
            assert not run.beside()[case(name, template, 1)] and "beside" not in outcome
            assert outcome["result"]["threads"] == threads


def test_each_outcome_says_what_ran_beside_it(store, bare_python):
    planned(store, {("timed", "text_embedding"): timed(0.2)}, {"text_embedding": list("abcdef")}, "1")
    run = Run(store, "--jobs=2", "--python", bare_python, prefix=TWO_CORES)
    assert run.most_at_once() == 2
    for each, others in run.beside().items():
        # What started or ended in the same moment may be told or not.
        assert others <= set(run.outcomes[each].get("beside", [])), each
    stored = store.query("select count(*) from outcomes where json_array_length(beside) > 0")
    assert stored == [(6,)]


def test_one_job_runs_one_test_at_a_time(store, bare_python):
    planned(store, {("timed", "text_embedding"): timed(0.02)}, {"text_embedding": list("abcd")}, "1,2")
    run = Run(store, "--jobs=1", "--python", bare_python)
    assert run.most_at_once() == 1 and not any("beside" in each for each in run.attempts)


# Time.

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
JUMPS = """\
import time
def test_it():
    with open({clock!r}, "w") as file:
        file.write("{jump}")
    time.sleep(0.3)
    return {{"now": time.time()}}
"""


@pytest.mark.parametrize("jump", ["+30d", "-30d"])
def test_a_clock_that_jumps_changes_no_duration(store, bare_python, jump):
    """The program's clock is set by a library that reads a file; the test changes the file while it runs."""
    clock = store.write("clock", "+0")
    text = JUMPS.format(clock=str(clock), jump=jump)
    planned(store, {("jumps", "text_embedding"): text}, {"text_embedding": ["a"]}, "1,2")
    # The interpreter has the clock of the machine.
    python = store.write("python", f'#!/bin/sh\nunset LD_PRELOAD\nexec {bare_python} "$@"\n')
    python.chmod(0o755)
    env = {
        "LD_PRELOAD": FAKETIME,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    run = Run(store, "--timeout=20", "--jobs=1", "--python", python, env=env)
    first, second = run.attempts
    assert abs(second["started_at_us"] - first["started_at_us"]) > 29 * 86400e6, "the clock did not jump"
    assert first["outcome"] == second["outcome"] == "passed"
    assert all(0.3 <= each["duration_s"] < 5 for each in run.attempts)
    assert run.summary["duration_s"] < 20
    stored = store.query("select duration_s from outcomes order by batch_size")
    assert stored == [(first["duration_s"],), (second["duration_s"],)]
