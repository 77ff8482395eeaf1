"""Pins whole messages and outputs of the program: each case is a line of a table and a file under tests/golden/cli."""

import re

import pytest
from cli_driver import PASSES, REPOSITORY

FILES = {
    "good.py": PASSES,
    "memory.py": '"""Memory of ${model_name}."""\n\n\ndef test_memory():\n    return {"batch_size": ${batch_size}}\n',
    "unknown.py": 'def test_it():\n    name = "${modle_name}"\n    return ${bach_size}\n',
    "unclosed.py": 'def test_it():\n    return "${model_name"\n',
    "empty.py": "",
    "latin.py": "# caf\u00e9\ndef test_it():\n    pass\n".encode("latin-1"),
    "nul.py": b"def test_it():\n    return '\0'\n",
    "expression.py": 'def test_it():\n    return "${model_name.repalce("-", "_")}"\n',
    "no_test.py": "def check():\n    pass\n",
    "two_tests.py": "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n",
    "arguments.py": "def test_it(model):\n    pass\n",
    "tabs.py": 'def test_it():\n\tname\t=\t"é🤖${nope}"\n',
    "report.txt": "${model_name}: ${batch_size} of ${mode}\n",
    "tuned.py": '#% param steps: int = 3 in [1, 3] "how many steps"\n#% param note: str\n#% cores 2\n#% exclusive\n'
    '#% workload mode="generate" seq_len=8\n#% needs latency batch_size=1\n#% include _head\n'
    'def test_it():\n    return ${steps} * ${config.depth}\n',
    "_head.py": "import os  # for ${model_name}\n",
    "broken.py": "#% include _broken\ndef test_it():\n    return ${nope}\n",
    "_broken.py": "x = ${modle_name}\n",
    "strange.conf": "${model_name}\n",
    "memory.cases.toml": '[[case]]\nname = "plain"\nvalues = {model_name = "bert", batch_size = 4}\n'
    'contains = ["Memory of bert"]\nlacks = ["$"]\n\n[[case]]\nvalues = {model_name = "bert"}\n'
    """error = "no value for 'batch_size'"\n""",
    "good.cases.toml": '[[case]]\nname = "other"\ncontains = ["gpt2"]\ngolden = "good.golden"\nvalues = {model_name = "b", '
    'model_family = "f", hardware_type = "cpu", batch_size = 1}\n\n[[case]]\nname = "golden"\ngolden = "good.golden"\n'
    'values = {model_name = "b", model_family = "f", hardware_type = "cpu", batch_size = 1}\n\n[[case]]\nerror = "no"\n'
    'values = {model_name = "b", model_family = "f", hardware_type = "cpu", batch_size = 1}\n\n[[case]]\nname = "missing"\n',
    "good.golden": 'def test_f_cpu():\n    return {"success": False, "model_name": "b", "batch_size": 1}\n',
    "tabs.cases.toml": "[[case]\n",
    "_head.cases.toml": '[[case]]\nnmae = "x"\ncontains = "y"\nvalues = {a = 1979-05-27}\n\n[more]\n',
    "values.jsonl": '{"model_name": "é", "batch_size": 1}\n[]\n{"model_name": 3}\n{}\n',
    "foreign/precious.txt": "keep me",
    "text.duckdb": "hello",
}

