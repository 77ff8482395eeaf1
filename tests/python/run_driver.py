"""What the tests of runs share: tests that say when they ran, models of which only the family is known, and what a run
said."""

from collections import defaultdict

TIMED = """\
import os, time
def test_it():
    began = time.monotonic()
    time.sleep({seconds})
    return {{"began": began, "ended": time.monotonic(), "threads": os.environ.get("OMP_NUM_THREADS")}}
"""


def timed(seconds=0.2, head=""):
    """A test that says when it ran, by the clock that all processes share."""
    return head + TIMED.format(seconds=seconds)


def add_models(program, family, *names):
    """Models of which nothing but the family is known, so that what is predicted of their tests is its figure."""
    program.write("added.csv", "name,model_family\n" + "".join(f"{name},{family}\n" for name in names))
    program("model", "import", "added.csv")


class Run:
    """One run: its attempts in the order in which they ended, the last of each case, and its summary."""

    def __init__(self, program, *arguments, code=0, **how):
        self.finished = program("run", "--json", *arguments, code=code, **how)
        *self.attempts, self.summary = self.finished.objects
        self.outcomes = {each["case"]: each for each in self.attempts}
        self.notes = self.finished.stderr

    def words(self):
        return {case: each["outcome"] for case, each in self.outcomes.items()}

    def counts(self):
        return self.summary["outcomes"]

    def spans(self):
        """When each test ran that says so, as (began, ended, case)."""
        timed = (each for each in self.attempts if each.get("result") and "began" in each["result"])
        return sorted((each["result"]["began"], each["result"]["ended"], each["case"]) for each in timed)

    def beside(self):
        """By case, the tests that ran at some time while it did."""
        beside = defaultdict(set)
        for began, ended, case in self.spans():
            beside[case] |= {other for start, end, other in self.spans() if start < ended and end > began} - {case}
        return beside

    def most_at_once(self, weight=lambda case: 1):
        """The largest sum of weights of the tests that ran at one time."""
        moments = (began for began, _, _ in self.spans())
        return max(sum(weight(case) for start, end, case in self.spans() if start <= now < end) for now in moments)
