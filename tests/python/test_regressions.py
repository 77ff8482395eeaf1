"""Bugs that were found and mended, each with what showed it."""

import os
import subprocess
import sys

import duckdb
import pytest
import testloom
from cli_driver import PASSES
from testloom import TestGeneratorIntegration


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-"])
def test_a_closed_standard_descriptor_does_not_end_up_in_the_store(store, closed):
    store.write("good.py", PASSES)
    call = " ".join(store.command("template", "add", "good.py", "--family", "mine")) + " " + closed
    subprocess.run(["sh", "-c", call], cwd=store.folder, env=store.environment(), check=True, capture_output=True)
    assert store("template", "list", "--json").object["model_family"] == "mine"


@pytest.mark.parametrize("folder", ["type=nightly", "outcome=x", "a [b] 'c'"])
def test_outcomes_come_into_the_store_whatever_its_folder_is_called(testloom, bare_python, folder):
    (testloom.folder / folder).mkdir()
    name = f"{folder}/s.duckdb"
    testloom.write("good.py", PASSES)
    testloom("init", "--no-templates", "--store", name)
    testloom("template", "add", "good.py", "--family", "vision", "--store", name)
    testloom("plan", "--model", "vit", "--batch-sizes", "1", "--store", name)
    testloom("run", "--python", bare_python, "--store", name)
    assert testloom("tests", "list", "--json", "--store", name).object["last_outcome"] == "passed"


def test_a_relative_python_is_found_from_a_tests_own_folder(store, bare_python):
    os.symlink(bare_python, store.folder / "py3")
    store.write("good.py", PASSES)
    store("template", "add", "good.py", "--family", "vision")
    store("plan", "--model", "vit", "--batch-sizes", "1")
    assert "1 passed" in store("run", "--python", "./py3").stdout


@pytest.mark.parametrize("bad", [["--location", ""], ["--location", b"\xff"], ["--description", b"\xff"]])
def test_a_refused_model_leaves_no_mapping(store, bad):
    store("model", "add", "net", "--family", "vision", *bad, code=2)
    assert store("model", "list", "--json").objects == []


@pytest.mark.parametrize("arguments", [["--json", "plan", "--model"], ["--json", "--store"], ["plan", "--nonsense", "--json"]])
def test_a_line_that_cannot_be_parsed_still_answers_in_json(testloom, arguments):
    assert testloom(*arguments, code=2).object["error"]["kind"] == "usage"


def test_files_of_the_users_own_stay_in_a_rendered_folder(store):
    store.write("good.py", PASSES)
    store("template", "add", "good.py", "--family", "vision")
    store("plan", "--model", "vit", "--batch-sizes", "1,2")
    store("tests", "render", "--out", "out")
    own = store.folder / "out" / "mine" / "keep.py"
    own.parent.mkdir()
    own.write_text("# mine\n")
    store("plan", "--model", "vit", "--batch-sizes", "1", "--yes")
    store("tests", "render", "--out", "out")
    assert own.exists()
    assert [path.name for path in (store.folder / "out" / "vit").iterdir()] == ["test_good_cpu_b1.py"]


def test_a_test_that_writes_its_own_answer_ends_no_run(store, bare_python):
    body = """\
import os, sys
def test_it():
    with open("../result.json", "w") as file:
        file.write(${text})
    os._exit(0)
"""
    answers = ['{"outcome": "passed"}', '{"outcome": "splendid", "result": null, "error": null}', "[1]", "{"]
    for number, answer in enumerate(answers):
        store.write(f"t{number}.py", body.replace("${text}", repr(answer)))
        store("template", "add", f"t{number}.py", "--family", "vision")
    store("plan", "--model", "vit", "--batch-sizes", "1")
    store("run", "--python", bare_python, code=1)
    outcomes = [test["last_outcome"] for test in store("tests", "list", "--json").objects]
    assert outcomes == ["crashed"] * len(answers)


def test_a_value_that_cannot_stand_in_its_place_is_one_tests_error(store, bare_python):
    store.write("attribute.py", "import types\ndef test_it():\n    return {'kind': str(types.${model_name})}\n")
    store("template", "add", "attribute.py", "--family", "vision")
    for name in ("b-c", "MethodType"):
        store("model", "add", name, "--family", "vision")
    store("plan", "--model", "b-c", "--model", "MethodType", "--batch-sizes", "1")
    store("run", "--python", bare_python, code=1)
    tests = store("tests", "list", "--json").objects
    assert {test["model_name"]: test["last_outcome"] for test in tests} == {"b-c": "error", "MethodType": "passed"}


