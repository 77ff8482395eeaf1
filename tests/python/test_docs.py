"""Holds the documents to the program: the README's session and Python block give what stands there, every example of
docs/template-language.md renders or is refused as it says, docs/store.md names every table, view and column, and every
link leads to a file.

In a document, `<!-- file: NAME -->` before a block names the file that it is the text of, `<!-- values: … -->` the
values that a template is rendered with, and `<!-- error: NAME -->` a template that is refused."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_driver import OURS, REPOSITORY

import testloom

DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
README = (REPOSITORY / "README.md").read_text("utf-8")
LANGUAGE = (REPOSITORY / "docs" / "template-language.md").read_text("utf-8")
STORE = (REPOSITORY / "docs" / "store.md").read_text("utf-8")

BLOCK = re.compile(r"(?:^<!-- (\w+): ([^\n]*) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEST = "\n\ndef test_it():\n    pass\n"


class Block:
    """A fenced block: its language, its text, and the mark before it."""

    def __init__(self, match):
        self.mark, self.argument, self.language, self.text = match.groups()


def blocks(text):
    return [Block(match) for match in BLOCK.finditer(text)]


def section(text, title):
    """The text below a heading, up to the next one of its level."""
    level = title.split(" ")[0]
    found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^{level} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {title!r}"
    return found[1]


def table_rows(text):
    """The cells of the tables' rows, without the blanks around them and without the rows of titles."""
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in text.splitlines() if line.startswith("|")]
    rules = [at for at, row in enumerate(rows) if set("".join(row)) == {"-"}]
    titles = {at - 1 for at in rules}
    return [row for at, row in enumerate(rows) if at not in titles and at not in rules]


def code(cell):
    """The text of a cell that is code."""
    assert cell.startswith("`") and cell.endswith("`"), f"{cell!r} is not code"
    return cell[1:-1]


def files(text, folder):
    for block in blocks(text):
        if block.mark == "file":
            (folder / block.argument).write_text(block.text, "utf-8")


def environment():
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    program = Path(os.environ.get("TESTLOOM") or REPOSITORY / ".venv" / "bin" / "testloom")
    return {**kept, "PATH": os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), kept["PATH"]])}


# --- README


def session(text):
    """The commands of the console blocks and what stands below each."""
    lines = "".join(block.text for block in blocks(text) if block.language == "console")
    parts = re.split(r"^\$ (.*)\n", lines, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2]))


def play(commands, folder):
    """What each command says when all go through one shell in that folder."""
    mark = "@@ end of one command @@\n"
    script = "exec 2>&1\n" + "".join(f"{command}\nprintf '%s' '{mark}'\n" for command in commands)
    played = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )
    return played.stdout.split(mark)[:-1]


def without_figures(text):
    """The text with its lines of outcomes bare of times, measured memory and throughput."""
    figure = r"\b\d[\d.]*(e[+-]\d+)?( m \d\d s| ms| s| MB| GB|/s)\b"
    outcomes = r"^(passed .*|\d+ passed.* in .*)$"
    return re.sub(outcomes, lambda line: re.sub(figure, "N", line[0]), text, flags=re.MULTILINE)


def test_readme_session(tmp_path):
    files(README, tmp_path)
    expected = session(README)
    said = play([command for command, _ in expected], tmp_path)
    played = [(command, without_figures(text)) for (command, _), text in zip(expected, said)]
    assert played == [(command, without_figures(text)) for command, text in expected]


def test_readme_python(tmp_path):
    unmarked = [block for block in blocks(README) if block.mark is None]
    (program,) = (block.text for block in unmarked if block.language == "python")
    (printed,) = (block.text for block in unmarked if block.language == "text")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", printed)


# --- every document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document):
    text = re.sub(BLOCK, "", document.read_text("utf-8"))
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing == []


