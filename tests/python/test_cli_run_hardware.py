"""Devices of the user's own, as [hardware.NAME] of a spec describes them: how many there are, what each test sees of
them, how it is started, and what becomes of a device whose test crashed."""

import os
import signal
import sys
import time

import pytest
from leftovers import none_left
from run_driver import Run, add_models

TELLS = """\
import os, sys, time
def test_it():
    began = time.monotonic()
    time.sleep(0.15)
    return {"began": began, "ended": time.monotonic(), "seen": os.environ.get("NPU_VISIBLE"), "device": "${device}",
            "mode": os.environ.get("NPU_MODE"), "flags": sys.flags.no_site, "loaded": os.environ.get("LOADED"),
            "threads": os.environ.get("OMP_NUM_THREADS")}
"""
CORES = len(os.sched_getaffinity(0))
FOUR_CORES = ["taskset", "-c", ",".join(map(str, sorted(os.sched_getaffinity(0))[:4]))]
SECTION = """\
[plan]
name = "devices"
models = ["m*"]
hardware_types = ["npu"]
batch_sizes = [{sizes}]

[hardware.npu]
device = "npu"
{lines}
"""


def case(model, size=4, template="tells"):
    return f"{model}/npu/{template}[batch_size={size}]"


class Device:
    """A store with tests for a device, which `run` runs with these lines in the device's section."""

    def __init__(self, store, python):
        self.store, self.python = store, python

    def plan(self, models=4, text=TELLS, sizes="4"):
        self.store.template("tells", text)
        add_models(self.store, "text_embedding", *(f"m{i}" for i in range(models)))
        self.sizes = sizes
        self.write("")
        self.store("plan")

    def write(self, lines):
        self.store.write("testloom.toml", SECTION.format(sizes=self.sizes, lines=lines))

    def run(self, lines, *flags, code=0, **how):
        self.write(lines)
        return Run(self.store, "--python", self.python, *flags, code=code, **how)


@pytest.fixture
def device(store, bare_python):
    return Device(store, bare_python)


# How many there are.


def test_each_device_that_the_probe_names_is_a_place_for_one_test(device):
    device.plan(models=6)
    lines = "probe = \"printf 'a\\\\nb\\\\nc\\\\n'\"\nvisible = \"NPU_VISIBLE\""
    run = device.run(lines, "--jobs=3", prefix=FOUR_CORES)
    assert run.counts() == {"passed": 6}
    assert {each["slot"] for each in run.attempts} == {f"npu:{i}" for i in range(min(3, CORES))}
    for each in run.attempts:
        assert each["slot"] == f"npu:{each['result']['seen']}"
        assert each["result"]["device"] == "npu"
    by_slot = {}
    for each in run.attempts:
        by_slot.setdefault(each["slot"], []).append((each["result"]["began"], each["result"]["ended"]))
    for spans in by_slot.values():
        spans.sort()
        assert all(earlier[1] <= later[0] for earlier, later in zip(spans, spans[1:]))
    assert run.most_at_once() > 1


def test_tests_share_a_device_as_far_as_its_memory_goes(device):
    """Each is predicted to take 1 GB at a batch of 4, 2 GB at 8 and 4 GB at 16."""
    device.plan(models=4, sizes="4, 8, 16")
    run = device.run("probe = \"echo one 2.5 GB\"", "--jobs=4", prefix=FOUR_CORES)
    size = lambda each: int(each.rpartition("=")[2][:-1])  # noqa: E731
    assert run.counts() == {"passed": 8, "skipped": 4}
    assert run.most_at_once(lambda each: size(each) / 4) <= 2.5
    assert run.most_at_once() == 2
    for i in range(4):
        reason = run.outcomes[case(f"m{i}", 16)]["reason"]
        assert "4 GB" in reason and "2.5 GB" in reason


def test_the_largest_device_decides_what_fits(device):
    device.plan(models=2, sizes="8")
    run = device.run("probe = \"printf 'small 1 GB\\\\nlarge 3 GiB\\\\n'\"", "--jobs=2")
    assert {each["slot"] for each in run.attempts} == {"npu:1"} and run.most_at_once() == 1


@pytest.mark.parametrize(
    ("probe", "says"),
    [("true", "no npu device here"), ("echo broken driver >&2; exit 3", "broken driver"), ("no-tool", "no-tool")],
)
def test_hardware_that_is_not_here_is_skipped_and_said(device, probe, says):
    device.plan(models=2)
    run = device.run(f'probe = "{probe}"')
    assert run.counts() == {"skipped": 2}
    assert all(says in each["reason"] for each in run.attempts)
    device.run(f'probe = "{probe}"', "--require-hardware", code=1)


