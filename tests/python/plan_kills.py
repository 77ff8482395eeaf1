"""Kills `testloom plan` at random moments and looks at what is left: a store that opens and is whole, whose latest plan
is the one before or the new one to the letter, and no file but those that belong there. test_cli_plan_kills.py does it
a few times, scripts/campaign/plan-kills hundreds of times."""

import collections
import hashlib
import shutil
import signal
import subprocess
import time

STORE, LOG, UNDO, LIST = "testloom.duckdb", "testloom.duckdb.wal", "testloom.duckdb.undo", "models.csv"

LATENCY = """\
#% param dtype: str = "float32"
def test_latency():
    return "${dtype}", ${batch_size}
"""
MEMORY = """\
#% needs latency
def test_memory():
    return ${batch_size}
"""

# Each another plan; they grow and shrink by turns.
CHOICES = [
    ["--batch-sizes=1,4"],
    ["--batch-sizes=1,4,16", "--axis=dtype=float32,bfloat16"],
    ["--batch-sizes=2", "--hardware=cpu,cuda"],
    ["--batch-sizes=1,2,4", "--axis=dtype=float16,bfloat16", "--exclude=model.size > 6 and batch_size = 4"],
]
# A copy of the store as it was at first takes its place after so many new plans, so that it stays small.
PLANS_AT_MOST = 16


class PlanKills:
    """Kills of one store's plans, with what each choice gives without a kill."""

    def __init__(self, program, random, models):
        self.program, self.random = program, random
        program.template("latency", LATENCY, "vision")
        program.template("memory", MEMORY, "vision")
        rows = (f"org/model-{i},vision,{i % 10}\n" for i in range(models))
        program.write(LIST, "name,model_family,size\n" + "".join(rows))
        self.expected, self.seconds = [], []
        shutil.copy(self.path(STORE), self.path("empty"))
        for number in range(len(CHOICES)):
            begin = time.monotonic()
            program(*self.command(number))
            self.seconds.append(time.monotonic() - begin)
            self.expected.append(self.latest())
        assert len(set(self.expected)) == len(CHOICES)
        self.path("empty").replace(self.path(STORE))
        program(*self.command(0))
        self.current, self.plans, self.counts = 0, 1, collections.Counter()
        self.first = program.folder.parent / f"{program.folder.name}-first.duckdb"
        shutil.copy(self.path(STORE), self.first)
        self.files = {path.name for path in program.folder.iterdir()} | {LOG, UNDO}

    def path(self, name):
        return self.program.folder / name

    def command(self, number):
        return ["plan", "--name=killed", "--models-file", LIST, *CHOICES[number], "--yes"]

    def latest(self):
        """How many tests the latest plan has, and a hash of all that is listed of them."""
        listed = subprocess.run(
            self.program.command("tests", "list", "--plan=killed", "--format=csv"),
            cwd=self.program.folder,
            env=self.program.environment(),
            capture_output=True,
            timeout=120,
        )
        assert listed.returncode == 0, listed.stderr.decode()
        return listed.stdout.count(b"\n") - 1, hashlib.sha256(listed.stdout).hexdigest()

    def changed(self, name):
        """What changes whenever a file is written to."""
        path = self.path(name)
        return (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None

    def pause(self, process, usual, store):
        """Waits for the moment of the kill: any, one near the end, or one after the first write to the store."""
        how = self.random.choice(["any", "end", "end", "write"])
        if how == "any":
            time.sleep(self.random.uniform(0, 1.1 * usual))
        elif how == "end":
            time.sleep(self.random.uniform(0.85, 1.05) * usual)
        else:
            while process.poll() is None and self.changed(STORE) == store:
                time.sleep(0.0005)
            time.sleep(self.random.uniform(0, 0.3 * usual))

    def kill_once(self):
        """Returns what became of it: a word for when the kill came."""
        if self.plans >= PLANS_AT_MOST:
            self.path(LOG).unlink(missing_ok=True)
            self.path(UNDO).unlink(missing_ok=True)
            shutil.copy(self.first, self.path(STORE))
            self.current, self.plans = 0, 1
        number = (self.current + 1) % len(CHOICES)
        # What the kill before left is met by this plan, or by another verb that writes.
        if self.random.random() < 0.5:
            self.program("model", "add", "settled", "--family=vision")
            left = self.path(LOG).exists() or self.path(UNDO).exists()
            assert not left, "a log or an undo is left by a verb that came to its end"
        store, log = self.changed(STORE), self.changed(LOG)
        process = self.program.start(*self.command(number), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pause(process, self.seconds[number], store)
        process.send_signal(signal.SIGKILL)
        killed = process.wait() == -signal.SIGKILL
        has_log, touched = self.changed(LOG) not in (None, log), self.changed(STORE) != store
        is_new = self.check(number, killed)
        # How long it takes depends on what else the machine does: later after an old plan, earlier after a new one.
        self.seconds[number] *= 0.92 if is_new else 1.04
        if not killed:
            return "done"
        return ("with a log" if has_log else "in the file" if touched else "nothing written") + (
            ", new" if is_new else ", old"
        )

    def check(self, number, killed):
        """Whether the latest plan is the new one."""
        stray = {path.name for path in self.program.folder.iterdir()} - self.files
        assert not stray, f"files that are left: {stray}"
        said = self.program("store", "verify")
        assert said.stdout.startswith("the store is whole: "), str(said)
        found = self.latest()
        is_new = found == self.expected[number]
        assert is_new or (killed and found == self.expected[self.current]), (
            f"the latest plan is neither choice {self.current} nor {number}: {found}, of {self.expected}"
        )
        if is_new:
            self.current, self.plans = number, self.plans + 1
        return is_new

    def campaign(self, kills, say=lambda text: None):
        """So many kills; returns how many came when."""
        for kill in range(1, kills + 1):
            became = self.kill_once()
            self.counts[became] += 1
            say(f"{kill}: {became}")
        # What the last one left can be gone on from.
        number = (self.current + 1) % len(CHOICES)
        self.program(*self.command(number))
        assert self.check(number, killed=False) and not self.path(LOG).exists() and not self.path(UNDO).exists()
        return self.counts
