"""`testloom report`: JUnit's XML by its schema, Markdown, GitHub's annotations and Parquet, against hostile texts."""

import re

import duckdb
import pytest
from cli_driver import REPOSITORY
from lxml import etree
from made_runs import make_run, outcome, repeated

A, B, BEFORE = "20260101-000000000-aaa1", "20260101-000000000-aab2", "20260101-000000000-aac0"
SCHEMA = etree.XMLSchema(etree.parse(str(REPOSITORY / "tests" / "report" / "junit.xsd")))
HOSTILE = 'a"><b>&amp;]]>\x1b[31m\x7f\n::error::x|`**\u202e\uffff'
TRACEBACK = """Traceback (most recent call last):
  File "templates/vision.py", line 31, in test_vision
    check(a)
  File "/usr/lib/python3/somewhere.py", line 3, in check
ValueError: no, 100 %
"""


def case(name, hardware="cpu", batch=1):
    return f"{name}/{hardware}/latency[batch_size={batch}]"


def failing(name, word="error", **more):
    more = {"error_type": "ValueError", "error_message": "no, 100 %", "traceback": TRACEBACK, **more}
    return outcome(name, word, output_tail="printed\n", **more)


WORDS = ("passed", "failed", "error", "crashed", "timeout", "oom", "skipped", "implied_oom", "known_failure", "interrupted")


@pytest.fixture
def ran(store):
    outcomes = [outcome(case("bert", batch=number), word, reason=f"so it {word}") for number, word in enumerate(WORDS, 1)]
    outcomes += [failing(case("flaky")), failing(case("flaky"), "failed", attempt=2), outcome(case("flaky"), attempt=3)]
    outcomes += [failing(case("late", "cuda"), "crashed"), failing(case("late", "cuda"), "failed", attempt=2)]
    outcomes += [outcome(case("twice"), duration_s=9), outcome(case("twice"), "oom", repetition=2)]
    make_run(store, A, outcomes)
    return store


def junit(store, *more):
    store("report", "--junit", "junit.xml", *more)
    tree = etree.parse(str(store.folder / "junit.xml"))
    SCHEMA.assertValid(tree)
    for suite in tree.getroot():  # each by itself is a report to Surefire
        SCHEMA.assertValid(etree.ElementTree(suite))
    return tree.getroot()


def parts(case):
    return [each.tag for each in case]


def test_junit_has_every_outcome_in_its_place(ran):
    root = junit(ran)
    assert [suite.get("name") for suite in root] == ["bert/cpu", "flaky/cpu", "late/cuda", "twice/cpu"]
    cases = {each.get("name"): parts(each) for each in root[0].iter("testcase")}
    wanted = {"passed": [], "failed": ["failure"], **{word: ["error"] for word in WORDS[2:6]}}
    wanted |= {word: ["skipped"] for word in WORDS[6:]}
    assert cases == {f"latency[batch_size={number}]": wanted[word] for number, word in enumerate(WORDS, 1)}
    counts = {name: root[0].get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "10", "failures": "1", "errors": "4", "skipped": "4"}
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("14", "2", "5")
    assert root[0].find("testcase[@name='latency[batch_size=7]']/skipped").get("message") == "skipped: so it skipped"


def test_junit_keeps_the_attempts_before(ran):
    root = junit(ran)
    flaky, late = root[1].find("testcase"), root[2].find("testcase")
    assert parts(flaky) == ["flakyFailure", "flakyError"]
    assert flaky.find("flakyError/stackTrace").text == TRACEBACK and flaky.find("flakyError/system-out").text == "printed\n"
    assert parts(late) == ["failure", "rerunError", "system-out"]
    assert late.find("failure").get("type") == "ValueError" and late.find("failure").text == TRACEBACK
    assert flaky.get("time") == "0.750", "of all attempts"
    assert [each.get("name") for each in root[3].iter("testcase")] == ["latency[batch_size=1]", "latency[batch_size=1] (repetition 2)"]


def test_junit_totals_are_those_of_its_suites(ran):
    root = junit(ran)
    for name in ("tests", "failures", "errors"):
        assert int(root.get(name)) == sum(int(suite.get(name)) for suite in root)
    assert all(int(suite.get("tests")) == len(suite.findall("testcase")) for suite in root)


def hostile_run(store):
    texts = {"error_type": HOSTILE, "error_message": HOSTILE, "traceback": HOSTILE, "output_tail": HOSTILE, "reason": HOSTILE}
    make_run(store, A, [outcome(case(HOSTILE, batch=n), word, **texts) for n, word in enumerate(WORDS, 1)])


def test_junit_holds_any_text(store):
    hostile_run(store)
    root = junit(store)
    assert r"\x1b[31m" in root[0].get("name") and '"><b>&amp;]]>' in root[0].get("name")
    assert len(root.findall("testsuite")) == 1 and len(list(root.iter("testcase"))) == len(WORDS)


