"""The coordinator's client for Python: dicts in, dicts out, over the C++ client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from testloom import _arguments, _core

REQUIRED = ("test_id", "model_name", "hardware_type", "batch_size", "test_content")
DEFAULT_PRIORITY = 5
LARGEST_PRIORITY = 2**31 - 1


class CoordinatorClient:
    """Submits tests to a coordinator and asks for their tasks.

    Args:
        url: its address, http or https; may hold ``user:password@`` and a path.
        api_key: sent as the header X-API-Key; it never appears in an error.
        timeout_seconds: the longest that one call takes.

    Raises:
        UsageError: a url or key that cannot be used.
    """

    def __init__(self, url: str, api_key: str | None = None, timeout_seconds: float = 30.0) -> None:
        url = _arguments.text(url, "the coordinator's url")
        api_key = _arguments.optional_text(api_key, "the API key")
        self._client = _core.CoordinatorClient(url, api_key, timeout_seconds)

    def submit_task(self, test: Mapping[str, Any]) -> dict[str, Any]:
        """Sends one test as a task.

        Args:
            test: a test as ``generate_and_submit_tests`` returns it.

        Returns:
            ``{"success": True, "task_id": …}``, or ``{"success": False, "error": …}`` where the coordinator
            is down, slow, refuses the test or answers something else.

        Raises:
            UsageError: the dict is not a test.
        """
        return dict(self._client.submit_task(_fields(test)))

    def get_task(self, task_id: str | int) -> dict[str, Any]:
        """What the coordinator says about a task.

        Raises:
            CoordinatorError: it is down, does not know the task, or answers something else.
        """
        answer = self._client.get_task(_arguments.text(str(task_id), "the task id"))
        return json.loads(answer) if isinstance(answer, str) else answer


def _fields(test: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a submission, each checked."""
    _arguments.mapping(test, "the test")
    missing = [name for name in REQUIRED if test.get(name) is None]
    if missing:
        raise _arguments.usage_error(f"the test lacks {', '.join(missing)}")
    try:
        requirements = json.dumps(
            _arguments.mapping(test.get("requirements") or {}, "requirements"), allow_nan=False
        )
    except (TypeError, ValueError) as error:
        raise _arguments.usage_error(f"the test's requirements cannot be written as JSON: {error}") from None
    texts = {
        name: _arguments.text(test.get(name) or default, name)
        for name, default in (
            ("test_id", ""),
            ("model_name", ""),
            ("model_family", "unknown"),
            ("hardware_type", ""),
            ("test_content", ""),
        )
    }
    priority = DEFAULT_PRIORITY if test.get("priority") is None else test["priority"]
    return {
        **texts,
        "batch_size": _arguments.whole_number(test["batch_size"], "batch size"),
        "dependencies": _arguments.texts(test.get("dependencies") or [], "dependencies"),
        "priority": _arguments.whole_number(priority, "priority", LARGEST_PRIORITY),
        "requirements_json": requirements,
    }
