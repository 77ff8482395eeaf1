"""`template check`: what editors and code hosts read, which files are parts of others, and CPython as the judge."""

import json
import os
import sys

import pytest

TEST = "def test_it():\n    pass\n"
PART = "#% include part\n"


def sarif(program, *arguments, code):
    log = program("template", "check", "--sarif", *arguments, code=code).object
    (run,) = log["runs"]
    return log, run


def test_json_has_places_and_the_way_that_led_there(testloom):
    testloom.write("a.py", "#% include b\n" + TEST)
    testloom.write("b.py", 'x = 1\n#% include c\nname = "${model_name}"\n')
    testloom.write("c.py", 'é = "é${modle_name}"\n')
    error = testloom("template", "check", "a.py", "--json", code=3).object["error"]
    (found,) = error["diagnostics"]
    assert error["kind"] == "template" and found["message"] == "unknown name 'modle_name'"
    assert (found["path"], found["line"], found["column"], found["end_column"]) == ("c.py", 1, 9, 19)
    assert found["trail"] == [{"path": "b.py", "line": 2, "column": 1}, {"path": "a.py", "line": 1, "column": 1}]


def test_every_mistake_of_every_file_is_told(testloom):
    names = [f"t{number}.py" for number in range(5)]
    for name in names:
        testloom.write(name, "x = ${nope_a}\ny = ${nope_b}\n" + TEST)
    testloom.write("good.py", TEST)
    said = testloom("template", "check", *names, "missing.py", "good.py", "--json", code=3)
    found = said.object["error"]["diagnostics"]
    assert [(each["path"], each["line"]) for each in found[:10]] == [(name, line) for name in names for line in (1, 2)]
    assert "'missing.py'" in found[10]["message"] and len(found) == 11


