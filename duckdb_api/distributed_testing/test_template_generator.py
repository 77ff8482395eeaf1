"""The tests of the generator's interface: templates, mappings, generated tests and their submission."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testloom import TemplateError, TestGeneratorIntegration, UsageError

TEMPLATE = """\
# Test for ${model_name} on ${hardware_type}
def test_${model_family}_${hardware_type}():
    return {"model_name": "${model_name}", "hardware_type": "${hardware_type}", "batch_size": ${batch_size}}
"""

TEST_KEYS = {
    "test_id",
    "model_name",
    "model_family",
    "hardware_type",
    "batch_size",
    "test_content",
    "test_type",
    "priority",
    "requirements",
}


class Recorder:
    """A coordinator client that keeps what it is given, and fails where it is told to."""

    def __init__(self, failing: dict[int, Any] | None = None) -> None:
        self.tests: list[dict[str, Any]] = []
        self.failing = failing or {}

    def submit_task(self, test: dict[str, Any]) -> Any:
        self.tests.append(test)
        reply = self.failing.get(len(self.tests), {"success": True, "task_id": f"task-{len(self.tests)}"})
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture
def generator(tmp_path: Path):
    with TestGeneratorIntegration(tmp_path / "templates.duckdb") as opened:
        yield opened


@pytest.fixture
def vision(generator: TestGeneratorIntegration) -> TestGeneratorIntegration:
    generator.add_template("vision_template", "vision", TEMPLATE)
    generator.add_model_mapping("my-model", "vision")
    return generator


def run(test: dict[str, Any]) -> dict[str, Any]:
    """The result of a generated test."""
    names: dict[str, Any] = {}
    exec(compile(test["test_content"], "generated", "exec"), names)
    return names[f"test_{test['model_family']}_{test['hardware_type']}"]()


def test_a_store_starts_without_templates(generator):
    assert generator.list_templates() == []
    assert generator.get_template_by_id(1) is None


def test_a_template_is_found_by_its_id(generator):
    assert generator.add_template("a", "vision", TEMPLATE, "cuda", "for GPUs") == 1
    assert generator.add_template("a", "vision", TEMPLATE) == 2
    row = generator.get_template_by_id(1)
    assert list(row) == [
        "template_id",
        "template_name",
        "model_family",
        "hardware_type",
        "content",
        "description",
        "created_at",
        "updated_at",
        "version",
    ]
    assert row["created_at"] == row["updated_at"] and row["created_at"].startswith("20")
    del row["created_at"], row["updated_at"]
    assert row == {
        "template_id": 1,
        "template_name": "a",
        "model_family": "vision",
        "hardware_type": "cuda",
        "content": TEMPLATE,
        "description": "for GPUs",
        "version": 1,
    }
    assert generator.get_template_by_id(2)["hardware_type"] is None
    assert [row["template_id"] for row in generator.list_templates()] == [1, 2]


def test_a_changed_template_is_the_next_version_under_its_id(generator):
    changed = TEMPLATE.replace("Test for", "A test for")
    for content, version in ((TEMPLATE, 1), (TEMPLATE, 1), (changed, 2), (TEMPLATE, 3)):
        assert generator.add_template("a", "vision", content) == 1
        assert generator.get_template_by_id(1)["version"] == version
    history = generator.template_db.execute(
        "SELECT content FROM template_versions WHERE template_id = ? ORDER BY version", [1]
    ).fetchall()
    assert history == [(TEMPLATE,), (changed,), (TEMPLATE,)]


BAD_TEMPLATES = {
    "empty": "",
    "no test": "x = 1\n",
    "unknown name": TEMPLATE.replace("model_name", "modle_name"),
    "not closed": "def test_a():\n    return '${model_name'\n",
}


@pytest.mark.parametrize("name", BAD_TEMPLATES)
def test_a_template_that_does_not_pass_is_not_stored(generator, name):
    with pytest.raises(TemplateError) as caught:
        generator.add_template("a", "vision", BAD_TEMPLATES[name])
    assert isinstance(caught.value, ValueError)
    assert str(caught.value)
    assert generator.list_templates() == []


def test_a_mapping_is_found_by_its_model(generator):
    assert generator.get_mapping_by_model("m") is None
    template_id = generator.add_template("a", "vision", TEMPLATE)
    assert generator.add_model_mapping("m", "audio", description="first") is True
    assert generator.get_mapping_by_model("m") == {
        "mapping_id": 1,
        "model_name": "m",
        "model_family": "audio",
        "template_id": None,
        "description": "first",
    }
    assert generator.add_model_mapping("m", "vision", template_id, "second") is True
    assert generator.get_mapping_by_model("m") == {
        "mapping_id": 1,
        "model_name": "m",
        "model_family": "vision",
        "template_id": template_id,
        "description": "second",
    }
    generator.add_model_mapping("m", "vision")
    assert generator.get_mapping_by_model("m")["template_id"] is None
    with pytest.raises(UsageError):
        generator.add_model_mapping("m", "vision", 99)


@pytest.mark.parametrize(
    ("model_name", "model_family"),
    [
        ("bert-base-uncased", "text_embedding"),
        ("gpt2", "text_generation"),
        ("google/vit-base-patch16-224", "vision"),
        ("openai/whisper-tiny", "audio"),
        ("openai/clip-vit-base-patch32", "multimodal"),
        ("qwertyuiop", "unknown"),
    ],
)
def test_a_family_is_told_by_the_name(generator, model_name, model_family):
    assert generator._get_model_family(model_name) == model_family


def test_a_mapping_is_stronger_than_the_name(generator):
    generator.add_model_mapping("bert-base-uncased", "audio")
    assert generator._get_model_family("bert-base-uncased") == "audio"


def test_generated_tests_say_what_they_are(vision):
    success, tests = vision.generate_and_submit_tests("my-model", ["cpu", "cuda"], [4, 1])
    assert success is True
    assert [(test["hardware_type"], test["batch_size"], test["priority"]) for test in tests] == [
        ("cpu", 1, 7),
        ("cpu", 4, 6),
        ("cuda", 1, 5),
        ("cuda", 4, 4),
    ]
    assert len({test["test_id"] for test in tests}) == 4
    for test in tests:
        assert set(test) - {"dependencies"} == TEST_KEYS
        assert (test["model_name"], test["model_family"], test["test_type"]) == (
            "my-model",
            "vision",
            "generated",
        )
        assert test["requirements"] == {
            "hardware_type": test["hardware_type"],
            "min_memory_gb": 2.0 if test["batch_size"] == 4 else 0.5,
            "test_timeout_seconds": 600,
        }
        assert run(test) == {key: test[key] for key in ("model_name", "hardware_type", "batch_size")}
    assert [test.get("dependencies") for test in tests] == [
        None,
        [tests[0]["test_id"]],
        None,
        [tests[2]["test_id"]],
    ]


def test_without_lists_it_is_cpu_with_batches_of_1_and_4(vision):
    success, tests = vision.generate_and_submit_tests("my-model")
    assert success is True
    assert [(test["hardware_type"], test["batch_size"]) for test in tests] == [("cpu", 1), ("cpu", 4)]


def test_the_same_input_gives_the_same_ids_in_another_store(vision, tmp_path):
    _, tests = vision.generate_and_submit_tests("my-model")
    with TestGeneratorIntegration(str(tmp_path / "other.duckdb")) as other:
        other.add_template("vision_template", "vision", TEMPLATE)
        other.add_model_mapping("my-model", "vision")
        assert other.generate_and_submit_tests("my-model") == (True, tests)


def test_any_model_name_is_rendered_as_it_is(vision):
    name = 'it\'s "quoted" """ ${x} \\ \n\t\x01 größe 模型 😀'
    vision.add_model_mapping(name, "vision")
    success, tests = vision.generate_and_submit_tests(name)
    assert success is True
    assert [run(test)["model_name"] for test in tests] == [name, name]


