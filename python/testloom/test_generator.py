"""TestGeneratorIntegration: templates and mappings in a store, tests from them, submitted to a coordinator
where there is one. A thin layer over the store's C++ core."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

from testloom import _arguments
from testloom._core import Store
from testloom.coordinator_client import CoordinatorClient
from testloom.submission import SubmitsTasks, Submission, submit_tests, summary

DEFAULT_HARDWARE_TYPES = ("cpu",)
DEFAULT_BATCH_SIZES = (1, 4)
TEST_TIMEOUT_SECONDS = 600

TEMPLATE_COLUMNS = "template_id, template_name, model_family, hardware_type, content, description, created_at, updated_at, version"
MAPPING_COLUMNS = "mapping_id, model_name, model_family, template_id, description"

logger = logging.getLogger("testloom")


class TestGeneratorIntegration:
    """Generates tests from the templates of one store.

    The store is made where there is none, without shipped templates; one made by the original code is
    upgraded, with a copy of the old file kept beside it.

    Args:
        template_db_path: the DuckDB file.
        coordinator_url: where generated tests are submitted to.
        coordinator_client: any object with ``submit_task(test)``; used instead of coordinator_url.

    Attributes:
        template_db: the open store; ``execute(sql, params)`` returns a cursor with ``fetchone()`` and
            ``fetchall()``.
        plan_id: the stored plan of the last call of generate_and_submit_tests; None where it gave no test.
        skipped: why cells of that call gave no test, a list of ``{"reason", "cells"}``.
        submissions: what became of that call's tests, a list of Submission; empty without a coordinator.

    Raises:
        StoreError: the file is no store, is held by another process, or cannot be written.
        UsageError: the coordinator's url cannot be used.
    """

    __test__ = False  # the name looks like a test to pytest

    def __init__(
        self,
        template_db_path: str | os.PathLike[str],
        coordinator_url: str | None = None,
        coordinator_client: SubmitsTasks | None = None,
    ) -> None:
        if coordinator_client is None and coordinator_url is not None:
            coordinator_client = CoordinatorClient(coordinator_url)
        self.coordinator_client = coordinator_client
        self.template_db = Store(_arguments.text(os.fspath(template_db_path), "the store's path"))
        self.plan_id: int | None = None
        self.skipped: list[dict[str, Any]] = []
        self.submissions: list[Submission] = []

    def add_template(
        self,
        template_name: str,
        model_family: str,
        content: str,
        hardware_type: str | None = None,
        description: str | None = None,
        path: str = "",
    ) -> int:
        """Checks and stores a template; its id.

        One with the same name, family and hardware type gets the next version under its id; unchanged content
        keeps its version.

        Args:
            hardware_type: what the template is for; None: any.
            path: where the content comes from; stands in front of every error's line, and what the template
                includes is looked for beside it before the store.

        Raises:
            TemplateError: the content does not pass the check; nothing is stored.
            UsageError: a bad name.
        """
        template_id, _version, _changed = self.template_db.add_template(
            _arguments.text(template_name, "the template name"),
            _arguments.text(model_family, "the model family"),
            _arguments.text(content, "the template"),
            _arguments.optional_text(hardware_type, "the hardware type"),
            _arguments.optional_text(description, "the description"),
            _arguments.text(path, "the path") if path else "",
        )
        return template_id

    def add_model_mapping(
        self,
        model_name: str,
        model_family: str,
        template_id: int | None = None,
        description: str | None = None,
    ) -> bool:
        """Says which family a model has, replacing what was said before; True.

        Args:
            template_id: the one template to use for this model; None: all that fit its family.

        Raises:
            UsageError: a bad name, or a template_id that is not there.
        """
        self.template_db.add_mapping(
            _arguments.text(model_name, "the model name"),
            _arguments.text(model_family, "the model family"),
            None if template_id is None else _arguments.whole_number(template_id, "template id"),
            _arguments.optional_text(description, "the description"),
        )
        return True

    def get_template_by_id(self, template_id: int) -> dict[str, Any] | None:
        """The template's row with the column names as keys, or None."""
        return self._row(
            f"SELECT {TEMPLATE_COLUMNS} FROM templates WHERE template_id = ? AND removed_at IS NULL",
            _arguments.whole_number(template_id, "template id"),
        )

    def get_mapping_by_model(self, model_name: str) -> dict[str, Any] | None:
        """The model's mapping with the column names as keys, or None."""
        return self._row(
            f"SELECT {MAPPING_COLUMNS} FROM model_mapping WHERE model_name = ? ORDER BY mapping_id DESC LIMIT 1",
            _arguments.text(model_name, "the model name"),
        )

    def list_templates(self) -> list[dict[str, Any]]:
        """Every template's row, by id, with the column names as keys."""
        cursor = self.template_db.execute(
            f"SELECT {TEMPLATE_COLUMNS} FROM templates WHERE removed_at IS NULL ORDER BY template_id", None
        )
        return [_named(cursor, row) for row in cursor.fetchall()]

    def generate_and_submit_tests(
        self,
        model_name: str,
        hardware_types: Iterable[str] | None = None,
        batch_sizes: Iterable[int] | None = None,
    ) -> tuple[bool, list[dict[str, Any]]]:
        """Generates the model's tests, stores their plan, and submits them where there is a coordinator.

        Args:
            hardware_types: None: ``["cpu"]``.
            batch_sizes: None: ``[1, 4]``.

        Returns:
            Whether there are tests and all were submitted, and the tests, each after those it depends on:
            dicts with test_id, model_name, model_family, hardware_type, batch_size, test_content, test_type,
            priority (1 to 10, lower first), requirements (hardware_type, min_memory_gb,
            test_timeout_seconds) and, where there are any, dependencies (test_ids). ``(False, [])`` where no
            template applies; ``skipped`` says why.

        Raises:
            UsageError: a bad name or batch size, or one given twice.
        """
        planned = self.template_db.plan(
            [_arguments.text(model_name, "the model name")],
            _arguments.texts(
                DEFAULT_HARDWARE_TYPES if hardware_types is None else hardware_types, "hardware types"
            ),
            _arguments.batch_sizes(DEFAULT_BATCH_SIZES if batch_sizes is None else batch_sizes),
            f"generated-{hashlib.md5(model_name.encode()).hexdigest()[:8]}",  # a plan of its own for each model
        )
        self.skipped = list(planned["skipped"])
        self.submissions = []
        self.plan_id = planned["plan_id"] if planned["tests"] else None
        if self.plan_id is None:
            reasons = "; ".join(skip["reason"] for skip in self.skipped)
            logger.warning("no tests for %r: %s", model_name, reasons)
            return False, []
        tests = [_as_test(row) for row in self.template_db.tests(self.plan_id, True)]
        if self.coordinator_client is None:
            return True, tests
        self.submissions = submit_tests(tests, self.coordinator_client)
        all_sent = all(submission.sent for submission in self.submissions)
        logger.log(logging.INFO if all_sent else logging.WARNING, "%s", summary(self.submissions))
        return all_sent, tests

    def write_tests(self, folder: str | os.PathLike[str]) -> int:
        """Writes the tests of the last call of generate_and_submit_tests as files; how many there are.

        They stand at ``FOLDER/<model>/test_<template>_<hardware>_b<batch>.py``, listed in manifest.jsonl.

        Raises:
            UsageError: the folder holds something else, or is the current one or a parent of it.
        """
        path = _arguments.text(os.fspath(folder), "the folder")
        return 0 if self.plan_id is None else self.template_db.render(self.plan_id, path)

    def close(self) -> None:
        """Closes the store; closing again does nothing."""
        self.template_db.close()

    def __enter__(self) -> TestGeneratorIntegration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _get_model_family(self, model_name: str) -> str:
        """The model's family from its mapping, else from its name; "unknown" where unsure."""
        return self.template_db.detect(_arguments.text(model_name, "the model name"))["model_family"]

    def _calculate_priority(self, config: Mapping[str, Any]) -> int:
        """1 to 10, lower first: 5, +1 on cpu, -1 on cuda and rocm, +1 for a batch of 1, -1 from 16 on."""
        return self.template_db.priority(config.get("hardware_type") or "", _batch_size_of(config))

    def _estimate_memory_requirement(self, config: Mapping[str, Any]) -> float:
        """GB for a model of this family: 4 for text_generation, 2 vision, 6 multimodal, 3 audio, else 1, times
        batch_size / 4, at least 0.5. What planned tests carry comes from a better origin where there is one."""
        family = config.get("model_family")
        if not family and config.get("model_name"):
            family = self._get_model_family(config["model_name"])
        return self.template_db.prior_memory_gb(family or "unknown", _batch_size_of(config))

    def _row(self, sql: str, key: Any) -> dict[str, Any] | None:
        cursor = self.template_db.execute(sql, [key])
        row = cursor.fetchone()
        return None if row is None else _named(cursor, row)


def _named(cursor: Any, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row)}


def _batch_size_of(config: Mapping[str, Any]) -> int:
    given = config.get("batch_size")
    return 1 if given is None else _arguments.whole_number(given, "batch size")


def _as_test(row: Mapping[str, Any]) -> dict[str, Any]:
    """A planned test as callers of the original interface know it."""
    test = {
        "test_id": row["test_id"],
        "model_name": row["model_name"],
        "model_family": row["model_family"],
        "hardware_type": row["hardware_type"],
        "batch_size": row["batch_size"],
        "test_content": row["content"],
        "test_type": "generated",
        "priority": row["priority"],
        "requirements": {
            "hardware_type": row["hardware_type"],
            "min_memory_gb": row["estimated_memory_gb"],
            "test_timeout_seconds": TEST_TIMEOUT_SECONDS,
        },
    }
    if row["dependencies"]:
        test["dependencies"] = list(row["dependencies"])
    return test
