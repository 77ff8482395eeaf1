"""Checks of arguments that the C++ core cannot make, since they are about Python's types."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any

from testloom._core import UsageError

LARGEST_NUMBER = 2**63 - 1


def usage_error(message: str, hint: str = "") -> UsageError:
    """An error of the same form as those that the core raises."""
    error = UsageError(f"{message}\n  {hint}" if hint else message)
    error.kind = "usage"
    place = {"path": "", "line": 0, "column": 0, "end_column": 0}
    error.diagnostics = [{"message": message, **place, "hint": hint}]
    return error


def text(value: Any, what: str) -> str:
    """The value when it is text that UTF-8 can hold; raises UsageError otherwise."""
    if not isinstance(value, str):
        raise usage_error(f"{what} is not text but {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise usage_error(f"{what} is not UTF-8 (character {error.start + 1}): {value!a:.120}") from None
    return value


def optional_text(value: Any, what: str) -> str | None:
    """Like text(), with None allowed."""
    return None if value is None else text(value, what)


def texts(values: Iterable[str], what: str) -> list[str]:
    """A list of texts; a single text is refused, since its characters are hardly meant."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise usage_error(f"{what} are not a list but {values!r:.80}", "give a list, such as ['cpu', 'cuda']")
    return [text(value, f"one of {what}") for value in values]


def whole_number(value: Any, what: str, largest: int = LARGEST_NUMBER) -> int:
    """A whole number that the core can hold; whether it is a sensible one, the core checks."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise usage_error(
            f"{what} {value!r:.80} is not a whole number", "give it in digits, such as 4"
        ) from None
    if not -largest <= number <= largest:
        raise usage_error(f"{what} is too {'large' if number > 0 else 'small'}", f"the largest is {largest}")
    return number


def batch_sizes(values: Iterable[int]) -> list[int]:
    """A list of batch sizes."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise usage_error(f"batch sizes are not a list but {values!r:.80}", "give a list, such as [1, 4]")
    return [whole_number(value, "batch size") for value in values]


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """The value when it is a dict or alike."""
    if not isinstance(value, Mapping):
        raise usage_error(f"{what} is not a dict but {type(value).__name__}")
    return value
