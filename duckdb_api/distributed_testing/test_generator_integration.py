"""The original name of testloom's generator, and its command line.

    python -m duckdb_api.distributed_testing.test_generator_integration --template-db FILE …

Exit codes: 0 done, 1 anything else.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from testloom import CoordinatorClient, Error, TestGeneratorIntegration, UsageError

__all__ = ["TestGeneratorIntegration", "main"]

LARGEST_TEMPLATE_BYTES = 1 << 20
LARGEST_KEY_FILE_BYTES = 1 << 16

EXAMPLES = """\
examples:
  --template-db t.duckdb --add-template --template-name T --model-family vision --template-file vision.py
  --template-db t.duckdb --add-mapping --model my-model --model-family vision
  --template-db t.duckdb --generate --model my-model --hardware cpu,cuda --batch-sizes 1,4 --output-dir tests
  --template-db t.duckdb --list-templates
"""


class Parser(argparse.ArgumentParser):
    """Exits with 1 where argparse would exit with 2."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m duckdb_api.distributed_testing.test_generator_integration",
        description="Tests from templates that are stored in a DuckDB file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--template-db", required=True, metavar="FILE", help="the store; made where there is none"
    )
    actions = parser.add_mutually_exclusive_group(required=True)
    for flag, run, text in (
        ("--add-template", add_template, "store a template"),
        ("--add-mapping", add_mapping, "say which family a model has"),
        ("--generate", generate, "generate a model's tests"),
        ("--list-templates", list_templates, "list the stored templates"),
    ):
        actions.add_argument(flag, dest="action", action="store_const", const=run, help=text)
    parser.add_argument("--template-name", metavar="NAME", help="the template's name")
    parser.add_argument("--model-family", metavar="FAMILY", help="such as text_embedding or vision")
    parser.add_argument("--template-file", metavar="FILE", help="the template's text")
    parser.add_argument("--description", metavar="TEXT", help="of the template or the mapping")
    parser.add_argument("--model", metavar="NAME", help="the model's name")
    parser.add_argument(
        "--hardware",
        metavar="LIST",
        help="hardware types, such as cpu,cuda; of a template, the one it is for",
    )
    parser.add_argument("--batch-sizes", metavar="LIST", help="such as 1,4")
    parser.add_argument("--output-dir", metavar="DIR", help="also write the tests as files there")
    parser.add_argument("--coordinator-url", metavar="URL", help="also submit the tests there")
    parser.add_argument("--api-key-file", metavar="FILE", help="holds the coordinator's key")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


class Output:
    """Prints lines for people, or one JSON object at the end."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def line(self, text: str) -> None:
        if not self.as_json:
            print(text)

    def result(self, content: dict[str, Any]) -> None:
        if self.as_json:
            print(json.dumps(content))


def shown(text: str) -> str:
    """The text on one line: unprintable characters as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def required(options: argparse.Namespace, *names: str) -> None:
    missing = [f"--{name.replace('_', '-')}" for name in names if getattr(options, name) is None]
    if missing:
        raise UsageError(f"{' and '.join(missing)} must be given too")