def test_an_interpreter_that_is_not_there_makes_its_hardware_absent(device):
    device.plan(models=1)
    run = device.run('python = "/nowhere/python"')
    assert run.counts() == {"skipped": 1} and "/nowhere/python" in run.attempts[0]["reason"]


def test_a_device_without_a_probe_is_taken_to_be_there(device):
    device.plan(models=2)
    run = device.run("", "--jobs=2")
    assert run.counts() == {"passed": 2} and run.most_at_once() == 1


def test_the_users_own_choice_of_devices_is_kept(device):
    device.plan(models=2)
    lines = "probe = \"printf 'a\\\\nb\\\\n'\"\nvisible = \"NPU_VISIBLE\""
    run = device.run(lines, "--jobs=2", env={"NPU_VISIBLE": "5,7"}, prefix=FOUR_CORES)
    assert {each["result"]["seen"] for each in run.attempts} == {"5", "7"}


# How its tests are started.


@pytest.mark.parametrize("start", ["fork", "fresh"])
def test_its_environment_reaches_each_test(device, start):
    device.plan(models=2)
    run = device.run(f'start = "{start}"\nenv = {{NPU_MODE = "quick $HOME", OMP_NUM_THREADS = "7"}}')
    assert {each["result"]["mode"] for each in run.attempts} == {"quick $HOME"}
    assert {each["result"]["threads"] for each in run.attempts} == {"7"}
    assert {each["start"] for each in run.attempts} == {start}


def test_what_is_launched_first_gets_the_interpreters_line(device):
    device.plan(models=2)
    script = device.store.write(
        "launch with space.sh",
        '#!/bin/sh\nshift\nprintf "%s\\n" "$#" "$@" >> "$LOG"\nLOADED="by launch" exec "$@"\n',
    )
    script.chmod(0o755)
    log = device.store.folder / "log"
    run = device.run(f"launch = \"'{script}' --image\"\nenv = {{LOG = \"{log}\"}}")
    assert run.counts() == {"passed": 2}
    assert {each["result"]["loaded"] for each in run.attempts} == {"by launch"}
    assert {each["start"] for each in run.attempts} == {"fresh"}
    words = log.read_text().splitlines()
    assert words[0] == "4" and words[1] == device.python and words[2].endswith("runner.py")


def test_a_launch_line_that_fails_is_the_tests_failure(device):
    device.plan(models=1)
    run = device.run('launch = "no-such-launcher"', code=1)
    assert run.counts() == {"crashed": 1}
    assert "no-such-launcher" in run.attempts[0]["output_tail"]


def test_it_has_an_interpreter_of_its_own(device):
    device.plan(models=1)
    own = device.store.write("own-python", f'#!/bin/sh\nLOADED=own exec "{sys.executable}" -E "$@"\n')
    own.chmod(0o755)
    run = device.run(f'python = "{own}"')
    assert run.attempts[0]["result"]["loaded"] == "own" and run.attempts[0]["result"]["flags"] == 0


def test_a_spec_of_another_name_is_asked_for(device):
    device.plan(models=1)
    (device.store.folder / "testloom.toml").rename(device.store.folder / "other.toml")
    other = device.store.write("other.toml", SECTION.format(sizes="4", lines='env = {NPU_MODE = "other"}'))
    run = Run(device.store, "--spec", other, "--python", device.python)
    assert run.attempts[0]["result"]["mode"] == "other"
    assert Run(device.store, "--python", device.python).counts() == {"skipped": 1}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('start = "slowly"', "slowly"), ("probe = 3", "probe"), ('colour = "red"', "colour"),
        ('env = ["a"]', "env"), ('env = {"1A" = "x"}', "1A"), ('visible = "A B"', "A B"),
    ],
    ids=["start", "probe", "key", "env", "variable", "visible"],
)  # fmt: skip
def test_a_section_that_is_wrong_is_an_error_with_its_line(device, lines, says):
    device.plan(models=1)
    device.write(lines)
    said = device.store("run", "--python", device.python, code=6)
    assert says in said.stderr and "testloom.toml:9:" in said.stderr
    assert device.store.query("select count(*) from runs") == [(0,)]


# After a crash.

CRASHES = """\
import os, time
def test_it():
    time.sleep(0.05)
    if "${{model_name}}" == "m0": {what}
    return {{"state": open("{folder}/state").read()}}
"""
HEALTH = """\
probe = "printf 'a\\\\nb\\\\n'"
visible = "NPU_VISIBLE"
health = "echo look $TESTLOOM_SLOT $NPU_VISIBLE >> {folder}/log; grep -q well {folder}/state"
"""