def test_files_that_the_architecture_names():
    text = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`((?:src|include|python|duckdb_api|scripts|cmake|tests|templates)/[^`\s]*)`", text)
    assert named and [path for path in named if not (REPOSITORY / path).exists()] == []


# --- docs/template-language.md


def names():
    rows = table_rows(section(LANGUAGE, "## Names"))
    return {code(name): (kind, ast.literal_eval(code(value))) for name, kind, _, value in rows}


def example_values():
    return {name: value for name, (_, value) in names().items()}


def refusal(content, path="<template>", values=None):
    """The error of a template, rendered when values are given."""
    with pytest.raises(testloom.TemplateError) as caught:
        testloom.render_template(content, values or {}, path)
    return caught.value


def test_names_are_all_there():
    (hint,) = [found["hint"] for found in refusal("zebra = '${zebra}'" + TEST).diagnostics]
    assert hint == "known names: " + ", ".join(names())
    for name, (kind, value) in names().items():
        assert kind == {str: "text", int: "integer"}[type(value)]
        with pytest.raises(testloom.UsageError, match="must be"):
            testloom.render_template(f"x = ${{{name}}}" + TEST, {name: "text" if kind == "integer" else 1})


def placement(template):
    return testloom.render_template(template + TEST, example_values()).removesuffix(TEST)


def test_places():
    rows = table_rows(section(LANGUAGE, "## Where a placeholder may stand"))
    told = [(code(template), code(becomes)) for _, template, becomes in rows]
    assert told == [(template, placement(template)) for template, _ in told]
    for _, becomes in told:
        ast.parse(becomes)


def test_whole_example():
    template, becomes = blocks(section(LANGUAGE, "## Where a placeholder may stand"))
    values = ast.literal_eval("{" + re.sub(r"(\w+)=", r"'\1': ", template.argument) + "}")
    assert template.mark == "values"
    assert testloom.render_template(template.text, values) == becomes.text


def mistake(template):
    (found,) = refusal(template).diagnostics
    return found["message"], found["hint"]


def test_refusals():
    for heading, addition in ("## What is refused", TEST), ("### The test function", ""):
        rows = table_rows(section(LANGUAGE, heading).partition("### ")[0])
        told = [(code(template), code(message), hint and code(hint)) for template, message, hint in rows]
        assert told == [(template, *mistake(template + addition)) for template, _, _ in told]


def test_refused_examples():
    found = blocks(section(LANGUAGE, "## What is refused"))
    pairs = list(zip(found[::2], found[1::2]))
    assert len(pairs) == 2
    for template, shown in pairs:
        assert template.mark == "error"
        assert str(refusal(template.text, template.argument, example_values())) + "\n" == shown.text


# --- docs/store.md


def documented_columns():
    """(table, column, type, whether its meaning speaks of NULL), in the document's order."""
    text = section(STORE, "## Tables") + section(STORE, "## The view")
    tables = re.split(r"^### `(\w+)`.*\n", text, flags=re.MULTILINE)
    for table, rows in zip(tables[1::2], tables[2::2]):
        for column, kind, meaning in table_rows(rows):
            yield table, code(column), kind, "NULL" in meaning


def test_every_table_and_column(tmp_path):
    store = testloom.Store(str(tmp_path / "new.duckdb"))
    rows = store.execute(
        "SELECT table_name, column_name, data_type, is_nullable, table_name = 'tests' FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND NOT internal ORDER BY table_name, column_index"
    ).fetchall()
    in_store = {(table, column, kind, nullable and not is_view) for table, column, kind, nullable, is_view in rows}
    in_document = list(documented_columns())
    assert set(in_document) == in_store
    assert len(in_document) == len(rows)
    order = [(table, column) for table, column, *_ in rows]
    assert sorted(in_document, key=lambda row: row[0]) == [
        row for place in order for row in in_document if row[:2] == place
    ]


def test_store_queries(tmp_path):
    store = testloom.Store(str(tmp_path / "new.duckdb"))
    queries = [block.text for block in blocks(STORE) if block.language == "sql"]
    assert queries
    for query in queries:
        store.execute(query)


FAILS = """\
def test_it():
    print("before the end")
    raise ValueError("${model_name}")
"""
PASSES = """\
def test_it():
    return {"success": True}
"""


def test_every_key_of_the_journal(store, bare_python):
    store.template("fails", FAILS, "vision")
    store.template("passes", PASSES, "vision")
    store("model", "add", "eye", "--family=vision")
    store("plan", "--model=eye", "--hardware=cpu,npu", "--batch-sizes=1")
    store("run", f"--python={bare_python}", code=1)
    (journal,) = (store.folder / "testloom.duckdb.runs").iterdir()
    found = {}
    for line in journal.read_text("ascii").splitlines():
        entry = json.loads(line)
        found.setdefault(entry["type"], set()).update(entry)
    kinds = re.split(r"^### `(\w+)`.*\n", section(STORE, "## The journal"), flags=re.MULTILINE)
    told = {kind: {code(row[0]) for row in table_rows(text)} for kind, text in zip(kinds[1::2], kinds[2::2])}
    assert told == found