def test_a_sarif_log(testloom):
    testloom.write("sub folder/a:ü.py", "#% include b\nx = ${nope}\n" + TEST)
    testloom.write("sub folder/b.py", "é = ${modle_name}\n")
    log, run = sarif(testloom, "sub folder/a:ü.py", "gone.py", code=3)
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    driver = run["tool"]["driver"]
    assert driver["name"] == "testloom" and driver["version"]
    (rule,) = driver["rules"]
    assert run["columnKind"] == "unicodeCodePoints"
    for result in run["results"]:
        assert result["ruleId"] == rule["id"] and result["ruleIndex"] == 0 and result["level"] == "error"
        assert result["message"]["text"]
        for place in [*result["locations"], *result.get("relatedLocations", [])]:
            physical = place["physicalLocation"]
            assert physical["artifactLocation"]["uri"].isascii() and " " not in physical["artifactLocation"]["uri"]
            assert all(number >= 1 for number in physical.get("region", {}).values())
    first, second, third = run["results"]
    region = {"startLine": 2, "startColumn": 5, "endColumn": 11}
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "sub%20folder/a%3A%C3%BC.py"},
        "region": {"startLine": 2, "startColumn": 7, "endColumn": 11},
    }
    assert second["locations"][0]["physicalLocation"]["region"] == {**region, "startLine": 1, "startColumn": 7, "endColumn": 17}
    (related,) = second["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 1 and related["message"]["text"]
    assert related["physicalLocation"]["artifactLocation"]["uri"].endswith("%C3%BC.py")
    assert third["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "gone.py"}}


def test_a_sarif_log_of_an_absolute_path_and_of_nothing(testloom):
    path = testloom.write("a.py", TEST)
    _, run = sarif(testloom, path, code=0)
    assert run["results"] == []
    testloom.write("a.py", "x = ${nope}\n" + TEST)
    _, run = sarif(testloom, path, code=3)
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "file://" + str(path)


@pytest.mark.parametrize("how", [["--sarif", "--json"], ["--set", "a=b"], ["--values", "-"]])
def test_options_that_do_not_go_together(testloom, how):
    testloom.write("a.py", TEST)
    said = testloom("template", "check", "a.py", *how, code=2)
    assert "--sarif" in said.stderr or "--python" in said.stderr


@pytest.mark.parametrize(
    "name, text, good",
    [
        ("a.py", TEST, True),
        ("a", TEST, True),
        ("a.py", "x = 1\n", False),
        ("a.txt", "any ${model_name}\n", True),
        ("a.json", '{"a": ${model_name}}\n', True),
        ("a.json", "{${model_name}}\n", False),
        ("a.yml", "a: ${model_name}\n", True),
        ("a.sbatch", "echo ${model_name}\n", True),
        ("a.conf", "any ${model_name}\n", False),
        ("a.conf", "#% output text\nany ${model_name}\n", True),
        ("a.conf", "#% output python\nany\n", False),
        ("_a.py", "x = ${model_name}\n", True),
    ],
)
def test_the_kind_of_output_is_that_of_the_suffix(testloom, name, text, good):
    testloom.write(name, text)
    said = testloom("template", "check", name, code=0 if good else 3)
    if name == "a.conf" and not text.startswith("#%"):
        assert "#% output KIND" in said.stderr


def test_where_included_templates_are_looked_for(testloom):
    def check(*names, code=0):
        return testloom("template", "check", *names, code=code)

    testloom.write("main.py", PART + TEST)
    assert "'part'" in check("main.py", code=3).stderr
    testloom.write("part.sh", "a = ${nope_sh}\n")
    assert "nope_sh" in check("main.py", code=3).stderr
    testloom.write("part.py", "a = ${nope_py}\n")
    assert "nope_py" in check("main.py", code=3).stderr
    testloom.write("elsewhere/part.py", "a = ${nope_elsewhere}\n")
    assert "nope_elsewhere" in check("main.py", "elsewhere/part.py", code=3).stderr
    assert "nope_py" in check("main.py", "elsewhere/part.py", "part.py", code=3).stderr
    testloom.write("main.py", "#% include part.sh\n" + TEST)
    assert "nope_sh" in check("main.py", code=3).stderr
    testloom.write("main.py", "#% include ../main.py\n" + TEST)
    assert "no template" in check("main.py", code=3).stderr
    testloom.write("main.py", "#% include main\n" + TEST)
    assert "uses itself" in check("main.py", code=3).stderr


def test_a_part_that_cannot_be_read_is_told_where_it_is_named(testloom):
    testloom.write("main.py", PART + "x = ${nope}\n" + TEST)
    (testloom.folder / "part.py").write_bytes(b"#" * (2 << 20))
    found = testloom("template", "check", "main.py", "--json", code=3).object["error"]["diagnostics"]
    assert [each["line"] for each in found] == [1, 2] and "larger" in found[0]["message"]


def test_a_part_is_checked_as_that_of_others(testloom):
    testloom.write("main.py", '#% set size = 3\n#% include part\n' + TEST)
    testloom.write("part.py", "x = ${size}\n")
    assert "part.py: ok, as a part of others" in testloom("template", "check", "part.py", "main.py").stdout
    assert "'size'" in testloom("template", "check", "part.py", code=3).stderr
    testloom.write("part.py", "x = ${siez}\n")
    assert testloom("template", "check", "part.py", "main.py", code=3).stdout == ""
    found = testloom("template", "check", "part.py", "main.py", "--json", code=3).object["error"]["diagnostics"]
    assert [(each["path"], len(each["trail"])) for each in found] == [("part.py", 1)]


def test_a_circle_is_nobodys_part(testloom):
    testloom.write("a.py", "#% include b\n" + TEST)
    testloom.write("b.py", "#% include a\n")
    for names in (["a.py", "b.py"], ["b.py", "a.py"]):
        assert "uses itself" in testloom("template", "check", *names, code=3).stderr


def test_blocks_that_every_extending_file_replaces_are_checked_too(testloom):
    base = 'def test_it():\n    pass\n#% block body\nx = ${1 + "a"}\n#% endblock\ny = ${from_child}\n'
    testloom.write("base.py", base)
    testloom.write("child.py", "#% extends base\n#% set from_child = 1\n#% block body\nx = 1\n#% endblock\n")
    found = testloom("template", "check", "base.py", "child.py", "--json", code=3).object["error"]["diagnostics"]
    assert [(each["path"], each["line"]) for each in found] == [("base.py", 4)]
    testloom.write("base.py", base.replace(' + "a"', ""))
    testloom("template", "check", "base.py", "child.py")


# --- CPython


@pytest.fixture
def one_python(testloom, tmp_path_factory):
    """An environment in which exactly the interpreter of these tests is found."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "python3").symlink_to(sys.executable)
    return {"PATH": str(folder), "HOME": str(folder)}


HELD = """\
#% param mode: str = "a" in ["a", "b"]
#% param ratio: float = 0.5
#% param deep: bool = False
#% param names: list = ["x"]
# for ${model_name} and ${batch_size}
import os
def test_${model_family}_x(kind=${mode}):
    name, key, title = "${model_name}", b'${task}', f"{kind} ${device}"
    sizes = [${batch_size}, ${config.hidden_size // 2}, ${ratio}, ${deep}, ${[model_name, task]}]
    text = '''${names} ${ratio} ${deep} ${{"a": task}}'''
    v_${model_name} = ${{"k": model_name}}
#% if deep:
    more = ${task.upper()}
#% endif
#% if mode == "b":
    more = ${names}
#% endif
#% for each in names:
    loop = ${each}
#% endfor
    return f"{${batch_size}}"
"""


def test_python_agrees_about_every_place(testloom, one_python):
    testloom.write("held.py", HELD)
    version = sys.version.split()[0]
    said = testloom("template", "check", "held.py", "--python", env=one_python)
    assert said.stdout.startswith(f"held.py: ok\nheld.py: Python {version}: ") and said.stderr == ""
    assert said.stdout.endswith(" renders, 0 differences\n")
    told = testloom("template", "check", "held.py", "--python", "--json", env=one_python).object
    (verdict,) = told["python"]
    assert told["ok"] and verdict["python"] == version and verdict["differences"] == 0 and verdict["no_python"] is None
    assert verdict["renders"] > 500 and not list(testloom.folder.glob("testloom-oracle*"))


def test_python_finds_what_plain_substitution_does(testloom, one_python, tmp_path):
    """The oracle that the program holds, given what a template language without placements would render."""
    import subprocess

    from cli_driver import REPOSITORY

    cases = tmp_path / "cases.jsonl"
    lines = [
        {"id": "0", "kind": "leaf", "plain": "x = 'zqplain'", "hostile": "x = 'a'; y = 'b'"},
        {"id": "1", "kind": "leaf", "plain": "x = 'zqplain'", "hostile": "x = 'a\\b'"},
    ]
    values = {"plain_value": "zqplain", "hostile_value": "a'; y = 'b"}
    cases.write_text("".join(json.dumps({**line, **values}) + "\n" for line in lines))
    oracle = REPOSITORY / "src" / "template" / "oracle.py"
    done = subprocess.run([sys.executable, "-I", oracle, "--json", cases], capture_output=True, text=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1 and [each.get("id") for each in told] == ["0", "1", None]
    assert told[2]["differences"] == 2


def test_values_for_what_harmless_ones_cannot_render(testloom, one_python):
    testloom.write("held.py", "x = ${config.layers[2].size}\n" + TEST)
    said = testloom("template", "check", "held.py", "--python", env=one_python)
    assert "note: held.py: not held against Python" in said.stderr and "--set" in said.stderr
    config = '{"layers": [0, 0, {"size": 3}]}'
    said = testloom("template", "check", "held.py", "--python", "--set", f"config={config}", env=one_python)
    assert said.stderr == "" and " 0 renders" not in said.stdout
    testloom.write("values.jsonl", '{"config": %s}\n' % config)
    said = testloom("template", "check", "held.py", "--python", "--values", "values.jsonl", env=one_python)
    assert said.stderr == "" and " 0 renders" not in said.stdout


def test_places_that_are_not_reached_are_told(testloom, one_python):
    testloom.write("held.py", 'x = 1\n#% if task == "zz":\nx = ${task}\n#% endif\n' + TEST)
    said = testloom("template", "check", "held.py", "--python", env=one_python)
    assert "1 place not reached" in said.stderr and "held.py:3:5" in said.stderr
    said = testloom("template", "check", "held.py", "--python", "--set", "task=zz", env=one_python)
    assert said.stderr == ""


def test_settings_are_for_the_files_that_know_them(testloom, one_python):
    testloom.write("a.py", '#% param word: str\nx = ${word}\n' + TEST)
    testloom.write("b.py", "x = ${task}\n" + TEST)
    testloom("template", "check", "a.py", "b.py", "--python", "--set", "word=x", env=one_python)
    said = testloom("template", "check", "a.py", "b.py", "--python", "--set", "wrod=x", env=one_python, code=2)
    assert "'wrod'" in said.stderr


def test_text_that_is_no_python_to_any_is_a_mistake(testloom, one_python):
    testloom.write("held.py", "if ${task}\n" + TEST)
    said = testloom("template", "check", "held.py", "--python", env=one_python, code=3)
    assert "not compared" in said.stdout and "no Python" in said.stderr


def test_other_output_is_not_held_against_python(testloom, one_python):
    testloom.write("a.txt", "${model_name}\n")
    said = testloom("template", "check", "a.txt", "--python", env=one_python)
    assert said.stdout == "a.txt: ok\n" and "becomes text" in said.stderr


def test_without_any_python(testloom):
    testloom.write("a.py", TEST)
    empty = {"PATH": str(testloom.folder), "HOME": str(testloom.folder)}
    said = testloom("template", "check", "a.py", "--python", env=empty, code=5)
    assert "CPython 3.8 to 3.13" in said.stderr and len(said.stderr.splitlines()) == 2


def test_a_program_that_is_no_python_is_passed_over(testloom, one_python):
    testloom.write("a.py", "x = ${task}\n" + TEST)
    fake = testloom.write("bin/python3.9", "#!/bin/sh\necho 'CPython 3.9.0'\nexit 3\n")
    fake.chmod(0o755)
    env = {**one_python, "PATH": f"{fake.parent}{os.pathsep}{one_python['PATH']}"}
    assert "3.9.0" not in testloom("template", "check", "a.py", "--python", env=env).stdout
