"""Submitting a list of tests through any coordinator client, and keeping what was sent and what was not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

FAILURES_BEFORE_GIVING_UP = 3


class SubmitsTasks(Protocol):
    """What a coordinator client must offer."""

    def submit_task(self, test: dict[str, Any]) -> Any:
        """Sends one test. A dict with a false ``success`` or with ``error`` alone, and False, mean failure."""


@dataclass(frozen=True)
class Submission:
    """What became of one test: ``task_id`` where it was sent and the coordinator named its task, ``error``
    where it was not sent."""

    test_id: str
    sent: bool
    task_id: str | None = None
    error: str | None = None


def submit_tests(tests: Iterable[Mapping[str, Any]], client: SubmitsTasks) -> list[Submission]:
    """Sends each test after those it depends on; one Submission a test, in the tests' order.

    A test whose dependency was not sent is not sent either. After three failures one after the other the
    rest is not tried: the coordinator is down.

    Args:
        tests: in an order in which a test comes after its dependencies.
    """
    submissions: list[Submission] = []
    unsent: set[str] = set()
    failures = 0
    for test in tests:
        test_id = test["test_id"]
        missing = next((needed for needed in test.get("dependencies", ()) if needed in unsent), None)
        if failures >= FAILURES_BEFORE_GIVING_UP:
            submission = Submission(test_id, False, error=f"not tried after {failures} failures in a row")
        elif missing is not None:
            submission = Submission(
                test_id, False, error=f"not tried: it depends on {missing}, which was not sent"
            )
        else:
            submission = _submit(dict(test), client)
            failures = 0 if submission.sent else failures + 1
        if not submission.sent:
            unsent.add(test_id)
        submissions.append(submission)
    return submissions


def summary(submissions: list[Submission]) -> str:
    """One line that says how many were sent and why the first of the others was not."""
    sent = sum(submission.sent for submission in submissions)
    line = f"submitted {sent} of {len(submissions)} tests"
    first = next((submission for submission in submissions if not submission.sent), None)
    if first is not None:
        line += f"; test {first.test_id} was not sent: {first.error}"
    return line


def _submit(test: dict[str, Any], client: SubmitsTasks) -> Submission:
    test_id = test["test_id"]
    try:
        reply = client.submit_task(test)
    except Exception as error:  # whatever a foreign client raises is about this test's submission
        return Submission(test_id, False, error=f"{type(error).__name__}: {error}")
    if reply is False:
        return Submission(test_id, False, error="the coordinator client returned False")
    if not isinstance(reply, Mapping):
        return Submission(test_id, True, task_id=reply if isinstance(reply, str) else None)
    if not reply.get("success", not reply.get("error")):
        return Submission(test_id, False, error=str(reply.get("error") or "no reason was given"))
    task_id = reply.get("task_id")
    return Submission(test_id, True, task_id=None if task_id is None else str(task_id))