def test_two_stores_of_one_relative_name_are_two(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "a")
    first = TestGeneratorIntegration("new.duckdb")
    again = TestGeneratorIntegration("new.duckdb")
    monkeypatch.chdir(tmp_path / "b")
    other = TestGeneratorIntegration("new.duckdb")
    first.add_model_mapping("net", "vision")
    assert again.get_mapping_by_model("net")["model_family"] == "vision"
    assert other.get_mapping_by_model("net") is None
    for generator in (first, again, other):
        generator.close()


def test_a_store_does_not_survive_a_fork(tmp_path):
    program = """
import os, sys, testloom
store = testloom.Store(sys.argv[1])
child = os.fork()
if child == 0:
    try:
        store.add_mapping("net", "vision")
    except testloom.UsageError as error:
        os._exit(0 if "another process" in str(error) else 1)
    os._exit(2)
assert os.waitpid(child, 0)[1] == 0
store.add_mapping("other", "vision")
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "s.duckdb")], check=True, timeout=60)


def test_large_numbers_and_fractions_come_out_of_execute_as_they_are(tmp_path):
    store = testloom.Store(str(tmp_path / "s.duckdb"))
    assert store.execute("SELECT 1.5, sum(i) FROM range(5) t(i)").fetchone() == (1.5, 10)
    with pytest.raises(testloom.StoreError, match="64 bits"):
        store.execute("SELECT 9223372036854775807::HUGEINT * 2")
    with pytest.raises(testloom.UsageError, match="of type list"):
        store.execute("SELECT ?", [[1, 2]])
    store.close()


def test_tests_of_several_models_do_not_push_each_other_out(tmp_path):
    with TestGeneratorIntegration(str(tmp_path / "s.duckdb")) as generator:
        generator.add_template("echo", "text_embedding", PASSES)
        for _ in range(3):
            for model in ("bert-a", "bert-b"):
                assert generator.generate_and_submit_tests(model)[0]
        assert generator.template_db.execute("SELECT count(*) FROM plans").fetchone() == (2,)


def test_an_original_store_that_cannot_be_upgraded_is_left_alone(testloom):
    path = testloom.folder / "testloom.duckdb"
    old = duckdb.connect(str(path))
    old.execute(
        "CREATE TABLE templates (template_id INTEGER PRIMARY KEY, template_name VARCHAR, model_family VARCHAR, "
        "hardware_type VARCHAR, content VARCHAR, description VARCHAR, created_at VARCHAR, updated_at VARCHAR, "
        "version INTEGER)"
    )
    old.execute(
        "CREATE TABLE model_mapping (mapping_id INTEGER PRIMARY KEY, model_name VARCHAR, model_family VARCHAR, "
        "template_id INTEGER, description VARCHAR)"
    )
    old.execute("INSERT INTO templates VALUES (1, 'a', NULL, NULL, 'x', NULL, NULL, NULL, 1)")
    old.close()
    said = testloom("template", "list", code=4)
    assert "cannot upgrade" in said.stderr
    assert [found.name for found in testloom.folder.iterdir()] == ["testloom.duckdb"]
    assert duckdb.connect(str(path), read_only=True).execute("SELECT count(*) FROM templates").fetchone() == (1,)


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("#% for n in range(1000001)\n#% endfor", (2, 13)),
        ("#% for n in range(1000000)\n#% for m in range(10)\n#% endfor\n#% endfor", (3, 8)),
        ("${'a' * 9000000}${'b' * 9000000}", (2, 19)),
        ("#% for a, b in [(1, 2), (1, 2, 3)]\n#% endfor", (2, 8)),
    ],
)
def test_what_cannot_be_rendered_is_shown_where_it_is_and_not_where_something_was_worked_out_before(statement, place):
    with pytest.raises(testloom.TemplateError) as caught:
        testloom.render_template("#% set size = str(batch_size)\n" + statement, {"batch_size": 4}, output="text")
    (found,) = caught.value.diagnostics
    assert (found["line"], found["column"]) == place


def test_identifier_gives_the_name_that_a_value_becomes_where_something_is_named_after_it():
    text = "class ${task}: pass\ndef test_it(): return ${identifier(task)}, torch.${identifier(task)}\n"
    first, second = testloom.render_template(text, {"task": "7b-chat"}).splitlines()
    name = first.removeprefix("class ").removesuffix(": pass")
    assert second == f"def test_it(): return {name}, torch.{name}"


def test_a_statement_that_is_never_ended_is_one_mistake():
    with pytest.raises(testloom.TemplateError) as caught:
        testloom.check_template("#% if batch_size\ndef test_it():\n    pass\n")
    assert [found["message"] for found in caught.value.diagnostics] == ["'#% if' is never ended"]