def test_where_no_template_applies_there_are_no_tests(vision):
    assert vision.generate_and_submit_tests("qwertyuiop") == (False, [])
    assert vision.skipped and all(skip["reason"] for skip in vision.skipped)
    assert vision.plan_id is None
    assert vision.generate_and_submit_tests("my-model")[0] is True
    assert vision.skipped == []


def test_a_template_for_one_hardware_type_goes_before_one_for_all(vision):
    special = TEMPLATE.replace("# Test", "# CUDA test")
    vision.add_template("vision_template", "vision", special, "cuda")
    _, tests = vision.generate_and_submit_tests("my-model", ["cpu", "cuda"], [1])
    assert [test["test_content"].split(" for")[0] for test in tests] == ["# Test", "# CUDA test"]


def test_a_pinned_template_is_the_only_one(vision):
    pinned = vision.add_template("second", "vision", TEMPLATE.replace("# Test", "# Second test"))
    assert len(vision.generate_and_submit_tests("my-model", ["cpu"], [1])[1]) == 2
    vision.add_model_mapping("my-model", "vision", pinned)
    _, tests = vision.generate_and_submit_tests("my-model", ["cpu"], [1])
    assert [test["test_content"].split(" for")[0] for test in tests] == ["# Second test"]


@pytest.mark.parametrize(
    ("config", "priority"),
    [
        ({}, 6),
        ({"batch_size": 4}, 5),
        ({"hardware_type": "cpu", "batch_size": 1}, 7),
        ({"hardware_type": "cpu", "batch_size": 4}, 6),
        ({"hardware_type": "cuda", "batch_size": 16}, 3),
        ({"hardware_type": "rocm", "batch_size": 64}, 3),
        ({"hardware_type": "mps", "batch_size": 15}, 5),
        ({"hardware_type": "tpu", "batch_size": 16, "model_family": "vision"}, 4),
    ],
)
def test_priority(generator, config, priority):
    assert generator._calculate_priority(config) == priority


