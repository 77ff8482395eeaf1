"""Secrets of the environment, which tests print, raise, return and write, are in nothing that a run stores or shows."""

import json

import pytest

TOKEN, KEY = "hf_AbCdEfGhIjKlMnOp", 'pass "word" \\ 12345678'
TEXT = """\
def test_it():
    import os
    token, key = os.environ["HF_TOKEN"], os.environ["DEVICE_API_KEY"]
    what = "${model_name}"
    if what == "prints":
        print("the token is", token, "and the key", key)
        assert False
    if what == "prints-much":
        for part in range(16):
            print("." * 65536 + token)
        assert False
    if what == "raises":
        raise ValueError(token + " is refused, as is " + repr({"key": key}))
    if what == "returns":
        return {"token": token, key: [key, 1.5, 12345678], "not": "hidden"}
    if what == "says":
        return {"success": False, "error_message": "no access with " + token}
"""
SPEC = """\
[plan]
models = ["prints", "prints-much", "raises", "returns", "says"]
batch_sizes = [1]
[hardware.cpu]
env = { DEVICE_API_KEY = 'pass "word" \\ 12345678' }
"""


@pytest.fixture(scope="module")
def ran(fresh_store, bare_python):
    program = fresh_store()
    program.write("testloom.toml", SPEC)
    program.template("leaks", TEXT)
    for name in ("prints", "prints-much", "raises", "returns", "says"):
        program("model", "add", name, "--family", "text_embedding")
    program("plan")
    said = program("run", "--python", bare_python, "--json", env={"HF_TOKEN": TOKEN}, code=1)
    *outcomes, _ = said.objects
    return program, {each["model_name"]: each for each in outcomes}, said


def forms():
    return [TOKEN, KEY, json.dumps(KEY)[1:-1], repr(KEY)[1:-1]]


def strings(value):
    """All texts in a JSON value."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    return [text for each in value for text in strings(each)] if isinstance(value, list) else [str(value)]


def test_they_are_in_nothing_that_is_stored_or_shown(ran):
    program, _, said = ran
    texts = {"stdout": said.stdout, "stderr": said.stderr}
    for path in (program.folder / "testloom.duckdb.runs").rglob("*"):
        if path.is_file():
            texts[path.suffix] = path.read_text("utf-8", "replace")
    for table, column in (("outcomes", "result"), ("runs", "settings")):
        rows = program.query(f"select to_json({table})::VARCHAR, {column}::VARCHAR from {table}")
        texts[table] = "\n".join(text for row in rows for part in row if part for text in strings(json.loads(part)))
    texts["lines"] = "\n".join(text for line in texts[".jsonl"].splitlines() for text in strings(json.loads(line)))
    assert set(texts) == {"stdout", "stderr", ".jsonl", ".txt", "outcomes", "runs", "lines"}
    assert "DEVICE_API_KEY" in texts["runs"] and "the token is" in texts["outcomes"]
    for name, text in texts.items():
        for form in forms():
            assert form not in text, name


def test_what_is_around_them_stays(ran):
    program, outcomes, _ = ran
    assert {name: each["outcome"] for name, each in outcomes.items()} == {
        "prints": "failed",
        "prints-much": "failed",
        "raises": "error",
        "returns": "passed",
        "says": "failed",
    }
    assert outcomes["prints"]["output_tail"].startswith("the token is *** and the key ***\n")
    assert outcomes["raises"]["error_message"] == "*** is refused, as is {'key': '***'}"
    assert "ValueError: *** is refused" in outcomes["raises"]["traceback"]
    assert outcomes["returns"]["result"] == {"token": "***", "***": ["***", 1.5, 12345678], "not": "hidden"}
    assert outcomes["says"]["error_message"] == "no access with ***"
    (kept,) = (program.folder / "testloom.duckdb.runs").rglob("*.txt")
    lines = kept.read_text().splitlines()
    assert lines[:16] == ["." * 65536 + "***"] * 16
    (stored,) = program.query("select result from outcomes where model_name = 'returns'")
    assert json.loads(stored[0]) == outcomes["returns"]["result"]


def test_the_tests_have_them(ran):
    """What was hidden was there: without the variables the same tests fail for want of them."""
    program, _, _ = ran
    said = program("run", "--where", "model_name = 'returns'", "--json", env={"HF_TOKEN": "short"})
    assert said.objects[0]["result"]["token"] == "short"
