"""The original command line beyond what the document shows: its other flags, and what it says of bad input."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from original_command_line import MODULE, SMALL_TEMPLATE, add_small_template, cli
from stand_in import CoordinatorStandIn, answer


def test_where_no_template_applies_the_reason_is_said(tmp_path):
    add_small_template(tmp_path)
    done = cli(tmp_path, "--generate", "--model", "bert-base-uncased")
    assert done.returncode == 1
    assert done.stdout == "Failed to generate tests\nSkipped: no template for family text_embedding on cpu\n"
    done = cli(tmp_path, "--generate", "--model", "bert-base-uncased", "--json")
    assert done.returncode == 1
    content = json.loads(done.stdout)
    assert (content["success"], content["tests"]) == (False, [])
    assert content["skipped"][0]["reason"] == "no template for family text_embedding on cpu"


def test_json(tmp_path):
    (tmp_path / "small.py").write_text(SMALL_TEMPLATE)
    name = "größe 模型"
    calls = [
        [
            "--add-template",
            "--template-name",
            "small",
            "--model-family",
            "vision",
            "--template-file",
            "small.py",
        ],
        ["--add-mapping", "--model", name, "--model-family", "vision"],
        ["--generate", "--model", name, "--batch-sizes", "2"],
        ["--list-templates"],
    ]
    contents = []
    for call in calls:
        done = cli(tmp_path, *call, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.isascii() and done.stdout.count("\n") == 1
        contents.append(json.loads(done.stdout))
    assert contents[0] == {"success": True, "template_id": 1, "version": 1}
    assert contents[1] == {"success": True, "model_name": name, "model_family": "vision"}
    (test,) = contents[2]["tests"]
    assert (test["model_name"], test["batch_size"], contents[2]["submissions"]) == (name, 2, [])
    assert [row["template_name"] for row in contents[3]["templates"]] == ["small"]


def test_output_dir(tmp_path):
    add_small_template(tmp_path)
    cli(tmp_path, "--add-mapping", "--model", "a/b", "--model-family", "vision")
    done = cli(tmp_path, "--generate", "--model", "a/b", "--output-dir", "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Wrote 2 files to out"
    manifest = [json.loads(line) for line in (tmp_path / "out/manifest.jsonl").read_text().splitlines()]
    assert [entry["case"] for entry in manifest] == [
        "a/b/cpu/small[batch_size=1]",
        "a/b/cpu/small[batch_size=4]",
    ]
    for entry, size in zip(manifest, (1, 4)):
        assert (tmp_path / "out" / entry["path"]).read_text() == (
            f'def test_a():\n    return {{"model": "a/b", "batch_size": {size}}}\n'
        )
    refused = cli(tmp_path, "--generate", "--model", "a/b", "--output-dir", ".")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr and refused.stderr


def test_lines_stay_lines(tmp_path):
    add_small_template(tmp_path)
    name = "a\nTest 9: \x1b[31m"
    done = cli(tmp_path, "--add-mapping", "--model", name, "--model-family", "vision")
    assert done.stdout == "Added mapping for a\\nTest 9: \\x1b[31m to vision\n"
    done = cli(tmp_path, "--generate", "--model", name, "--batch-sizes", "1")
    assert done.stdout == "Generated 1 tests\nTest 1: a\\nTest 9: \\x1b[31m on cpu with batch size 1\n"


def test_submitting_with_a_key(tmp_path):
    add_small_template(tmp_path)
    cli(tmp_path, "--add-mapping", "--model", "m", "--model-family", "vision")
    (tmp_path / "key").write_text("s3cret\n")
    with CoordinatorStandIn() as coordinator:
        done = cli(
            tmp_path,
            "--generate",
            "--model",
            "m",
            "--coordinator-url",
            coordinator.url,
            "--api-key-file",
            "key",
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Submitted 2 of 2 tests"
    assert [request.headers["X-API-Key"] for request in coordinator.requests] == ["s3cret", "s3cret"]


def test_what_was_not_submitted_is_said(tmp_path):
    add_small_template(tmp_path)
    cli(tmp_path, "--add-mapping", "--model", "m", "--model-family", "vision")
    (tmp_path / "key").write_text("s3cret")

    def reply(request, number):
        return (
            answer("500 Oops", b"s3cret is no key") if number == 2 else answer("200 OK", {"task_id": number})
        )

    with CoordinatorStandIn(reply=reply) as coordinator:
        arguments = ["--model", "m", "--batch-sizes", "1,2,4", "--coordinator-url", coordinator.url]
        done = cli(tmp_path, "--generate", *arguments, "--api-key-file", "key")
    assert done.returncode == 1
    assert "s3cret" not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Generated 3 tests"
    assert lines[4] == "Submitted 1 of 3 tests"
    assert re.fullmatch(
        r"Not submitted: test 2 \(\S+\): http://.*an error \(500\): '\*\*\* is no key'; .*", lines[5]
    )
    assert re.fullmatch(
        r"Not submitted: test 3 \(\S+\): not tried: it depends on \S+, which was not sent", lines[6]
    )


BAD_CALLS = {
    "no store": ([], "--template-db"),
    "no action": (["--template-db", "t.duckdb"], "one of the arguments --add-template"),
    "two actions": (["--template-db", "t.duckdb", "--generate", "--list-templates"], "not allowed with"),
    "unknown flag": (["--template-db", "t.duckdb", "--generate", "--modle", "m"], "--modle"),
    "no model": (["--template-db", "t.duckdb", "--generate"], "--model must be given too"),
    "no file": (
        ["--template-db", "t.duckdb", "--add-template"],
        "--template-name and --model-family and --template-",
    ),
    "key without url": (
        ["--template-db", "t.duckdb", "--generate", "--model", "m", "--api-key-file", "k"],
        "--api-key-file is of no use without --coordinator-url",
    ),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_bad_call_exits_with_1(tmp_path, name):
    arguments, said = BAD_CALLS[name]
    done = subprocess.run(
        [sys.executable, "-m", MODULE, *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert said in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_exits_with_0(tmp_path):
    done = cli(tmp_path, "--help")
    assert done.returncode == 0
    for flag in ("--add-template", "--output-dir", "--coordinator-url", "--api-key-file", "--json"):
        assert flag in done.stdout


BAD_TEMPLATE_FILES = {
    "missing": (None, "No such file or directory"),
    "empty": (b"", "bad.py"),
    "not UTF-8": (b"# \n# \xff\n", "bad.py is not UTF-8 (line 2, byte 6)"),
    "NUL bytes": (b"def test_a():\n    pass\0\n", "bad.py"),
    "50 MB": (b"# " + b"x" * 50_000_000, "bad.py is larger than 1048576 bytes"),
    "unknown name": (b"def test_a():\n    return '${modle_name}'\n", "bad.py:2:"),
    "not closed": (b"def test_a():\n    return '${model_name'\n", "bad.py:2:"),
}


@pytest.mark.parametrize("name", BAD_TEMPLATE_FILES)
def test_a_bad_template_file_changes_nothing(tmp_path, name):
    add_small_template(tmp_path)
    before = (tmp_path / "t.duckdb").read_bytes()
    content, said = BAD_TEMPLATE_FILES[name]
    if content is not None:
        (tmp_path / "bad.py").write_bytes(content)
    arguments = ["--template-name", "small", "--model-family", "vision", "--template-file", "bad.py"]
    done = cli(tmp_path, "--add-template", *arguments)
    assert done.returncode == 1
    assert said in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "t.duckdb").read_bytes() == before


BAD_LISTS = [
    ("--batch-sizes", "0"),
    ("--batch-sizes", "-1"),
    ("--batch-sizes", "1e3"),
    ("--batch-sizes", "four"),
    ("--batch-sizes", "9223372036854775808"),
    ("--batch-sizes", "1,4,1"),
    ("--batch-sizes", "1,,4"),
    ("--batch-sizes", "١"),
    ("--hardware", "cpu,cpu"),
    ("--hardware", "cpu,"),
    ("--hardware", "c p u"),
]


@pytest.mark.parametrize(("flag", "value"), BAD_LISTS)
def test_a_bad_list_exits_with_1(tmp_path, flag, value):
    add_small_template(tmp_path)
    done = cli(tmp_path, "--generate", "--model", "m", f"{flag}={value}")
    assert done.returncode == 1
    assert done.stderr and "Traceback" not in done.stderr


def test_names_that_are_not_utf8_exit_with_1(tmp_path):
    arguments = [b"--template-db", b"t.duckdb", b"--generate", b"--model", b"a\xff"]
    done = subprocess.run(
        [sys.executable, "-m", MODULE, *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "the model name is not UTF-8" in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_no_store_exits_with_1(tmp_path):
    (tmp_path / "t.duckdb").write_text("hello")
    done = cli(tmp_path, "--list-templates")
    assert done.returncode == 1
    assert "t.duckdb" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "t.duckdb").read_text() == "hello"