@pytest.mark.parametrize(
    ("config", "memory_gb"),
    [
        ({}, 0.5),
        ({"batch_size": 4}, 1.0),
        ({"model_family": "text_embedding", "batch_size": 8}, 2.0),
        ({"model_family": "text_generation", "batch_size": 4}, 4.0),
        ({"model_family": "vision", "batch_size": 16}, 8.0),
        ({"model_family": "multimodal", "batch_size": 2}, 3.0),
        ({"model_family": "audio", "batch_size": 1}, 0.75),
        ({"model_family": "vision", "batch_size": 1}, 0.5),
        ({"model_name": "bert-base-uncased", "batch_size": 64}, 16.0),
    ],
)
def test_memory_estimate(generator, config, memory_gb):
    assert generator._estimate_memory_requirement(config) == memory_gb


@pytest.mark.parametrize(
    ("hardware_types", "batch_sizes"),
    [
        (["cpu"], [0]),
        (["cpu"], [-1]),
        (["cpu"], ["four"]),
        (["cpu"], [True]),
        (["cpu"], [1.5]),
        (["cpu"], [None]),
        (["cpu"], [2**63]),
        (["cpu"], [1, 4, 1]),
        (["cpu"], []),
        (["cpu"], "14"),
        (["cpu"], 4),
        (["cpu", "cpu"], [1]),
        ([], [1]),
        ("cpu", [1]),
        (["c p u"], [1]),
        ([""], [1]),
        ([None], [1]),
    ],
)
def test_bad_lists_are_refused(vision, hardware_types, batch_sizes):
    with pytest.raises(UsageError) as caught:
        vision.generate_and_submit_tests("my-model", hardware_types, batch_sizes)
    assert isinstance(caught.value, ValueError)
    assert vision.template_db.execute("SELECT count(*) FROM plans", None).fetchone() == (0,)


@pytest.mark.parametrize(
    "model_name",
    ["", "x" * 4097, "a\0b", "\udcff", None, 4],
    ids=["empty", "longer than 4 KB", "U+0000", "not UTF-8", "None", "a number"],
)
def test_bad_model_names_are_refused(vision, model_name):
    with pytest.raises(UsageError):
        vision.generate_and_submit_tests(model_name)
    with pytest.raises(UsageError):
        vision.add_model_mapping(model_name, "vision")


