"""Model names of every kind go through the program as they are: stored, planned, listed, and rendered as values that
never become code. What is no name is refused."""

import ast
import json
import os

import pytest
from cli_driver import digest

NAMES = {
    "plain": "plain",
    "single quotes": "it's 'so'",
    "double quotes": 'a "quoted" one',
    "three double quotes": '"""',
    "three single quotes": "'''",
    "all quotes": "'\"'''\"\"\"'\"",
    "escaped quote": '\\"; import os; "',
    "newline": "a\nimport os\nb",
    "newlines only": "\n\n",
    "carriage return": "a\rb",
    "both": "a\r\nb",
    "trailing newline": "a\n",
    "placeholder": "${x}",
    "known placeholder": "${model_name} ${batch_size}",
    "open placeholder": "${model_name",
    "dollars": "$$ $ $$$",
    "backslash": "\\",
    "two backslashes": "a\\\\",
    "escape sequences": "\\n \\x41 \\N{DIGIT ONE} \\u0041",
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f",
    "upper control characters": "a\x80\x85\x9fb",
    "line separators": "a\u2028import os\u2029b\x0bc\x0cd\x1ce",
    "terminal escape": "\x1b[31mred\x1b[0m",
    "byte order mark": "\ufeffa\ufeff",
    "direction override": "a\u202eb\u2066c",
    "zero width": "a\u200bb\u00ad",
    "non-ASCII": "модель/模型-é-ß",
    "composed": "\u00e9",
    "decomposed": "e\u0301",
    "outside the first plane": "🤖\U0010ffff",
    "no characters": "\ufffe\uffff",
    "brackets": "a[x]",
    "only brackets": "[x]",
    "a list": "[a,b]",
    "like a case": "a/cpu/names[batch_size=1]",
    "braces": "{x} {} {{",
    "globs": "a*b?",
    "comma": "a,b",
    "equals": "--a=b",
    "leading dash": "-x",
    "like an option": "--family",
    "two dashes": "--",
    "plus": "++",
    "percent": "%s %n %%",
    "quoted words": "'a b'",
    "leading and trailing spaces": "  a  ",
    "one space": " ",
    "tab": "\t",
    "hash": "a # b",
    "code": "x'); import os; print('",
    "sql": "'; DROP TABLE models; --",
    "dot": ".",
    "two dots": "..",
    "climbing": "../../etc/passwd",
    "absolute": "/etc/passwd",
    "slashes": "a//b/",
    "home": "~root",
    "device": "CON",
    "number": "0",
    "keyword": "class",
    "none": "None",
    "longest": "a" * 4096,
    "longest in two bytes": "é" * 2048,
    "longest quotes": '"' * 4096,
    "longest newlines": "\n" * 4096,
}

TEMPLATE = '''\
# ${model_name} on ${hardware_type}, ${model_name}
"""About ${model_name} in a docstring."""
import sys  # ${model_name}


def test_${model_family}_${hardware_type}():
    bare = ${model_name}
    double = "${model_name}"
    single = '${model_name}'
    long_double = """<${model_name}>"""
    long_single = \'\'\'
${model_name}
\'\'\'
    formatted = f"{1}${model_name}{2}"
    inside = "a ${model_name}${model_name} z"
    batch = ${batch_size}
    return {key: value for key, value in locals().items()}
'''


def returned(name):
    return {
        "bare": name,
        "double": name,
        "single": name,
        "long_double": f"<{name}>",
        "long_single": f"\n{name}\n",
        "formatted": f"1{name}2",
        "inside": f"a {name}{name} z",
        "batch": 4,
    }


@pytest.fixture(scope="module")
def rendered(fresh_store):
    """All names planned and rendered in one store: the program, its tests by model name, the file of each test."""
    program = fresh_store()
    program.template("names", TEMPLATE, "text_embedding")
    for name in NAMES.values():
        program("model", "add", "--family", "text_embedding", "--", name)
    known = [f"--model={name}" for name in NAMES.values()]
    program("plan", *known, "--batch-sizes", "4")
    program("tests", "render", "--out", "rendered")
    manifest = program("tests", "list", "--json").objects
    return program, {test["model_name"]: test for test in manifest}