ERRORS = {
    "verb-unknown": "ini",
    "verb-unknown-below": "tests lst",
    "verb-far-from-any": "frobnicate",
    "verb-missing": "",
    "verb-missing-below": "template",
    "option-unknown": "plan --modle x",
    "option-value-missing": "tests list --store",
    "argument-extra": "init again",
    "argument-missing": "template add --family vision",
    "option-missing": "template add good.py",
    "store-missing": "tests list --store nowhere.duckdb",
    "store-text-file": "tests list --store text.duckdb",
    "store-folder": "tests list --store foreign",
    "store-folder-missing": "init --store nowhere/new.duckdb",
    "template-unknown-name": "template add unknown.py --family vision",
    "template-unclosed": "template add unclosed.py --family vision",
    "template-missing": "template add missing.py --family vision",
    "template-empty": "template add empty.py --family vision",
    "template-not-utf8": "template add latin.py --family vision",
    "template-nul": "template add nul.py --family vision",
    "template-expression": "template add expression.py --family vision",
    "template-no-test": "template add no_test.py --family vision",
    "template-two-tests": "template add two_tests.py --family vision",
    "template-arguments": "template add arguments.py --family vision",
    "template-tabs-and-wide": "template add tabs.py --family vision",
    "template-check-several": "template check unknown.py good.py unclosed.py",
    "template-check-json": "template check unknown.py --json",
    "template-check-included": "template check broken.py _broken.py tuned.py _head.py",
    "template-check-included-json": "template check broken.py --json",
    "template-check-sarif": "template check broken.py good.py missing.py --sarif",
    "template-check-kind": "template check strange.conf report.txt",
    "template-render-no-value": "template render memory.py",
    "template-render-values": "template render memory.py --values values.jsonl",
    "template-render-name": "template render memory.py --set modle_name=x",
    "template-render-type": "template render memory.py --set batch_size=x",
    "template-render-choice": "template render tuned.py --set steps=2",
    "template-render-no-pair": "template render tuned.py --set steps",
    "template-test-failed": "template test memory.py good.py",
    "template-test-toml": "template test _head.py",
    "template-test-no-cases": "template test tuned.py",
    "template-not-there": "template show nope",
    "template-ambiguous": "template show latency",
    "model-empty": "model add ''",
    "model-not-there": "model show nope",
    "model-template-not-there": "model add mine --family vision --template nope",
    "family-no-name": "model add mine --family 'a b'",
    "hardware-no-name": "plan --model bert --hardware 'x;y'",
    "hardware-twice": "plan --model bert --hardware cpu,cpu",
    "batch-size-zero": "plan --model bert --batch-sizes 0",
    "batch-size-negative": "plan --model bert --batch-sizes -1",
    "batch-size-exponent": "plan --model bert --batch-sizes 1e3",
    "batch-size-word": "plan --model bert --batch-sizes four",
    "batch-size-too-large": "plan --model bert --batch-sizes 9223372036854775808",
    "batch-size-twice": "plan --model bert --batch-sizes 4,1,4",
    "plan-no-model": "plan",
    "plan-glob-without-match": "plan --model 'zz*'",
    "plan-nothing-applies": "plan --model gpt2 --model zzz",
    "plan-removal": "plan --model bert --batch-sizes 1",
    "plan-not-there": "tests list --plan nope",
    "plan-not-there-json": "tests list --plan nope --json",
    "test-not-there": "tests show abc",
    "render-current-folder": "tests render --out .",
    "render-parent": "tests render --out ..",
    "render-foreign": "tests render --out foreign",
    "render-file": "tests render --out good.py",
    "run-no-python": "run --python ./nope",
    "run-no-test": "run --hardware mps",
}

OUTPUTS = {
    "init": "init --store new.duckdb",
    "init-again": "init",
    "template-add": "template add good.py --family vision --hardware tpu --name third",
    "template-add-same": "template add good.py --name latency --family text_embedding",
    "template-list": "template list",
    "template-show": "template show memory",
    "template-check": "template check good.py memory.py",
    "template-render": "template render memory.py --set model_name=bert --set batch_size=4",
    "template-vars": "template vars",
    "template-vars-file": "template vars tuned.py",
    "template-vars-json": "template vars tuned.py --json",
    "template-test": "template test memory.py",
    "model-estimate-name": "model estimate acme/llama-13b bert-large-uncased acme/thing --dtype float16",
    "template-remove": "template remove memory",
    "model-add-detected": "model add openai/whisper-tiny",
    "model-add-unknown": "model add zzz",
    "model-list": "model list",
    "model-list-json": "model list --json",
    "model-show": "model show net",
    "model-detect": "model detect gpt2 zzz",
    "model-detect-json": "model detect gpt2 --json",
    "plan": "plan --model net --model bert --model gpt2 --hardware cpu,cuda,tpu --name new",
    "plan-again": "plan --model bert --model net",
    "plan-dry-run": "plan --model bert --batch-sizes 1,2 --dry-run",
    "plan-json": "plan --model bert --model net --batch-sizes 1,4,16 --json",
    "tests-list": "tests list",
    "tests-list-json": "tests list --json",
    "tests-show": "tests show bert/cpu/memory[batch_size=4]",
    "tests-render": "tests render --out out",
    "run": "run --jobs 1 --python PYTHON",
}


