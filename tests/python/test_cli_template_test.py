"""`template test`: cases beside a template, golden files, and what is wrong with a file of cases."""

import pytest

TEXT = "line 1\nline 2\nline 3\nline 4 ${task}\nline 5\nline 6\nline 7\nline 8\n"


@pytest.fixture
def cases(testloom):
    testloom.write("a.txt", TEXT)

    def test(toml, *more, code=0):
        testloom.write("a.cases.toml", toml)
        return testloom("template", "test", "a.txt", *more, code=code)

    return test


def test_cases_of_every_kind(cases):
    said = cases(
        '[[case]]\nname = "all"\nvalues = {task = "x", model_name = "not used"}\ncontains = ["4 x", "line 8"]\n'
        'lacks = ["$"]\n[[case]]\nerror = "no value for \'task\'"\n'
        '[[case]]\nvalues.task = 4\nerror = "must be text"\n[[case]]\nvalues.taks = "x"\nerror = "did you mean \'task\'?"\n'
    )
    assert said.stdout.splitlines() == [
        "ok      a.txt: all", "ok      a.txt: case 2", "ok      a.txt: case 3", "ok      a.txt: case 4", "4 passed"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "toml, reason",
    [
        ('values.task = "x"\ncontains = ["line 8", "line 9"]', "the text does not contain 'line 9'"),
        ('values.task = "x"\nlacks = ["4 x"]', "the text contains '4 x' in line 4"),
        ('values.task = "x"\nerror = "no"', "there was no error"),
        ('error = "something else"', "the error does not contain 'something else'"),
        ("", "it cannot be rendered"),
        ('values.taks = "x"', "it cannot be rendered"),
        ("values.task = 1", "it cannot be rendered"),
        ('values.task = "x"\ngolden = "none.golden"', "'none.golden' is missing; --update-golden writes it"),
    ],
)
def test_a_case_that_fails(cases, toml, reason):
    said = cases("[[case]]\n" + toml + '\n[[case]]\nvalues.task = "y"\n', code=3)
    assert said.stdout.startswith(f"failed  a.txt: case 1: {reason}")
    assert said.stdout.endswith("ok      a.txt: case 2\n1 passed, 1 failed\n") and said.stderr == ""
    first, second = cases("[[case]]\n" + toml + '\n[[case]]\nvalues.task = "y"\n', "--json", code=3).objects
    assert (first["passed"], second["passed"]) == (False, True) and first["reason"].startswith(reason)


def test_golden_files_stand_beside_the_cases(cases):
    for path in ("/etc/hostname", "../other.txt", "a/../../b"):
        said = cases(f'[[case]]\nvalues.task = "x"\ngolden = "{path}"\n', code=6)
        assert f"'{path}' is not beside the cases" in said.stderr


def test_golden_files(cases, testloom):
    toml = '[[case]]\nvalues.task = "x"\ngolden = "golden/a.txt"\n'
    (testloom.folder / "golden").mkdir()
    golden = testloom.folder / "golden" / "a.txt"
    assert "wrote golden/a.txt" in cases(toml, "--update-golden").stdout
    assert golden.read_text() == TEXT.replace("${task}", "x")
    before = golden.stat().st_mtime_ns
    assert "wrote" not in cases(toml, "--update-golden").stdout and golden.stat().st_mtime_ns == before
    cases(toml)
    said = cases(toml.replace('"x"', '"y"'), code=3)
    assert said.stdout.splitlines()[1:-1] == [
        "        @@ -1,7 +1,7 @@", "         line 1", "         line 2", "         line 3", "        -line 4 x",
        "        +line 4 y", "         line 5", "         line 6", "         line 7",
    ]  # fmt: skip
    assert golden.read_text() == TEXT.replace("${task}", "x")
    golden.write_text(TEXT.replace("${task}", "x")[:-1])
    assert "no newline at the end" in cases(toml, code=3).stdout
    golden.write_text(TEXT.replace("${task}", "x").replace("\n", "\r\n"))
    assert "-line 1\\r" in cases(toml, code=3).stdout


@pytest.mark.parametrize(
    "toml, places",
    [
        ("[[case]]\nnmae = 'x'\n", ["2:1: unknown key 'nmae'", "did you mean 'name'?"]),
        ("[[caes]]\n", ["1:3: unknown key 'caes'", "did you mean 'case'?"]),
        ("", ["no case"]),
        ("case = 3\n", ["1:8: 'case' is no list of tables"]),
        ("case = []\n", ["no case"]),
        ("[[case]]\nvalues = 3\n", ["2:10: 'values' is no table"]),
        ("[[case]]\nname = 3\ncontains = 'x'\nlacks = [3]\n", ["2:8", "3:12", "4:10"]),
        ("[[case]]\nvalues = {a = 1979-05-27}\n", ["2:15: a date or time"]),
        ("[[case]]\nerror = 'x'\ncontains = ['y']\n", ["2:9"]),
        ("[[case]]\nerror = ''\n", ["2:9: 'error' is empty"]),
        ("[[case]]\nname = 'a'\nname = 'b'\n", ["3:8"]),
        ("[[case]\n", ["1:8"]),
        ("[[case]]\nvalues = {a = 9223372036854775808}\n", ["2:"]),
        (b"[[case]]\nname = '\xff'\n", ["2:"]),
        (b"\0\1\2\3", ["1:"]),
        ("a = " + "[" * 5000, ["1:"]),
    ],
)
def test_a_file_of_cases_that_is_wrong(cases, toml, places):
    said = cases(toml, code=6)
    assert said.stdout == "" and "a.cases.toml" in said.stderr and len(said.stderr) < 3000
    for place in places:
        assert place in said.stderr, said


def test_files_that_are_missing(testloom):
    testloom.write("a.txt", TEXT)
    said = testloom("template", "test", "a.txt", code=2)
    assert "'a.cases.toml'" in said.stderr and "[[case]]" in said.stderr
    testloom.write("a.cases.toml", "[[case]]\n")
    assert "'b.txt'" in testloom("template", "test", "a.txt", "b.txt", code=3).stderr
    (testloom.folder / "d.txt").write_text("x")
    (testloom.folder / "d.cases.toml").mkdir()
    assert "'d.cases.toml'" in testloom("template", "test", "d.txt", code=6).stderr


def test_all_that_is_wrong_is_told_before_any_case_runs(testloom):
    testloom.write("a.txt", "${nope}")
    testloom.write("a.cases.toml", "[[case]]\nnmae = 1\n")
    testloom.write("b.txt", "x")
    testloom.write("b.cases.toml", "[[case]]\nvalue = 1\n")
    said = testloom("template", "test", "a.txt", "b.txt", code=3)
    assert said.stdout == "" and all(word in said.stderr for word in ("'nope'", "'nmae'", "'value'")), said


def test_included_files_and_values_that_follow(testloom):
    testloom.write("t/_part.txt", "${device}\n")
    testloom.write("t/a.txt", "#% include _part\n${template_name} ${model_location}\n")
    values = 'values = {hardware_type = "rocm", model_name = "m"}\ncontains = ["cuda\\na m\\n"]\n'
    testloom.write("t/a.cases.toml", "[[case]]\n" + values)
    testloom("template", "test", "t/a.txt")
