"""Holds the documents to the program: the README's session and Python block give what stands there, docs/store.md names
every table, view and column, and every link leads to a file. In a document, `<!-- file: NAME -->` before a block names
the file that it is the text of."""

import json
import re
import subprocess
import sys

import pytest
from cli_driver import REPOSITORY
from documents import BLOCK, blocks, code, files, play, section, session, table_rows

import testloom

DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
README = (REPOSITORY / "README.md").read_text("utf-8")
STORE = (REPOSITORY / "docs" / "store.md").read_text("utf-8")

# --- README


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
    assert set(told) == set(found) | {"resume"}  # this run did not go on
    for kind, keys in found.items():  # some stand there only where there is something to say
        assert keys <= told[kind], kind


# --- docs/plans.md

PLANS = (REPOSITORY / "docs" / "plans.md").read_text("utf-8")


def test_the_spec_of_the_document_is_planned(fresh_store):
    store = fresh_store()
    store.template("typed", '#% param dtype: str = "float32"\ndef test_it():\n    return "${dtype}"\n', "vision")
    store("model", "add", "org/vit-a")
    files(PLANS, store.folder)
    (store.folder / "models.csv").write_text("name,model_family\nx/y,vision\n")
    assert store("plan", "--spec", "nightly.toml", "--json").object["tests"] == 18


def test_every_column_of_conditions(fresh_store):
    store = fresh_store()
    store.template("latency", "def test_it():\n    pass\n", "vision")
    store("plan", "--model", "org/vit-a")
    named = set(re.findall(r"`([\w.]+)`", " ".join(row[0] for row in table_rows(section(PLANS, "## Conditions")))))
    said = store("tests", "count", "--by", "none", code=2).stderr
    known = set(said.partition("columns: ")[2].strip().split(", "))
    assert named - {"model.NAME"} == known