def test_tests_are_submitted_after_what_they_need(tmp_path):
    client = Recorder()
    with TestGeneratorIntegration(tmp_path / "t.duckdb", coordinator_client=client) as generator:
        generator.add_template("t", "vision", TEMPLATE)
        generator.add_model_mapping("m", "vision")
        success, tests = generator.generate_and_submit_tests("m", ["cpu", "cuda"], [4, 1, 16])
        assert success is True
        assert client.tests == tests
        assert [(each.sent, each.task_id) for each in generator.submissions] == [
            (True, f"task-{number}") for number in range(1, 7)
        ]
    seen: set[str] = set()
    for test in client.tests:
        assert seen.issuperset(test.get("dependencies", []))
        seen.add(test["test_id"])


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ({"success": False, "error": "queue full"}, "queue full"),
        ({"success": False}, "no reason was given"),
        ({"error": "queue full"}, "queue full"),
        (False, "the coordinator client returned False"),
        (OSError("no route"), "OSError: no route"),
    ],
)
def test_what_was_not_submitted_is_said(tmp_path, caplog, failure, reason):
    client = Recorder({2: failure})
    with TestGeneratorIntegration(tmp_path / "t.duckdb", coordinator_client=client) as generator:
        generator.add_template("t", "vision", TEMPLATE)
        generator.add_model_mapping("m", "vision")
        success, tests = generator.generate_and_submit_tests("m", ["cpu", "cuda"], [1, 4, 16])
        assert success is False
        assert len(tests) == 6
        assert [each.sent for each in generator.submissions] == [True, False, False, True, True, True]
        assert generator.submissions[1].error == reason
        assert "it depends on " + tests[1]["test_id"] in generator.submissions[2].error
    assert f"submitted 4 of 6 tests; test {tests[1]['test_id']} was not sent: {reason}" in caplog.text


def test_after_three_failures_in_a_row_the_rest_is_not_tried(tmp_path):
    client = Recorder({number: {"success": False, "error": "down"} for number in range(1, 9)})
    with TestGeneratorIntegration(tmp_path / "t.duckdb", coordinator_client=client) as generator:
        generator.add_template("t", "vision", TEMPLATE)
        generator.add_model_mapping("m", "vision")
        success, tests = generator.generate_and_submit_tests("m", ["cpu", "cuda", "rocm", "mps"], [1])
    assert (success, len(tests), len(client.tests)) == (False, 4, 3)
    assert generator.submissions[3].error == "not tried after 3 failures in a row"


@pytest.mark.parametrize("reply", [None, "task-7", {"task_id": 7}, {"success": True}, {}])
def test_any_other_reply_means_submitted(tmp_path, reply):
    with TestGeneratorIntegration(
        tmp_path / "t.duckdb", coordinator_client=Recorder({1: reply})
    ) as generator:
        generator.add_template("t", "vision", TEMPLATE)
        generator.add_model_mapping("m", "vision")
        assert generator.generate_and_submit_tests("m", ["cpu"], [1])[0] is True


def test_a_store_keeps_what_it_was_given(tmp_path):
    path = tmp_path / "t.duckdb"
    generator = TestGeneratorIntegration(path)
    generator.add_template("t", "vision", TEMPLATE)
    generator.close()
    generator.close()
    with TestGeneratorIntegration(path) as again:
        assert again.get_template_by_id(1)["content"] == TEMPLATE


def test_the_open_store_answers_sql(vision):
    cursor = vision.template_db.execute(
        "SELECT model_name, 1.5::DOUBLE, NULL FROM model_mapping WHERE mapping_id = ?", [1]
    )
    assert cursor.fetchone() == ("my-model", 1.5, None)
    assert cursor.fetchone() is None
    assert vision.template_db.execute("SELECT 1 UNION ALL SELECT 2", None).fetchall() == [(1,), (2,)]
    assert vision.template_db.execute("SELECT 3").fetchall() == [(3,)]


def test_tests_are_written_as_files(vision, tmp_path):
    _, tests = vision.generate_and_submit_tests("my-model")
    assert vision.write_tests(tmp_path / "out") == 2
    written = sorted((tmp_path / "out").rglob("test_*.py"))
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        "my-model/test_vision_template_cpu_b1.py",
        "my-model/test_vision_template_cpu_b4.py",
    ]
    assert [path.read_text() for path in written] == [test["test_content"] for test in tests]