def paths(program):
    lines = (program.folder / "rendered" / "manifest.jsonl").read_text("ascii").splitlines()
    return {entry["test_id"]: entry["path"] for entry in map(json.loads, lines)}


def test_every_name_is_stored_and_planned_once(rendered):
    program, tests = rendered
    assert sorted(tests) == sorted(NAMES.values())
    listed = program("model", "list", "--json").objects
    assert sorted(each["model_name"] for each in listed) == sorted(NAMES.values())
    assert len(set(paths(program).values())) == len(NAMES)


def shape(text):
    """The syntax tree without the texts of its literals: what no value may change."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_rendered_as_exactly_that_value(rendered, name):
    program, tests = rendered
    files = paths(program)
    text = (program.folder / "rendered" / files[tests[name]["test_id"]]).read_bytes().decode()
    plain = (program.folder / "rendered" / files[tests["plain"]["test_id"]]).read_text()
    assert shape(text) == shape(plain)
    assert ast.get_docstring(ast.parse(text), clean=False) == f"About {name} in a docstring."
    module = {}
    exec(compile(text.encode(), "rendered.py", "exec"), module)
    (test,) = (value for key, value in module.items() if key.startswith("test_"))
    assert test() == returned(name)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_shown_as_it_is_in_json_and_safely_in_text(rendered, name):
    program, tests = rendered
    shown = program("model", "show", "--json", "--", name).object
    assert shown["model_name"] == name
    test = program("tests", "show", "--json", "--", tests[name]["test_id"]).object
    assert test["model_name"] == name and test["case"] == f"{name}/cpu/names[batch_size=4]"
    text = program("model", "show", "--", name).stdout
    assert not any(ord(character) < 32 and character != "\n" or 127 <= ord(character) < 160 for character in text)
    assert len(text.splitlines()) == len(program("model", "show", "plain").stdout.splitlines())


def test_lists_keep_one_line_a_row_whatever_the_names(rendered):
    program, _ = rendered
    for verb in (["model", "list"], ["tests", "list"]):
        said = program(*verb).stdout
        assert len(said.split("\n")) == len(NAMES) + 2
        assert len(said.splitlines()) == len(NAMES) + 1


def test_names_are_detected_as_they_are(testloom):
    said = testloom("model", "detect", "--json", "--", *NAMES.values())
    assert [each["model_name"] for each in said.objects] == list(NAMES.values())


REFUSED = {
    "empty": (b"", "empty"),
    "too long": (b"a" * 4097, "4097"),
    "too long in characters of two bytes": (("é" * 2048 + "a").encode(), "4097"),
    "not UTF-8": (b"caf\xe9", "UTF-8"),
    "cut short": ("é".encode()[:1], "UTF-8"),
    "a surrogate": (b"\xed\xa0\x80", "UTF-8"),
    "overlong": (b"\xc0\xaf", "UTF-8"),
    "beyond Unicode": (b"\xf4\x90\x80\x80", "UTF-8"),
}
VERBS = [["model", "add", "--family", "vision", "--"], ["model", "detect", "--"], ["plan", "--model"]]


@pytest.mark.parametrize("name, word", REFUSED.values(), ids=REFUSED)
def test_what_is_no_name_is_refused(store, name, word):
    before = digest(store.folder / "testloom.duckdb")
    for verb in VERBS:
        said = store(*verb, name, code=2)
        assert word in said.stderr and len(said.stderr) < 600 and len(said.stderr.splitlines()) == 2
    assert digest(store.folder / "testloom.duckdb") == before


@pytest.mark.parametrize("name", [b"a\0b", b"\0"])
def test_a_name_with_u0000_is_refused_on_standard_input(testloom, name):
    said = testloom("model", "detect", "-", stdin=b"gpt2\n" + name + b"\n", code=2)
    assert "U+0000" in said.stderr


OTHER_TEXTS = {
    "template add --name": ["template", "add", "good.py", "--family", "vision", "--name"],
    "template add --description": ["template", "add", "good.py", "--family", "vision", "--description"],
    "model add --location": ["model", "add", "mine", "--family", "vision", "--location"],
    "model add --description": ["model", "add", "mine", "--family", "vision", "--description"],
    "plan --name": ["plan", "--model", "bert", "--name"],
}


@pytest.mark.parametrize("command", OTHER_TEXTS.values(), ids=OTHER_TEXTS)
def test_no_other_text_is_stored_that_is_not_utf8(store, command):
    store.template("latency")
    store.write("good.py", "def test_it():\n    pass\n")
    before = digest(store.folder / "testloom.duckdb")
    said = store(*command, b"caf\xe9", code=2)
    assert "UTF-8" in said.stderr and digest(store.folder / "testloom.duckdb") == before


NEVER_HEARD_OF = ["tpu", "gaudi3", "my-npu_2.x", "A", "x" * 64]
NO_NAMES = ["a b", "", "x;y", "-x", "1x", "a/b", "..", "ä", "a\nb", "$x", "${model_name}", "x" * 65, "a,b"]


@pytest.mark.parametrize("name", NEVER_HEARD_OF)
def test_hardware_and_families_never_heard_of_are_taken_with_a_note(store, name):
    said = store.template("latency", TEMPLATE, name, "--hardware", name)
    assert f"'{name}'" in said.stderr and "note" in said.stderr and name not in said.stdout
    said = store("model", "add", "mine", "--family", name)
    said = store("plan", "--model", "mine", "--hardware", name, "--batch-sizes", "1")
    assert "hardware" in said.stderr and f"'{name}'" in said.stderr
    store("tests", "render", "--out", "rendered")
    (path,) = (store.folder / "rendered").rglob("test_*.py")
    names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    assert len(names) == 1 and names[0].startswith("test_")


def test_what_is_known_gets_no_note(store):
    for hardware in ("cpu", "cuda", "rocm", "mps"):
        assert store.template("latency", TEMPLATE, "vision", "--hardware", hardware).stderr == ""


def test_a_family_is_new_only_once(store):
    assert "'mine'" in store.template("latency", TEMPLATE, "mine").stderr
    assert store.template("memory", TEMPLATE, "mine").stderr == ""


def test_a_likely_misspelling_of_a_hardware_type_is_pointed_out(store):
    assert "cuda" in store.template("latency", TEMPLATE, "vision", "--hardware", "cdua").stderr


PLACES = {
    "hardware of a template": ["template", "add", "good.py", "--family", "vision", "--hardware"],
    "family of a template": ["template", "add", "good.py", "--family"],
    "family of a model": ["model", "add", "mine", "--family"],
    "hardware of a plan": ["plan", "--model", "bert", "--hardware"],
}


@pytest.mark.parametrize("command", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("name", NO_NAMES)
def test_hardware_and_families_that_are_no_names_are_refused(store, command, name):
    store.write("good.py", "def test_it():\n    pass\n")
    before = digest(store.folder / "testloom.duckdb")
    said = store(*command, "a,,b" if command[0] == "plan" and name == "a,b" else name, code=2)
    assert len(said.stderr.splitlines()) == 2 and digest(store.folder / "testloom.duckdb") == before


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201, "\x1b[31m"])
def test_a_template_name_is_one_line_of_text(store, name):
    store.write("good.py", "def test_it():\n    pass\n")
    before = digest(store.folder / "testloom.duckdb")
    said = store("template", "add", "good.py", "--family", "vision", "--name", name, code=2)
    assert "template name" in said.stderr and digest(store.folder / "testloom.duckdb") == before


def test_bytes_of_a_path_are_shown_safely(testloom):
    said = testloom("template", "check", b"caf\xe9\x1b[31m.py", code=3)
    assert "caf" in said.stderr
    path = os.fsencode(testloom.folder) + b"/caf\xe9.py"
    with open(path, "w") as file:
        file.write("def test_it():\n    pass\n")
    testloom("template", "check", path)
