"""`testloom triage`: rows for a run's failures, on standard output or added to a file, and the document's example."""

import csv
import re

import pytest
from cli_driver import REPOSITORY
from made_runs import make_run, outcome

A, B = "20260101-000000000-aaa1", "20260101-000000000-aab2"
COLUMNS = "case,model_name,hardware_type,template_name,outcome,error,reason,ticket,expires"


def case(model, hardware="cpu", batch=1):
    return f"{model}/{hardware}/latency[batch_size={batch}]"


def error(name, message, **more):
    return outcome(name, "error", error_type="ValueError", error_message=message, **more)


@pytest.fixture
def ran(store):
    outcomes = [error(case(model, "tpu", size), f"no kernel for {size}") for model in ("a", "b, c") for size in (1, 4)]
    outcomes += [outcome(case("a")), outcome(case("a", batch=4), "oom", reason="the kernel ended it"), outcome(case("x"), "skipped")]
    outcomes += [error(case("flaky"), "once"), outcome(case("flaky"), attempt=2)]
    make_run(store, A, outcomes)
    return store


def rows(text):
    return list(csv.DictReader(line for line in text.splitlines(keepends=True) if not line.startswith("#")))


def test_rows_are_proposed_for_failures_alone(ran):
    said = ran("triage", "--from", A).stdout
    assert said == (
        f"{COLUMNS}\n"
        "# 4 tests, such as a/tpu/latency[batch_size=1]\n"
        ",,tpu,latency,error,ValueError: no kernel for *,ValueError: no kernel for 1,,\n"
        "a/cpu/latency[batch_size=4],,,,oom,,the kernel ended it,,\n"
    )
    first, second = ran("triage", "--json").objects
    assert first["hardware_type"] == "tpu" and len(first["cases"]) == 4
    assert (second["case"], second["cases"]) == ("a/cpu/latency[batch_size=4]", ["a/cpu/latency[batch_size=4]"])


def test_rows_are_added_once(ran):
    assert "2 rows added" in ran("triage", "--append", "known.csv").stdout
    text = (ran.folder / "known.csv").read_text()
    assert text == ran("triage").stdout
    assert "0 rows added" in ran("triage", "--append", "known.csv").stdout
    assert (ran.folder / "known.csv").read_text() == text
    make_run(ran, B, [error(case("new"), "other"), error(case("a", "tpu"), "no kernel for 9")])
    ran("triage", "--append", "known.csv")
    grown = (ran.folder / "known.csv").read_text()
    assert grown.startswith(text) and [row["case"] for row in rows(grown)][-1] == case("new")


def test_a_file_of_ones_own_keeps_its_columns_and_comments(ran):
    ran.write("known.csv", "# mine\noutcome,reason,case,hardware_type,template_name,error\noom,big,zzz,,,")
    ran("triage", "--append", "known.csv")
    assert (ran.folder / "known.csv").read_text() == (
        "# mine\noutcome,reason,case,hardware_type,template_name,error\noom,big,zzz,,,\n"
        "# 4 tests, such as a/tpu/latency[batch_size=1]\n"
        "error,ValueError: no kernel for 1,,tpu,latency,ValueError: no kernel for *\n"
        "oom,the kernel ended it,a/cpu/latency[batch_size=4],,,\n"
    )


@pytest.mark.parametrize(
    "text, code, said",
    [
        ("outcome,reason,model_name,hardware_type,template_name,error\n", 6, "the file has no column 'case'"),
        ("outcome,reason\nfale,x\n", 6, "known.csv:2:1: 'fale' is no outcome"),
        (b"outcome,reason,case\n\xff,x,y\n", 6, "known.csv:2:1: this byte is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_added_to_stays_as_it_is(ran, text, code, said):
    path = ran.write("known.csv", text)
    before = path.read_bytes()
    assert said in ran("triage", "--append", "known.csv", code=code).stderr
    assert path.read_bytes() == before


def test_without_failures_nothing_is_proposed(store):
    assert "there is no run" in store("triage", code=2).stderr
    make_run(store, A, [outcome(case("a")), outcome(case("b"), "failed", observed="passed", reason="take known.csv:2 out")])
    said = store("triage")
    assert said.stdout == "" and "nothing failed" in said.stderr and "1 test passed although" in said.stderr


def test_the_file_of_the_document_is_one(ran):
    document = (REPOSITORY / "docs" / "expectations.md").read_text("utf-8")
    text = re.search(r"<!-- file: known.csv -->\n```text\n(.*?)```", document, re.DOTALL)[1]
    ran.write("known.csv", text)
    said = ran("triage", "--append", "known.csv", code=6).stderr
    assert said.startswith("testloom: the file has no column 'case'"), "it was read without a mistake"
