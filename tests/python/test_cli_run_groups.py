"""Control groups of runs, by the kernel that this machine has: where it lets groups be made, they hold what a test takes and
end what it leaves; where it does not, runs are as without. Which of the two this machine is, is found out here by making
one, not by asking the program."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import pytest
from leftovers import children_of, has_ended, none_left
from run_driver import Run, add_models

MOUNTS = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
TELLS = """\
def test_it():
    return {"groups": open("/proc/self/cgroup").read()}
"""


def places():
    """The folders of the groups of version 1 that this process is in and that count memory."""
    for line in MOUNTS:
        kind, options = line[line.index("-") + 1], line[-1].split(",")
        if kind == "cgroup" and "memory" in options:
            own = (group.split(":", 2) for group in Path("/proc/self/cgroup").read_text().splitlines())
            for path in (path for _, controllers, path in own if "memory" in controllers.split(",")):
                below = path.removeprefix(line[3]) if line[3] != "/" else path
                yield Path(line[4] + below.rstrip("/"))


def can_make():
    """Whether a group with memory can be made here. (Of version 2 this asks for more than tests can bring about.)"""
    for place in places():
        probe = place / f"probe-{os.getpid()}"
        with contextlib.suppress(OSError):
            probe.mkdir()
            try:
                return (probe / "memory.limit_in_bytes").exists()
            finally:
                probe.rmdir()
    return False


@pytest.fixture(scope="module", autouse=True)
def apart():
    """These tests have a group of their own to make groups in: runs of other tests, at the same time, know nothing of it."""
    moved = []
    for place in places() if HERE else ():
        own = place / f"tests-{os.getpid()}"
        own.mkdir()
        (own / "cgroup.procs").write_text(str(os.getpid()))
        moved.append((place, own))
    yield
    for place, own in moved:
        (place / "cgroup.procs").write_text(str(os.getpid()))
        wait_until(lambda: not (own / "cgroup.procs").read_text())  # noqa: B023
        own.rmdir()


HERE = can_make()
OFF = '[plan]\nmodels = ["mine"]\n[run]\ncontrol_groups = "off"\n'


def planned(store, text, sizes="1"):
    store.template("it", text, "text_embedding")
    add_models(store, "text_embedding", "mine")
    store("plan", "--model=mine", "--batch-sizes", sizes)


def left_groups():
    return [str(each) for place in places() for each in place.glob("testloom-*")]


def own_groups_in(outcome):
    """The groups of testloom's that a test was in."""
    return {line.split("testloom-")[1] for line in outcome["result"]["groups"].splitlines() if "testloom-" in line}


@pytest.mark.parametrize("flags", [[], ["--fresh"]], ids=["fork", "fresh"])
def test_each_test_is_in_a_group_of_its_run(store, bare_python, flags):
    planned(store, TELLS, "1,2,4")
    run = Run(store, "--python", bare_python, *flags)
    wanted = {f"{run.summary['run_id']}/1", f"{run.summary['run_id']}/2"} if HERE else set()
    for outcome in run.attempts:
        assert outcome["outcome"] == "passed"
        assert bool(own_groups_in(outcome)) == HERE and own_groups_in(outcome) <= wanted
    assert not left_groups()
    ((environment,),) = store.query("select environment->>'control_groups' from runs")
    said = store("--json", "doctor", "--python", bare_python).object["control_groups"]
    assert environment == said and said.startswith("version " if HERE else "none: ")
    assert f"groups        {said}\n" in store("doctor", "--python", bare_python).stdout


def test_a_run_without_groups_is_as_one_with_them(store, bare_python):
    planned(store, TELLS)
    spec = store.write("off.toml", OFF)
    off = Run(store, "--python", bare_python, "--spec", spec)
    assert off.counts() == {"passed": 1} and not own_groups_in(off.attempts[0])
    ((environment,),) = store.query("select environment->>'control_groups' from runs")
    assert environment == "off"


def test_where_groups_cannot_be_made_runs_go_on_without(store, bare_python, private_mounts):
    """All hierarchies are mounted read-only for this run."""
    planned(store, TELLS)
    folders = [line[4] for line in MOUNTS if line[line.index("-") + 1] in ("cgroup", "cgroup2")]
    script = "".join(f"mount --bind {folder} {folder}; mount -o remount,bind,ro {folder}; " for folder in folders)
    prefix = [*private_mounts, "sh", "-ec", script + 'exec "$@"', "sh"]
    run = Run(store, "--memory=1GB", "--python", bare_python, prefix=prefix)
    assert run.counts() == {"passed": 1} and not own_groups_in(run.attempts[0])
    said = store("doctor", "--python", bare_python, prefix=prefix).stdout
    (line,) = (line for line in said.splitlines() if line.startswith("groups "))
    assert line.startswith("groups        none: ")
    assert not any(place.exists() for place in places()) or line.endswith("cannot be written")


# Memory that is taken faster than it is looked at: the test stops the program first. Without a limit of the kernel it comes
# to its end with all that it took, and nobody sees it.
OUTRUNS = """\
import os, signal, time
def parent_of(pid):
    return int(open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()[1])
def test_it():
    program = os.getppid()
    if {forked}:
        program = parent_of(program)
    os.kill(parent_of(program), signal.SIGSTOP)  # the guard, which would let it go on
    os.kill(program, signal.SIGSTOP)
    try:
        {take}
    finally:
        os.kill(program, signal.SIGCONT)
        os.kill(parent_of(program), signal.SIGCONT)
"""
ITSELF = "held = b'x' * 700_000_000"
A_CHILD = """\
pid = os.fork()
        if pid == 0:
            held = b'x' * 700_000_000
            os._exit(0)
        os.waitpid(pid, 0)"""
