"""Kills `testloom run` at random moments and goes on with `--resume`, until every test has its result: one, and that
which was reported, if it was; no process is left after any of the kills. test_cli_run_kills.py does it a few times,
scripts/campaign/run-kills hundreds of times."""

import collections
import contextlib
import json
import os
import signal
import time

from leftovers import children_of, none_left

# Imports nothing that takes time, and takes from some milliseconds to a tenth of a second. One of eight leaves a process
# behind that went away from it.
SLEEPS = """\
import os, time
def test_sleeps():
    if ${batch_size} == 3 and os.fork() == 0:
        os.setsid()
        time.sleep(600)
    time.sleep(${batch_size} * len("${model_name}") % 17 / 160)
    return {"name": "${model_name}", "batch": ${batch_size}}
"""
BATCH_SIZES = range(1, 9)
REPORTED = ("outcome", "duration_s", "result")
END_AT_MOST_SECONDS = 60


class RunKills:
    """Kills of one store's runs. One that comes to its end before the next kill is followed by another."""

    def __init__(self, program, random, models, python, jobs=2):
        self.program, self.random = program, random
        self.arguments = ["--json-lines", f"--jobs={jobs}", f"--python={python}", "--timeout=60"]
        self.said = program.folder / "said"
        program.template("sleeps", SLEEPS)
        rows = (f"org/{'x' * (i % 17)}{i},text_embedding\n" for i in range(models))
        program.write("models.csv", "name,model_family\n" + "".join(rows))
        program("plan", "--models-file=models.csv", "--batch-sizes", ",".join(map(str, BATCH_SIZES)))
        self.tests = {test["test_id"] for test in program.tests().values()}
        assert len(self.tests) == models * len(BATCH_SIZES)
        self.runs = program.folder / "testloom.duckdb.runs"
        self.reported, self.counts = {}, collections.Counter()
        self.run_id = None  # of the run that was killed
        # From the call to the first test takes a while; more of the kills are to come after it.
        self.usual_start = 0.5

    def start(self):
        resume = ["--resume"] if self.run_id else []
        return self.program.start("run", *resume, *self.arguments, stdout=open(self.said, "wb"))

    def unfinished_run(self):
        """The run of a journal that is not in the store; the only one."""
        left = [path for path in self.runs.glob("*.jsonl") if not path.name.endswith(".ingested.jsonl")]
        assert len(left) <= 1, f"journals of several runs: {left}"
        return left[0].stem if left else None

    def kill_once(self, number):
        """Starts or goes on, kills the process that was called or its child, and looks at what is left."""
        process = self.start()
        began, pause = time.monotonic(), self.random.uniform(0, 2 * self.usual_start)
        if self.random.random() < 0.7:  # while tests run
            while not self.said.stat().st_size and process.poll() is None:
                time.sleep(0.002)
            self.usual_start = 0.7 * self.usual_start + 0.3 * (time.monotonic() - began)
            pause = self.random.uniform(0, 0.5)
        time.sleep(pause)
        below = children_of(process.pid) if process.poll() is None else []
        whom = "the child" if number % 2 and below else "the program"
        victim = below[0] if whom == "the child" else process.pid
        with contextlib.suppress(ProcessLookupError):
            if process.poll() is None:
                os.kill(victim, signal.SIGKILL)
        _, stderr = process.communicate(timeout=END_AT_MOST_SECONDS)
        code = process.returncode
        left = none_left(self.program.folder, 10)
        assert not left, f"{whom} was killed, and these are left: {left}"
        self.take_reported(stderr.decode())
        if code == 0:
            self.check_whole()
            return "done"
        expected = (5,) if whom == "the child" else (-signal.SIGKILL,)
        assert code in expected, f"{whom} was killed, exit code {code}: {stderr.decode()}"
        self.run_id = self.unfinished_run() or self.run_id if self.reported else self.unfinished_run()
        return whom if self.run_id else f"{whom}, before the run began"

    def take_reported(self, stderr):
        """What this process reported: whole lines, none of them reported before."""
        for line in self.said.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                continue
            outcome = json.loads(line)
            assert outcome["outcome"] == "passed", f"{line}\n{stderr}"
            assert outcome["test_id"] not in self.reported, f"reported twice: {line}"
            self.reported[outcome["test_id"]] = tuple(outcome[key] for key in REPORTED)

    def check_whole(self):
        """A run that came to its end: one result of each test, that which was reported."""
        self.program("store", "verify")
        run_id = self.run_id or self.latest_run()
        rows = self.program.query(
            f"select test_id::varchar, outcome, duration_s, result from outcomes where run_id = '{run_id}'"
        )
        assert len(rows) == len(self.tests), f"{len(rows)} outcomes of {len(self.tests)} tests"
        stored = {row[0]: (row[1], row[2], json.loads(row[3])) for row in rows}
        assert set(stored) == self.tests
        differ = {each: (told, stored[each]) for each, told in self.reported.items() if stored[each] != told}
        assert not differ, f"reported otherwise than stored: {differ}"
        # What was on its way when a process was killed may be in the journal without having been told.
        assert {outcome for outcome, _, _ in stored.values()} == {"passed"}
        assert not list(self.runs.glob("*.work")), "the folder of a run's files is left"
        assert not self.unfinished_run()
        self.run_id, self.reported = None, {}

    def latest_run(self):
        ((run_id,),) = self.program.query("select run_id from runs order by started_at desc limit 1")
        return run_id

    def campaign(self, kills, say=lambda text: None):
        """So many kills, and then the rest of the last run; returns how many came when."""
        for kill in range(1, kills + 1):
            became = self.kill_once(kill)
            self.counts[became] += 1
            say(f"{kill}: {became}, {len(self.reported)} of {len(self.tests)} reported")
        process = self.start()
        _, stderr = process.communicate(timeout=600)
        assert process.returncode == 0, stderr.decode()
        self.take_reported(stderr.decode())
        self.check_whole()
        return self.counts