def read_text(path: str, limit: int, what: str) -> str:
    """A small file's text; raises UsageError that names the file and what is wrong with it."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"cannot read {what} {shown(path)}: {error.strerror}") from None
    if len(content) > limit:
        raise UsageError(f"{what} {shown(path)} is larger than {limit} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{what} {shown(path)} is not UTF-8 (line {line}, byte {error.start + 1})") from None


def list_of(text: str) -> list[str]:
    return [item.strip() for item in text.split(",")]


def batch_sizes_of(text: str) -> list[int]:
    for item in list_of(text):
        if not re.fullmatch(r"[+-]?[0-9]{1,1000}", item, re.ASCII):
            raise UsageError(
                f"batch size '{shown(item[:80])}' is not a whole number; write it in digits, such as 1,4"
            )
    return [int(item) for item in list_of(text)]


def coordinator_of(options: argparse.Namespace) -> CoordinatorClient | None:
    if options.coordinator_url is None:
        if options.api_key_file is not None:
            raise UsageError("--api-key-file is of no use without --coordinator-url")
        return None
    key = None
    if options.api_key_file is not None:
        key = read_text(options.api_key_file, LARGEST_KEY_FILE_BYTES, "the key file").strip()
        if not key:
            raise UsageError(f"the key file {shown(options.api_key_file)} is empty")
    return CoordinatorClient(options.coordinator_url, key)


def add_template(options: argparse.Namespace, out: Output) -> bool:
    required(options, "template_name", "model_family", "template_file")
    content = read_text(options.template_file, LARGEST_TEMPLATE_BYTES, "the template file")
    with TestGeneratorIntegration(options.template_db) as generator:
        template_id = generator.add_template(
            options.template_name,
            options.model_family,
            content,
            options.hardware,
            options.description,
            shown(options.template_file),
        )
        version = (generator.get_template_by_id(template_id) or {}).get("version")
    out.line(f"Added template with ID {template_id}")
    out.result({"success": True, "template_id": template_id, "version": version})
    return True


def add_mapping(options: argparse.Namespace, out: Output) -> bool:
    required(options, "model", "model_family")
    with TestGeneratorIntegration(options.template_db) as generator:
        generator.add_model_mapping(options.model, options.model_family, description=options.description)
    out.line(f"Added mapping for {shown(options.model)} to {options.model_family}")
    out.result({"success": True, "model_name": options.model, "model_family": options.model_family})
    return True


def generate(options: argparse.Namespace, out: Output) -> bool:
    required(options, "model")
    hardware_types = None if options.hardware is None else list_of(options.hardware)
    batch_sizes = None if options.batch_sizes is None else batch_sizes_of(options.batch_sizes)
    client = coordinator_of(options)
    with TestGeneratorIntegration(options.template_db, coordinator_client=client) as generator:
        success, tests = generator.generate_and_submit_tests(options.model, hardware_types, batch_sizes)
        files = None
        if options.output_dir is not None and tests:
            files = generator.write_tests(options.output_dir)
    out.line(f"Generated {len(tests)} tests" if tests else "Failed to generate tests")
    for number, test in enumerate(tests, start=1):
        model, hardware_type, batch_size = test["model_name"], test["hardware_type"], test["batch_size"]
        out.line(f"Test {number}: {shown(model)} on {hardware_type} with batch size {batch_size}")
    for skip in generator.skipped:
        out.line(f"Skipped: {shown(skip['reason'])}")
    if files is not None:
        out.line(f"Wrote {files} files to {shown(options.output_dir)}")
    if generator.submissions:
        sent = sum(submission.sent for submission in generator.submissions)
        out.line(f"Submitted {sent} of {len(tests)} tests")
    for number, submission in enumerate(generator.submissions, start=1):
        if not submission.sent:
            out.line(f"Not submitted: test {number} ({submission.test_id}): {shown(submission.error or '')}")
    out.result(
        {
            "success": success,
            "tests": tests,
            "skipped": generator.skipped,
            "submissions": [asdict(submission) for submission in generator.submissions],
        }
    )
    return success


def list_templates(options: argparse.Namespace, out: Output) -> bool:
    with TestGeneratorIntegration(options.template_db) as generator:
        templates = generator.list_templates()
    out.line(f"Found {len(templates)} templates:")
    for row in templates:
        name, family, hardware_type = row["template_name"], row["model_family"], row["hardware_type"] or "any"
        out.line(
            f"ID: {row['template_id']}, Name: {shown(name)}, Family: {family}, Hardware: {hardware_type}"
        )
    out.result({"success": True, "templates": templates})
    return True


def run(action: Callable[[argparse.Namespace, Output], bool], options: argparse.Namespace) -> int:
    out = Output(options.json)
    try:
        return 0 if action(options, out) else 1
    except Error as error:
        out.result({"success": False, "error": str(error)})
        if not options.json:
            print(error, file=sys.stderr)
        return 1


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = make_parser().parse_args(arguments)
    try:
        code = run(options.action, options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read the output has left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