SPOILS = "open('{folder}/state', 'w').write('bad'); os.kill(os.getpid(), 11)"


class Sick(Device):
    """The test of model m0 does what it is told to; the device is well while a file says so."""

    def crash(self, extra="", what=SPOILS, flags=(), **how):
        folder = self.store.folder
        self.store.write("state", "well")
        self.plan(models=4, text=CRASHES.format(folder=folder, what=what.format(folder=folder)))
        run = self.run(HEALTH.format(folder=folder) + extra.format(folder=folder), "--jobs=1", *flags, **how)
        log = folder / "log"
        return run, log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def sick(store, bare_python):
    return Sick(store, bare_python)


def test_a_device_that_is_well_after_a_crash_is_used_on(sick):
    run, log = sick.crash(what="os.kill(os.getpid(), 11)", code=1)
    assert run.counts() == {"crashed": 1, "passed": 3}
    assert log == [f"look {run.outcomes[case('m0')]['slot']} {run.outcomes[case('m0')]['slot'][-1]}"]


def test_it_is_looked_at_after_a_timeout_too(sick):
    run, log = sick.crash(what="time.sleep(600)", flags=["--timeout=1"], code=1)
    assert run.counts() == {"timeout": 1, "passed": 3} and len(log) == 1


def test_it_is_not_looked_at_after_other_failures(sick):
    run, log = sick.crash(what="assert False", code=1)
    assert run.counts() == {"failed": 1, "passed": 3} and log == []


def test_a_device_that_recovers_is_used_on(sick):
    run, log = sick.crash('recover = "echo recover $TESTLOOM_SLOT >> {folder}/log; echo well > {folder}/state"', code=1)
    assert run.counts() == {"crashed": 1, "passed": 3}
    assert [line.split()[0] for line in log] == ["look", "recover", "look"]
    assert all(each["result"]["state"] == "well\n" for each in run.attempts if each["outcome"] == "passed")


@pytest.mark.parametrize("recover", ["", 'recover = "true"', 'recover = "exit 1"'])
def test_a_device_that_stays_unhealthy_is_closed_and_the_other_one_goes_on(sick, recover):
    run, _ = sick.crash(recover, code=1)
    closed = run.outcomes[case("m0")]["slot"]
    assert run.counts() == {"crashed": 1, "passed": 3}
    assert {each["slot"] for each in run.attempts if each["outcome"] == "passed"} == {"npu:0", "npu:1"} - {closed}
    assert f"{closed} is not used any more" in run.notes


def test_tests_of_hardware_without_a_healthy_device_are_skipped_not_failed(sick):
    folder = sick.store.folder
    sick.store.write("state", "well")
    sick.plan(models=4, text=CRASHES.format(folder=folder, what="os.kill(os.getpid(), 11)"))
    run = sick.run('probe = "echo a"\nhealth = "echo it is broken; exit 1"', "--jobs=1", code=1)
    assert run.words() == {case("m0"): "crashed", **dict.fromkeys(map(case, ("m1", "m2", "m3")), "skipped")}
    for name in ("m1", "m2", "m3"):
        reason = run.outcomes[case(name)]["reason"]
        assert "device unhealthy" in reason and "it is broken" in reason
    # What was skipped failed nothing: without the one that crashed the exit code is 0.
    sick.run('probe = "echo a"\nhealth = "exit 1"', "--where=model_name <> 'm0'")


def test_a_look_that_hangs_does_not_hold_up_other_devices(sick):
    """Its time is long; what is asked for is that the others' tests are done long before."""
    folder = sick.store.folder
    sick.store.write("state", "well")
    sick.plan(models=4, text=CRASHES.format(folder=folder, what="os.kill(os.getpid(), 11)"))
    run = sick.run(HEALTH.format(folder=folder).replace("grep", "sleep 3; grep"), "--jobs=1", code=1)
    crashed = run.outcomes[case("m0")]
    others = [each for each in run.attempts if each["outcome"] == "passed"]
    assert run.counts() == {"crashed": 1, "passed": 3}
    assert all(each["started_at_us"] < crashed["started_at_us"] + 3e6 for each in others)


def test_ctrl_c_ends_a_look_too(sick):
    folder = sick.store.folder
    sick.store.write("state", "well")
    sick.plan(models=1, text=CRASHES.format(folder=folder, what="os.kill(os.getpid(), 11)"))
    sick.write(f'health = "touch {folder}/looks; sleep 60"')
    process = sick.store.start("run", "--python", sick.python)
    end = time.monotonic() + 20
    while not (folder / "looks").exists() and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130 and not none_left(folder)
