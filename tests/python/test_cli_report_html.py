"""`testloom report --html` of tests that really ran: what it says, what it writes, what it refuses, and that it leaves
the store as it was. What the page shows is in test_report_browser.py."""

import json
import re

import pytest
from cli_driver import contents, digest

FAILS = """\
def test_${model_family}_${hardware_type}():
    print("looking at ${model_name}")
    assert ${batch_size} < 4, "too many: ${batch_size}"
"""


@pytest.fixture(scope="module")
def ran(fresh_store, bare_python):
    program = fresh_store()
    program.template("passes")
    program.template("fails", FAILS)
    program("plan", "--name", "nightly", "--model", "bert", "--model", "e5-small", "--batch-sizes", "1,4,8")
    program("run", "--python", bare_python, code=1)
    return program


def payload(path):
    (text,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', path.read_text("utf-8"))
    return json.loads(text)


def test_a_report_of_a_real_run(ran):
    before = digest(ran.folder / "testloom.duckdb")
    said = ran("report", "--html", "report.html")
    assert re.fullmatch(r"wrote 'report.html': 12 tests of 1 run, 0\.1 MB\n", said.stdout)
    assert digest(ran.folder / "testloom.duckdb") == before
    data = payload(ran.folder / "report.html")
    (run,) = data["runs"]
    assert run["outcomes"] == {"passed": 8, "skipped": 2, "failed": 2} and run["plan"] == "nightly"
    failing, skipped = data["causes"]
    assert failing["title"] == "AssertionError: too many: N"
    assert "looking at bert" in failing["samples"][0]["output"] and "assert 4 < 4" in failing["samples"][0]["traceback"]
    assert not skipped["is_failure"]
    listed = {test["test_id"][:18] for test in ran.tests().values()}
    length = data["tests"]["id_length"]
    ids = data["tests"]["ids"]
    assert {ids[at : at + length] for at in range(0, len(ids), length)} == listed


def test_the_same_store_gives_the_same_bytes(ran):
    first = ran("report", "--html", "one.html", "--json").object
    ran("report", "--html", "two.html")
    assert first == {"html": "one.html", "tests": 12, "runs": 1, "bytes": (ran.folder / "one.html").stat().st_size}
    assert digest(ran.folder / "one.html") == digest(ran.folder / "two.html")


def test_runs_and_plans_are_chosen(ran):
    ((run_id,),) = ran.query("SELECT run_id FROM runs")
    assert ran("report", "--html", "a.html", "--run", run_id[:15], "--plan", "nightly", "--json").object["tests"] == 12
    assert ran("report", "--html", "b.html", "--run", "x", code=2).stderr == (
        f"testloom: there is no run 'x'\n  the latest are {run_id}; `testloom baseline list` shows those with names\n"
    )
    assert "there is no plan 'weekly'" in ran("report", "--html", "b.html", "--plan", "weekly", code=2).stderr
    assert not (ran.folder / "b.html").exists()


def test_without_outcomes_there_is_no_report(store):
    said = store("report", "--html", "report.html", code=2)
    assert said.stderr == "testloom: no test has run in this store yet\n  `testloom run` runs the latest plan\n"
    assert not (store.folder / "report.html").exists()


@pytest.mark.parametrize(
    "place, why",
    [
        ("no/such/report.html", "No such file or directory"),
        (".", "it is not a regular file"),
        ("/dev/null", "it is not a regular file"),
        ("testloom.duckdb", "it is the store"),
        ("./link", "it is the store"),
    ],
)
def test_a_file_that_cannot_be_written(ran, tmp_path, place, why):
    here = ran.copy(tmp_path)
    (here.folder / "link").symlink_to("testloom.duckdb")
    before = contents(here.folder)
    said = here("report", "--html", place, code=2)
    assert said.stderr.startswith(f"testloom: cannot write '{place}': {why}\n")
    assert contents(here.folder) == before


def test_a_report_needs_to_know_where_to(ran):
    assert "--html" in ran("report", code=2).stderr