def test_annotations_cannot_be_forged(store):
    hostile_run(store)
    said = store("report", "--github").stdout
    assert len(said.splitlines()) == 5 and all(line.startswith("::error title=") for line in said.splitlines())
    assert said.isprintable() is False and set(re.findall(r"[\x00-\x09\x0b-\x1f]", said)) == set()


def test_annotations_name_the_template_and_its_line(ran):
    lines = ran("report", "--github").stdout.splitlines()
    late = next(line for line in lines if "late/cuda" in line)
    assert late == (
        "::error file=templates/vision.py,line=31,title=late/cuda/latency[batch_size=1]::failed: ValueError: no, 100 %25"
    )
    flaky = next(line for line in lines if "flaky/cpu" in line)
    assert flaky.startswith("::warning file=templates/vision.py,line=31,title=flaky/cpu") and "attempt 3" in flaky
    assert sum(line.startswith("::error") for line in lines) == 7 and len(lines) == 8


def test_annotations_are_not_without_end(store):
    make_run(store, A, [failing(case(f"model-{number}")) for number in range(60)])
    lines = store("report", "--github").stdout.splitlines()
    assert len(lines) == 51 and lines[-1] == "::notice title=testloom::10 failures more, not shown here"


def test_markdown_is_pinned(ran, golden):
    steady = [1.0, 1.01, 0.99, 1.02, 0.98]
    make_run(ran, BEFORE, repeated(case("slow"), steady))
    slow = repeated(case("slow"), [1.3 * each for each in steady])
    make_run(ran, B, [failing(case("flaky")), outcome(case("new"), duration_s=3), *slow])
    ran("baseline", "set", "release", BEFORE)
    golden("../report/markdown", ran("report", "--markdown", "-", "--baseline", "release").stdout)
    ran("report", "--markdown", "summary.md", "--run", A)
    golden("../report/markdown-first", (ran.folder / "summary.md").read_text())


def test_markdown_holds_any_text(store):
    hostile_run(store)
    said = store("report", "--markdown", "-").stdout
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert all(line.replace(r"\|", "").count("|") in (3, 4) for line in rows), "a cell cannot end"
    assert all("<b>" not in row and "`" not in row and "**" not in row for row in rows)


def test_a_fence_is_longer_than_any_in_the_text(store):
    make_run(store, A, [failing(case("bert"), traceback="```\n<script>\n`````\n")])
    said = store("report", "--markdown", "-").stdout
    assert "\n``````text\n```\n<script>\n`````\n``````\n" in said


def test_parquet_has_what_the_store_has(ran):
    make_run(ran, B, [outcome(case("other"))])
    ran("report", "--parquet", "out/of it", "--run", A)
    for table in ("outcomes", "runs"):
        wanted = ran.query(f"select * from {table} where run_id = '{A}' order by all")
        file = ran.folder / "out" / "of it" / f"{table}.parquet"
        assert duckdb.sql(f"select * from '{file}' order by all").fetchall() == wanted and wanted
    assert {path.name for path in (ran.folder / "out" / "of it").iterdir()} == {"outcomes.parquet", "runs.parquet"}


@pytest.mark.parametrize(
    "line, said",
    [
        ("report", "there is nothing to write"),
        ("report --baseline x --github", "--baseline is for --markdown"),
        ("report --markdown - --baseline x", "there is no baseline 'x'"),
        ("report --junit nowhere/a.xml", "cannot write 'nowhere/a.xml'"),
        ("report --junit junit.xml --run nope", "there is no run 'nope'"),
        ("report --parquet testloom.duckdb", "cannot make 'testloom.duckdb'"),
    ],
)
def test_what_cannot_be_written_is_said(ran, line, said):
    assert said in ran(*line.split(), code=2).stderr
    assert not list(ran.folder.glob("*.tmp")) and not (ran.folder / "junit.xml").exists()


def test_forms_go_together_and_json_says_where_they_lie(ran):
    said = ran("report", "--junit", "a.xml", "--markdown", "b.md", "--parquet", "c", "--json")
    assert said.object == {"run_id": A, "junit": "a.xml", "markdown": "b.md", "parquet": "c"}
    assert ran("report", "--junit", "-").stdout == (ran.folder / "a.xml").read_text()


def test_an_outcome_of_an_older_testloom_is_told_by_its_case(store):
    case_name = "org/a[b]/cuda/latency[batch_size=16,dtype=x]"
    old = {name: None for name in ("model_name", "hardware_type", "template_name", "batch_size", "repetition")}
    make_run(store, A, [dict(outcome(case_name), **old)])
    (suite,) = junit(store)
    assert suite.get("name") == "org/a[b]/cuda"
    assert suite.find("testcase").get("name") == "latency[batch_size=16,dtype=x]"


def test_a_large_run_is_written_whole(store):
    outcomes = [outcome(case(f"model-{n // 100}", batch=n % 100 + 1), "failed" if n % 10 == 0 else "passed") for n in range(30_000)]
    make_run(store, A, outcomes)
    root = junit(store)
    assert len(root) == 300 and root.get("tests") == "30000" and root.get("failures") == "3000"
    assert len({(each.get("classname"), each.get("name")) for each in root.iter("testcase")}) == 30_000
