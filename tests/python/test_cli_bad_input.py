"""Bad input: its exit code, a message that says what, where and what to do, and a store that stays as it is."""

import pytest
from cli_driver import PASSES, contents

BIG = 50 * 1024 * 1024


@pytest.fixture(scope="module")
def prepared(fresh_store):
    store = fresh_store()
    store.template("latency")
    store("model", "add", "known", "--family", "text_embedding")
    store("plan", "--model", "bert")
    return store


@pytest.fixture
def planned(prepared, tmp_path):
    return prepared.copy(tmp_path)


def refused(program, *arguments, code, words):
    """Runs what must be refused: nothing in the folder changes, and the message has these words and says what to do."""
    before = contents(program.folder)
    said = program(*arguments, code=code)
    for word in words:
        assert word in said.stderr, said
    assert len(said.stderr.splitlines()) >= 2, f"it does not say what to do: {said}"
    assert len(said.stderr) < 2000 and said.stdout == ""
    assert contents(program.folder) == before
    return said


TEMPLATES = {
    "unknown placeholder": (
        'def test_it():\n    return "${modle_name}"\n',
        ["bad.py:2:15", "'modle_name'", "model_name"],
    ),
    "unknown, nothing near": ('def test_it():\n    return "${zzzzzz}"\n', ["bad.py:2:15", "'zzzzzz'", "model_name"]),
    "unclosed": ('def test_it():\n    return "${model_name"\n', ["bad.py:2:13", "closed", "}"]),
    "unclosed at the end": ("def test_it():\n    return ${", ["bad.py:2:12", "}"]),
    "empty": ("", ["bad.py", "empty"]),
    "only white space": (" \n\n", ["bad.py"]),
    "not UTF-8": (b"def test_it():\n    return '\xff'\n", ["bad.py:2:13", "UTF-8", "0xff"]),
    "latin-1": ("def test_it():\n    return 'é'\n".encode("latin-1"), ["bad.py:2:13", "UTF-8"]),
    "UTF-16": ("def test_it():\n    pass\n".encode("utf-16"), ["bad.py:1:1", "UTF-8"]),
    "NUL byte": (b"def test_it():\n    return '\0'\n", ["bad.py:2:13", "NUL"]),
    "50 MB": (b"def test_it():\n    pass\n" + b"#" * BIG, ["bad.py", "larger"]),
    "50 MB of one line": (b"#" * BIG, ["bad.py", "larger"]),
}


@pytest.mark.parametrize("verb", [["add", "--family=vision"], ["check"]], ids=["add", "check"])
@pytest.mark.parametrize("content, words", TEMPLATES.values(), ids=TEMPLATES)
def test_a_bad_template_file(planned, verb, content, words):
    planned.write("bad.py", content)
    refused(planned, "template", *verb, "bad.py", code=3, words=words)
    (planned.folder / "bad.py").unlink()


@pytest.mark.parametrize(
    "path", ["missing.py", "folder", "folder/missing.py", "dangling.py", "loop.py", "", "/dev/zero"]
)
def test_a_template_file_that_cannot_be_read(planned, path):
    (planned.folder / "folder").mkdir()
    (planned.folder / "dangling.py").symlink_to("nowhere")
    (planned.folder / "loop.py").symlink_to("loop.py")
    refused(planned, "template", "add", path, "--family", "vision", code=3, words=[f"'{path}'"])