@pytest.fixture(scope="module")
def no_torch(tmp_path_factory):
    """An environment whose Python has no torch, so that estimates are for the same one everywhere."""
    folder = tmp_path_factory.mktemp("no-torch")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to("/bin/false")
    return {"VIRTUAL_ENV": str(folder)}


@pytest.fixture(scope="module")
def prepared(fresh_store, no_torch):
    store = fresh_store()
    for name, content in FILES.items():
        store.write(name, content)
    store("template", "add", "good.py", "--name", "latency", "--family", "text_embedding", "--description", "how long")
    store("template", "add", "good.py", "--name", "latency", "--family", "vision", "--hardware", "cuda")
    store("template", "add", "memory.py", "--family", "text_embedding")
    store("model", "add", "net", "--family", "vision", "--location", "./net", "--description", "a net of mine")
    store("plan", "--model", "bert", "--model", "net", env=no_torch)
    return store


@pytest.fixture
def planned(prepared, tmp_path):
    return prepared.copy(tmp_path)


def words(line):
    return [word.strip("'") for word in re.findall(r"'[^']*'|[^\s]+", line)]


def transcript(line, said):
    parts = [f"$ testloom {line}".rstrip() + "\n", f"exit code {said.code}\n"]
    parts += [f"--- {name}\n{text}" for name, text in (("stdout", said.stdout), ("stderr", said.stderr)) if text]
    return "".join(parts)


CODES = {"template": 3, "store": 4, "run-no-python": 5, "plan-nothing": 6}
USAGE = ("template-not-there", "template-ambiguous", "template-render-name", "template-render-type")
USAGE += ("template-render-choice", "template-render-no-pair", "template-test-no-cases")
INPUT = ("template-render-values", "template-test-toml")


@pytest.mark.parametrize("name, line", ERRORS.items(), ids=ERRORS)
def test_an_error_message(planned, golden, no_torch, name, line):
    code = 2 if name in USAGE else 6 if name in INPUT else next((code for start, code in CODES.items() if name.startswith(start)), 2)
    golden(f"error-{name}", transcript(line, planned(*words(line), code=code, env=no_torch)))


def steady(text):
    """Figures that differ from run to run give way to their units."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    return re.sub(r"\b\d+(\.\d+)? (µs|us|ms|s|MB|GB)\b(?= |\n|$)", r"# \2", text)


@pytest.mark.parametrize("name, line", OUTPUTS.items(), ids=OUTPUTS)
def test_an_output(planned, golden, bare_python, no_torch, name, line):
    said = planned(*words(line.replace("PYTHON", bare_python)), env=no_torch)
    text = transcript(line, said)
    golden(f"output-{name}", steady(text) if name == "run" else text)


def test_the_rendered_text(planned, golden):
    planned("tests", "render", "--out", "out")
    files = sorted(path for path in (planned.folder / "out").rglob("*") if path.is_file())
    golden("rendered", "".join(f"=== {path.relative_to(planned.folder)}\n{path.read_text()}" for path in files))


def test_no_golden_file_is_left_over():
    expected = {f"error-{name}" for name in ERRORS} | {f"output-{name}" for name in OUTPUTS} | {"rendered"}
    assert {path.stem for path in (REPOSITORY / "tests" / "golden" / "cli").iterdir()} == expected
