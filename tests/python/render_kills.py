"""Kills `testloom tests render` at random moments and looks at what is left: each file as it was or as it was to be,
and a following rendering puts everything right. test_cli_render_trouble.py does it a few times,
scripts/campaign/render-kills hundreds of times."""

import os
import signal
import subprocess
import time

from cli_driver import PASSES

MARKS = (".testloom-rendered", "manifest.jsonl")
UNFINISHED = ".testloom-new"


def two_plans(program, models, batch_sizes):
    """Stores the plans "old" and "new": some models in one of them only, more batch sizes and longer texts in "new"."""
    program.template("latency")
    shared = [f"--model=bert-{i}" for i in range(models)]
    sizes = [str(size) for size in range(1, batch_sizes + 3)]
    program("plan", "--name=old", *shared, "--model=bert-gone-1", "--model=bert-gone-2", "--batch-sizes", ",".join(sizes[:-2]))
    program.template("latency", PASSES + "# another text, and a longer one\n" * 300)
    program("plan", "--name=new", *shared, "--model=bert-come-1", "--model=bert-come-2", "--batch-sizes", ",".join(sizes))


def texts(folder):
    """Every file by its path, but for what says that it is unfinished."""
    found = {}
    for parent, folders, names in os.walk(folder):
        if UNFINISHED in folders:
            folders.remove(UNFINISHED)
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


class RenderKills:
    """Kills of one folder's renderings, with what a rendering of each plan should give."""

    def __init__(self, program, random):
        self.program, self.random, self.out = program, random, program.folder / "out"
        self.whole, self.seconds = {}, 0.0
        for plan in ("old", "new"):
            begin = time.monotonic()
            self.render(plan, f"whole-{plan}")
            self.seconds = max(self.seconds, time.monotonic() - begin)
            self.whole[plan] = texts(program.folder / f"whole-{plan}")

    def render(self, plan, out="out"):
        self.program("tests", "render", "--plan", plan, "--out", out)

    def kill_once(self):
        """Returns whether the rendering was still under way, and whether it had changed something."""
        plan = self.random.choice(["old", "new"])
        before = texts(self.out)
        process = self.program.start(
            "tests", "render", "--plan", plan, "--out", "out", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(self.random.uniform(0, 1.1 * self.seconds))
        process.send_signal(signal.SIGKILL)
        killed = process.wait() == -signal.SIGKILL
        after = texts(self.out)
        for path, text in after.items():
            assert text in (before.get(path), self.whole[plan].get(path)), f"{path} is neither old nor new: {text!r}"
        lost = [path for path in before if path in self.whole[plan] and path not in after]
        assert not lost, f"gone: {lost}"
        return killed, killed and after != before

    def complete(self):
        """Renders one of the plans over what is there, and compares with a rendering into a new folder."""
        plan = self.random.choice(["old", "new"])
        self.render(plan)
        found, whole = texts(self.out), self.whole[plan]
        differ = sorted(path for path in found.keys() | whole.keys() if found.get(path) != whole.get(path))
        assert not differ, f"not as a new folder would be, of plan {plan}: {differ}"
        assert not (self.out / UNFINISHED).exists(), f"{UNFINISHED} is left"
        empty = [parent for parent, folders, names in os.walk(self.out) if not folders and not names]
        assert not empty, f"empty folders are left: {empty}"

    def campaign(self, kills, say=lambda text: None):
        """So many kills, with a rendering that completes after some of them, and a new folder now and then."""
        amid = 0
        for number in range(1, kills + 1):
            killed, changed = self.kill_once()
            amid += changed
            say(f"{number}: {'killed' if killed else 'was done'}{', amid its work' if changed else ''}")
            if self.random.random() < 0.5:
                self.complete()
            if self.random.random() < 0.25 and self.out.exists():
                self.out.rename(self.program.folder / f"out-{number}")
        self.complete()
        return amid