PLANS = {
    "batch size 0": (["--batch-sizes", "0"], ["batch size", "0"]),
    "batch size -1": (["--batch-sizes", "-1"], ["batch size", "-1"]),
    "batch size -1 among others": (["--batch-sizes=1,-1"], ["batch size", "-1"]),
    "batch size 1e3": (["--batch-sizes", "1e3"], ["'1e3'"]),
    "batch size four": (["--batch-sizes", "four"], ["'four'"]),
    "batch size 2^63": (["--batch-sizes", str(2**63)], [str(2**63)]),
    "batch size 2^64 + 1": (["--batch-sizes", str(2**64 + 1)], [str(2**64 + 1)]),
    "batch size of 400 digits": (["--batch-sizes", "9" * 400], ["batch size"]),
    "batch size 1.5": (["--batch-sizes", "1.5"], ["'1.5'"]),
    "batch size in other digits": (["--batch-sizes", "١"], ["'١'"]),
    "no batch size": (["--batch-sizes", ""], ["batch size"]),
    "batch size after a comma": (["--batch-sizes", "1,"], ["batch size"]),
    "batch size twice": (["--batch-sizes", "1,4,1"], ["batch size 1 ", "twice"]),
    "batch size twice, written otherwise": (["--batch-sizes", "1,01"], ["batch size 1 ", "twice"]),
    "hardware twice": (["--hardware", "cpu,cuda,cpu"], ["'cpu'", "twice"]),
    "model twice": (["--model", "bert"], ["'bert'", "twice"]),
}


@pytest.mark.parametrize("flags, words", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["stored", "dry"])
def test_a_bad_plan(planned, flags, words, more):
    refused(planned, "plan", "--model", "bert", *flags, *more, code=2, words=words)


def test_a_plan_without_models(planned):
    refused(planned, "plan", code=2, words=["--model"])


def test_a_plan_to_which_no_template_applies(planned):
    words = ["gpt2", "text_generation", "zzz", "--family"]
    refused(planned, "plan", "--model", "gpt2", "--model", "zzz", "--yes", code=6, words=words)


def test_a_plan_to_which_templates_apply_for_some(planned):
    said = planned("plan", "--model", "gpt2", "--model", "zzz", "--model", "known", "--name", "some")
    for reason in ("gpt2", "text_generation", "zzz", "unknown"):
        assert reason in said.stdout
    assert {test["model_name"] for test in planned.tests().values()} == {"known"}


MAPPINGS = {
    "no such template": (["--family", "vision", "--template", "nope"], ["'nope'", "template list"]),
    "no such template number": (["--family", "vision", "--template", "7"], ["'7'", "template list"]),
    "a family that is no name": (["--family", "a b"], ["'a b'"]),
}


@pytest.mark.parametrize("flags, words", MAPPINGS.values(), ids=MAPPINGS)
def test_a_bad_mapping(planned, flags, words):
    refused(planned, "model", "add", "mine", *flags, code=2, words=words)


RUNS = {
    "no such python": (["--python", "./nope"], 5, ["'./nope'"]),
    "a python that is a folder": (["--python", "/etc"], 5, ["'/etc'"]),
    "a python that is not one": (["--python", "/bin/false"], 5, ["'/bin/false'"]),
    "a python that says something else": (["--python", "/bin/echo"], 5, ["'/bin/echo'"]),
    "no such plan": (["--plan", "nope"], 2, ["'nope'"]),
    "no such hardware": (["--hardware", "mps"], 2, ["mps"]),
}


@pytest.mark.parametrize("flags, code, words", RUNS.values(), ids=RUNS)
def test_a_bad_run(planned, flags, code, words):
    refused(planned, "run", *flags, code=code, words=words)


@pytest.mark.parametrize("python", ["./nope", "/etc", "/bin/false", "/bin/echo"])
def test_a_doctor_is_told_of_a_python_that_is_none(testloom, python):
    refused(testloom, "doctor", "--python", python, code=5, words=[f"'{python}'"])


def test_a_large_batch_size_stays_exact(planned):
    largest = 2**63 - 1
    planned("plan", "--model", "bert", "--batch-sizes", f"{largest},{2**53 + 1}", "--name", "large")
    assert {test["batch_size"] for test in planned.tests().values()} == {largest, 2**53 + 1}
    planned("tests", "render", "--out", "out")
    assert (planned.folder / "out" / "bert" / f"test_latency_cpu_b{largest}.py").read_text().count(str(largest)) == 1


def test_a_template_just_under_the_limit_is_taken(planned):
    planned.template("large", PASSES + "#" * 1_000_000 + "\n")
    assert len(planned("template", "show", "large").stdout) > 1_000_000
