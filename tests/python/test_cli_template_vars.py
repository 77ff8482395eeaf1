"""`template vars`: the names there are, and what a template declares and uses."""

import re

import pytest
from cli_driver import REPOSITORY
from documents import code, section, table_rows

# Of the shipped templates: what a constant of theirs says of the workload.
CONSTANTS = {
    "NEW_TOKENS": "new_tokens",
    "SOUND_SECONDS": "audio_seconds",
    "TOKENS_WITHOUT_TOKENIZER": "seq_len",
}
SHIPPED = sorted(path.stem for path in (REPOSITORY / "templates").glob("[!_]*.py"))

TUNED = """\
#% param steps: int = 3 in [1, 3] "how many steps"
#% param ratio: float = 2
#% param note: str
#% param left: dict = {"a": [None, True]} "never used"
#% cores 2
#% exclusive
#% workload mode="forward", audio_seconds=2
#% needs memory batch_size=1, hardware_type="cpu"
#% include _head
def test_it():
    return [${steps}, ${note}, ${ratio}, ${config.a.b}, ${config["a b"]}, ${"c" in model}]
"""


def test_the_names_alone(testloom):
    told = testloom("template", "vars", "--json").object
    assert list(told) == ["names"]
    names = {each["name"]: each for each in told["names"]}
    assert names["batch_size"]["type"] == "integer" and names["config"]["type"] == "dict"
    assert all(each["meaning"] and "used" not in each for each in told["names"])
    table = testloom("template", "vars").stdout.splitlines()
    assert [line.split()[0] for line in table[1:]] == list(names)


def test_a_template(testloom):
    testloom.write("tuned.py", TUNED)
    testloom.write("_head.py", "import os  # ${model_name}\n")
    told = testloom("template", "vars", "tuned.py", "--json").object
    parameters = {each.pop("name"): each for each in told["parameters"]}
    assert parameters["steps"] == {
        "type": "integer", "meaning": "how many steps", "required": False, "default": 3, "choices": [1, 3],
        "trusted": False, "used": True,
    }  # fmt: skip
    assert parameters["ratio"]["default"] == 2.0 and isinstance(parameters["ratio"]["default"], float)
    assert parameters["note"]["required"] and parameters["note"]["default"] is None
    assert parameters["left"]["default"] == {"a": [None, True]} and not parameters["left"]["used"]
    assert {each["name"] for each in told["names"] if each["used"]} == {"model_name", "config", "model"}
    assert (told["output"], told["exclusive"], told["cores"]) == ("python", True, 2)
    assert told["workload"] == {"mode": "forward", "audio_seconds": 2.0}
    assert told["needs"] == [{"template_name": "memory", "axes": {"batch_size": 1, "hardware_type": "cpu"}}]
    keys = [(each["root"], each["path"]) for each in told["required_keys"]]
    assert keys == [("config", ["a", "b"]), ("config", ["a b"])]
    assert told["includes"] == [{"name": "_head", "path": "_head.py", "extended": False}]


def test_other_kinds_and_parents(testloom):
    testloom.write("base.sh", "#% block body\n#% endblock\necho ${model_name}\n")
    testloom.write("child.sh", "#% extends base\n#% block body\necho\n#% endblock\n")
    told = testloom("template", "vars", "child.sh", "--json").object
    assert told["output"] == "shell" and told["cores"] is None and not told["exclusive"]
    assert told["workload"] == {}
    assert told["includes"] == [{"name": "base", "path": "base.sh", "extended": True}]
    assert "extends    base (base.sh)" in testloom("template", "vars", "child.sh").stdout


def text_of(name):
    """A shipped template's text with those of its parts."""
    text = (REPOSITORY / "templates" / f"{name}.py").read_text("utf-8")
    return text + "".join(text_of(part) for part in re.findall(r"^#% include (\w+)$", text, re.MULTILINE))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_templates_say_what_they_do(testloom, name):
    path = REPOSITORY / "templates" / f"{name}.py"
    workload = testloom("template", "vars", str(path), "--json").object["workload"]
    text = text_of("reference" if name == "parity" else name)  # whose inputs it takes
    constants = {key: int(value) for key, value in re.findall(r"^([A-Z_]+) = (\d+)$", text, re.MULTILINE)}
    said = {key: value for key, value in workload.items() if key in CONSTANTS.values()}
    if name == "multimodal":
        assert said.pop("seq_len") >= constants["TOKENS_WITHOUT_PROCESSOR"]
    assert said == {CONSTANTS[key]: value for key, value in constants.items() if key in CONSTANTS}
    generates = "model.generate(" in text
    assert workload.get("mode") == ({"text_generation": "generate"}.get(name) if generates else "forward")


def test_the_docs_show_what_shipped_templates_say():
    estimates = (REPOSITORY / "docs" / "estimates.md").read_text("utf-8")
    rows = {code(name): code(workload) for name, workload, _ in table_rows(section(estimates, "## What templates say"))}
    assert sorted(rows) == SHIPPED
    for name, workload in rows.items():
        assert f"\n#% workload {workload}\n" in (REPOSITORY / "templates" / f"{name}.py").read_text("utf-8")


def test_a_template_that_does_not_pass(testloom):
    testloom.write("bad.py", "x = ${nope}\n")
    assert "bad.py:1:7" in testloom("template", "vars", "bad.py", code=3).stderr
    assert "''" in testloom("template", "vars", "", code=3).stderr
    assert "'gone.py'" in testloom("template", "vars", "gone.py", code=3).stderr