IN_MEMORY = """\
with open(\"/dev/shm/testloom-%d\" % os.getpid(), \"wb\") as file:
            os.unlink(file.name)
            for _ in range(70):
                file.write(b\"x\" * 10_000_000)"""


@pytest.mark.parametrize("take", [ITSELF, A_CHILD, IN_MEMORY], ids=["itself", "a child", "a file in memory"])
@pytest.mark.parametrize("flags", [[], ["--fresh"]], ids=["fork", "fresh"])
def test_the_kernel_ends_what_takes_memory_unseen(store, bare_python, take, flags):
    planned(store, OUTRUNS.format(take=take, forked=not flags))
    process = store.start("run", "--json", "--memory=500MB", "--python", bare_python, "--timeout=60", *flags)
    wait_until(lambda: process.poll() is not None or all(is_stopped(pid) for pid in both_of(process)))
    # What the test was to do itself, if the kernel ended it: let the program go on.
    wait_until(lambda: process.poll() is not None or not below_for_tests(process))
    for pid in both_of(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    stdout, stderr = process.communicate(timeout=60)
    (outcome, _) = map(json.loads, stdout.splitlines())
    if HERE:
        assert outcome["outcome"] == "oom", outcome
        assert outcome["reason"] == "the kernel ended it for want of memory: all tests together may take 500 MB"
        assert outcome["peak_memory_bytes"] >= 500e6 and process.returncode == 1
    else:
        assert outcome["outcome"] == "passed", (outcome, stderr)
    assert not left_groups()


def both_of(process):
    """The process that was called and the one that runs the tests."""
    return [process.pid, *children_of(process.pid)] if process.poll() is None else []


def below_for_tests(process):
    """The processes below the one that runs tests that could be a test's; a warm parent is none."""
    below = [pid for worker in children_of(process.pid) for pid in children_of(worker) if not has_ended(pid)]
    warm = [pid for pid in below if is_warm_parent(pid)]
    forked = [pid for each in warm for pid in children_of(each) if not has_ended(pid)]
    return [pid for pid in [*below, *forked] if pid not in warm]


def is_warm_parent(pid):
    with contextlib.suppress(OSError):
        return b"warm_parent.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def is_stopped(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return False


def wait_until(holds, seconds=30):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.005)


def test_a_file_in_memory_counts_for_the_test_that_wrote_it(store, bare_python):
    """No process has it mapped, so that only its group tells."""
    take = f"if True:\n        {IN_MEMORY}\n            time.sleep(0.5)"
    planned(store, f"import os, time\ndef test_it():\n    {take}\n")
    peak = Run(store, "--python", bare_python).attempts[0]["peak_memory_bytes"]
    assert (peak > 690e6) if HERE else (peak < 100e6)
    run = Run(store, "--memory=600MB", "--python", bare_python, code=int(HERE))
    assert run.counts() == ({"oom": 1} if HERE else {"passed": 1})


LEAVES = """\
import os, time
def test_it():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open({folder!r} + "/left", "w").write(str(os.getpid()))
            time.sleep(600)
        os._exit(0)
    time.sleep(600)
"""


def test_what_a_run_left_is_ended_by_the_next_when_both_its_processes_were_killed(store, bare_python):
    planned(store, LEAVES.format(folder=str(store.folder)))
    process = store.start("run", "--python", bare_python)
    left = store.folder / "left"
    wait_until(lambda: left.exists() and left.read_text())
    stray = int(left.read_text())
    both = both_of(process)
    assert len(both) == 2
    for number in (signal.SIGSTOP, signal.SIGKILL):  # neither sees the end of the other
        for pid in both:
            os.kill(pid, number)
    process.communicate(timeout=20)
    wait_until(lambda: all(has_ended(pid) for pid in both))
    assert not has_ended(stray) and bool(left_groups()) == HERE
    try:
        store.template("it", TELLS, "text_embedding")
        store("plan", "--model=mine", "--batch-sizes=1")
        assert Run(store, "--python", bare_python).counts() == {"passed": 1}
        assert has_ended(stray) == HERE and not left_groups()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(stray, signal.SIGKILL)
    assert not none_left(store.folder)


def test_a_run_leaves_the_groups_of_others_alone(store, bare_python):
    """One run goes on while another of the same parent group begins and ends."""
    planned(store, LEAVES.format(folder=str(store.folder)))
    process = store.start("run", "--json", "--python", bare_python, "--timeout=600")
    try:
        wait_until((store.folder / "left").exists)
        before = left_groups()
        assert bool(before) == HERE
        other = store.copy(store.folder / "other")
        other("init", "--no-templates", "--store=other.duckdb")
        other.template("it", TELLS, "text_embedding", "--store=other.duckdb")
        other("model", "add", "mine", "--family=text_embedding", "--store=other.duckdb")
        other("plan", "--model=mine", "--batch-sizes=1", "--store=other.duckdb")
        assert Run(other, "--store=other.duckdb", "--python", bare_python).counts() == {"passed": 1}
        assert left_groups() == before and process.poll() is None
    finally:
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=30)
    assert json.loads(stdout.splitlines()[0])["outcome"] == "interrupted"
    assert not left_groups() and not none_left(store.folder)
