"""The shipped templates `reference` and `parity`: tiny models that agree with themselves and with bfloat16, others that
do not, what is said then, and runs of them by the real program, with files from this run and from an earlier one.

Needs what test_shipped_templates.py needs.
"""

import json
import math
import re
import shutil
import sys
from collections import Counter

import numpy
import pytest
from cli_driver import REPOSITORY
from documents import table_rows
from rendered_templates import TEMPLATES, call, imported
from tiny_models import TINY_MODELS

import torch
from safetensors.torch import load_file, save_file

pytestmark = pytest.mark.usefixtures("one_thread")

FAMILIES = ("audio", "multimodal", "text_embedding", "text_generation", "vision")
LIST_HEADER = "name,model_family,location,required_pcc\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The folder that the reference saves to and that parity reads."""
    folder = tmp_path / "saved"
    folder.mkdir()
    monkeypatch.setenv("TESTLOOM_ARTIFACTS", str(folder))
    monkeypatch.setenv("TESTLOOM_NEEDS", json.dumps({"reference": str(folder)}))
    return folder


def module_of(template, folder, name, location, **values):
    model = TINY_MODELS[name]
    known = {"model_family": model.model_family, "model_location": str(location), "task": model.task}
    return imported(folder, template, **known, **values)


def run(template, folder, name, location, **values):
    return call(module_of(template, folder, name, location, **values))


def with_other_weights(source, folder):
    """A copy of a model in which every other weight has the other sign."""
    folder = shutil.copytree(source, folder)
    weights = load_file(folder / "model.safetensors")
    flip = {key: (value.clone() if index % 2 else -value) for index, (key, value) in enumerate(sorted(weights.items()))}
    save_file(flip, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture
def compare(tmp_path, files, tiny_model):
    """The comparison of two arrays, with the figures that are required by default."""
    return module_of("parity", tmp_path, "vit", tiny_model("vit")).compare


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("name", TINY_MODELS)
def test_a_model_agrees_with_itself_and_with_bfloat16(name, batch_size, tiny_model, tmp_path, files):
    reference = run("reference", tmp_path, name, tiny_model(name), batch_size=batch_size)
    assert reference["success"] is True and reference["inputs"] == "processor" and reference["outputs"]
    same = run("parity", tmp_path, name, tiny_model(name), batch_size=batch_size)
    assert same["success"] is True and "error_message" not in same
    assert same["metrics"]["max_abs_error"] == {"value": 0.0, "unit": "1", "better": "lower"}
    assert same["metrics"]["cosine"]["value"] == pytest.approx(1) and same["metrics"]["cosine"]["better"] == "higher"
    assert set(same["outputs"]) == set(reference["outputs"])
    # On processors with AMX oneDNN of torch 2.11 gets wav2vec2's convolutions wrong in bfloat16: no part of this test.
    with torch.backends.mkldnn.flags(enabled=False):
        narrow = run("parity", tmp_path, name, tiny_model(name), batch_size=batch_size, dtype="bfloat16")
    assert narrow["success"] is True, narrow
    assert narrow["dtype"] == "bfloat16" and 0 < narrow["metrics"]["max_rel_error"]["value"] < 0.1
    assert json.loads(json.dumps(narrow, allow_nan=False)) == narrow


@pytest.mark.parametrize("name", ["bert", "t5", "vit", "whisper", "clip"])
def test_other_weights_on_the_device_fail_and_say_by_how_much(name, tiny_model, tmp_path, files):
    run("reference", tmp_path, name, tiny_model(name), batch_size=3)
    result = run("parity", tmp_path, name, with_other_weights(tiny_model(name), tmp_path / "other"), batch_size=3)
    assert result["success"] is False
    worst = result["metrics"]["pcc"]["value"]
    assert worst < 0.99
    assert f"pcc is {worst:.6g}, at least 0.99 is required" in result["error_message"]
    assert result["error_message"].split(":")[0] in result["outputs"]


def test_what_is_required_comes_from_axes_and_before_them_from_the_list_of_models(tiny_model, tmp_path, files):
    folder = tiny_model("bert")
    run("reference", tmp_path, "bert", folder)
    strict = {"dtype": "bfloat16", "required_pcc": 0.9999999, "max_abs_error": 1e-6}
    message = run("parity", tmp_path, "bert", folder, **strict)["error_message"]
    assert "at least 1 is required" in message and "at most 1e-06 is allowed" in message
    eased = {"required_pcc": 0.9, "max_abs_error": "0.5", "owner": "bob", "required_cosine": None}
    assert run("parity", tmp_path, "bert", folder, model=eased, **strict)["success"] is True
    narrowed = run("parity", tmp_path, "bert", folder, model={"max_rel_error": 1e-9}, dtype="bfloat16")
    assert "max_rel_error is" in narrowed["error_message"] and "pcc" not in narrowed["error_message"]


def test_figures_are_those_of_numpy(compare):
    random = numpy.random.RandomState(0)
    for noise in (1e-3, 0.1, 2):
        expected = random.standard_normal((3, 7, 5)).astype(numpy.float32)
        values = (expected + noise * random.standard_normal(expected.shape)).astype(numpy.float32)
        problem, figures = compare(expected, values)
        first, second = expected.ravel().astype(float), values.ravel().astype(float)
        assert figures == pytest.approx(
            {
                "pcc": numpy.corrcoef(first, second)[0, 1],
                "cosine": sum(first * second) / math.sqrt(sum(first**2) * sum(second**2)),
                "max_abs_error": max(abs(first - second)),
                "max_rel_error": max(abs(first - second)) / max(abs(first)),
            }
        )
        assert (problem is None) == (figures["pcc"] >= 0.99 and figures["max_rel_error"] <= 0.25)


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    "expected, values, problem",
    [
        ([1, 2, 3], None, "the device does not give it"),
        ([1, 2, 3], [1, 2], "its shape is (2,), that of the reference (3,)"),
        ([1, 2, 3], [1, NAN, 3], "1 of 3 values are NaN or infinite on one side only"),
        ([1, 2, 3], [INF, 2, -INF], "2 of 3 values are NaN or infinite on one side only"),
        ([1, -INF, 3], [1, INF, 3], "1 of 3 values are NaN or infinite on one side only"),
        ([1, -INF, 3], [1, -INF, 3], None),
        ([-INF, -INF], [-INF, -INF], None),
        ([2, 2, 2], [2, 2, 2], None),
        ([2, 2, 2], [4, 4, 4], "max_rel_error is 1, at most 0.25 is allowed"),
        ([5], [5], None),
        ([5], [-5], "cosine is -1, at least 0.99 is required; max_rel_error is 2, at most 0.25 is allowed"),
        ([0, 0], [0, 0], None),
        ([0, 0], [0, 1e-9], "max_rel_error is inf, at most 0.25 is allowed"),
        ([1, 1.1], [1.05, 1.05], "pcc is 0, at least 0.99 is required"),
        ([], [], None),
    ],
)
def test_what_has_no_figure_is_judged_all_the_same(compare, expected, values, problem):
    arrays = [None if each is None else numpy.array(each, numpy.float32) for each in (expected, values)]
    assert compare(*arrays)[0] == problem


def test_nan_in_the_reference_fails_there(tiny_model, tmp_path, files):
    folder = shutil.copytree(tiny_model("vit"), tmp_path / "broken")
    weights = {key: value * math.nan for key, value in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(AssertionError, match="15 of 15 values of logits are NaN"):
        run("reference", tmp_path, "vit", folder, batch_size=3)
    assert not list(files.iterdir())


def test_weights_that_the_files_lack_are_named(tiny_model, tmp_path, files):
    folder = shutil.copytree(tiny_model("vit-features"), tmp_path / "lacking")
    weights = load_file(folder / "model.safetensors")
    kept = {key: value for key, value in weights.items() if "pooler" not in key and key != "layernorm.bias"}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    reference = run("reference", tmp_path, "vit-features", folder)
    assert "layernorm.bias" in reference["missing_weights"]
    assert set(reference["outputs"]) == {"last_hidden_state"}
    result = run("parity", tmp_path, "vit-features", folder, required_pcc=1.5)
    assert "3 weights such as layernorm.bias are in no file of the model" in result["error_message"]


@pytest.mark.parametrize("needs", [None, "", "{}", '{"parity": "/nowhere"}'])
def test_without_the_folder_of_the_reference_it_says_so(needs, tiny_model, tmp_path, monkeypatch):
    monkeypatch.delenv("TESTLOOM_NEEDS", raising=False)
    if needs is not None:
        monkeypatch.setenv("TESTLOOM_NEEDS", needs)
    with pytest.raises(RuntimeError, match="TESTLOOM_NEEDS names no folder of 'reference'"):
        run("parity", tmp_path, "vit", tiny_model("vit"))


def test_without_its_file_it_says_so(tiny_model, tmp_path, files):
    with pytest.raises(FileNotFoundError, match="reference.npz is gone; run 'reference' again"):
        run("parity", tmp_path, "vit", tiny_model("vit"))


def test_without_a_folder_to_save_to_the_reference_says_so(tiny_model, tmp_path, monkeypatch):
    monkeypatch.delenv("TESTLOOM_ARTIFACTS", raising=False)
    with pytest.raises(RuntimeError, match="TESTLOOM_ARTIFACTS names no folder"):
        run("reference", tmp_path, "vit", tiny_model("vit"))


def test_the_page_says_what_is_required_by_default():
    rows = table_rows((REPOSITORY / "docs" / "parity.md").read_text("utf-8"))
    text = (TEMPLATES / "parity.py").read_text("utf-8")
    declared = re.findall(r"^#% param (\w+): \w+ = (\S+) ", text, re.MULTILINE)
    assert [(name.strip("`"), default.strip("`")) for name, default, _ in rows] == [
        (name, default.strip('"')) for name, default in declared
    ]


def listed(program):
    return program("template", "list", "--json").objects


def variants(program):
    """Name, family and hardware type of the templates that make tests, without those of plain init."""
    added = [each for each in listed(program) if not each["is_partial"]]
    return Counter(
        (each["template_name"], each["model_family"], each["hardware_type"])
        for each in added
        if each["template_name"] != each["model_family"]
    )


TWO = (("reference", "cpu"), ("parity", None))
PARITY = Counter([(name, family, hardware) for name, hardware in TWO for family in FAMILIES])


def test_init_adds_them_only_when_asked_and_once(testloom):
    assert testloom("init", "--json").object["templates"] == len(FAMILIES)
    assert variants(testloom) == Counter()
    before = listed(testloom)
    said = testloom("init", "--parity")
    assert "added 10 templates" in said.stdout
    assert variants(testloom) == PARITY
    assert [each for each in listed(testloom) if each in before] == before
    again = listed(testloom)
    assert "nothing was changed" in testloom("init", "--parity").stdout
    assert listed(testloom) == again


def test_a_new_store_with_them_has_the_others_too(testloom):
    assert testloom("init", "--parity", "--json").object["templates"] == 15
    assert variants(testloom) == PARITY
    for each in listed(testloom):
        testloom.write(f"{each['template_name']}.py", testloom("template", "show", each["template_id"]).stdout)
    testloom("template", "check", "reference.py", "parity.py")


def test_what_is_there_under_their_names_stays(store):
    own = 'def test_own():\n    return {"success": True}\n'
    store.template("parity", own, "vision")
    assert store("init", "--parity", "--json").object["templates"] == 9
    assert variants(store) == PARITY
    (kept,) = [each for each in listed(store) if (each["template_name"], each["model_family"]) == ("parity", "vision")]
    assert store("template", "show", kept["template_id"]).stdout == own


def test_the_flag_does_not_go_with_an_empty_store(testloom):
    said = testloom("init", "--parity", "--no-templates", code=2)
    assert "--no-templates" in said.stderr
    assert not (testloom.folder / "testloom.duckdb").exists()


@pytest.fixture
def bringup(store, tiny_model):
    """A store with the parity templates and a plan of one model: `cpu`, and a device of another name that is a CPU."""
    store("init", "--parity")
    shutil.copytree(tiny_model("vit"), store.folder / "model")
    store.write("models.csv", f"{LIST_HEADER}tiny,vision,{store.folder / 'model'},\n")
    store.write(
        "testloom.toml",
        """
[plan]
models = [{ list = "models.csv" }]
templates = ["reference", "parity"]
hardware_types = ["npu"]
batch_sizes = [1, 3]

[plan.axes]
dtype = ["float32", "bfloat16"]

[hardware.npu]
device = "cpu"
""",
    )
    store("plan")
    return store


def ran(program, *more, code=0):
    """What came out of each test that ran, by its case."""
    *outcomes, summary = program("run", "--python", sys.executable, "--json", *more, code=code).objects
    return {each["case"]: each for each in outcomes}, summary


def parity_case(size, dtype):
    return f"tiny/npu/parity[batch_size={size},dtype={dtype}]"


def test_a_device_is_compared_with_the_cpu(bringup):
    tests = bringup.tests()
    references = {f"tiny/cpu/reference[batch_size={size}]" for size in (1, 3)}
    assert set(tests) == references | {parity_case(size, dtype) for size in (1, 3) for dtype in ("float32", "bfloat16")}
    outcomes, _ = ran(bringup)
    assert {case: each["outcome"] for case, each in outcomes.items()} == dict.fromkeys(tests, "passed")
    exact = outcomes[parity_case(3, "float32")]["result"]
    assert exact["metrics"]["max_abs_error"]["value"] == 0 and exact["hardware_type"] == "npu"
    assert outcomes[parity_case(3, "bfloat16")]["result"]["metrics"]["pcc"]["value"] > 0.99
    saved = {case for case, each in outcomes.items() if each.get("artifacts")}
    assert saved == references
    for case in references:
        folder = bringup.folder / "testloom.duckdb.runs" / outcomes[case]["artifacts"]
        assert [path.name for path in folder.iterdir()] == ["reference.npz"]


def test_parity_alone_takes_the_files_of_the_last_run_that_passed(bringup, tmp_path):
    ran(bringup, "--where", "template_name = 'reference'")
    other = with_other_weights(bringup.folder / "model", tmp_path / "other")
    shutil.copy(other / "model.safetensors", bringup.folder / "model")
    outcomes, _ = ran(bringup, "--where", "template_name = 'parity' and dtype = 'float32'", code=1)
    assert set(outcomes) == {parity_case(size, "float32") for size in (1, 3)}
    failed = outcomes[parity_case(1, "float32")]
    assert failed["outcome"] == "failed"
    assert failed["error_message"].startswith("logits: pcc is ")
    assert "at least 0.99 is required" in failed["error_message"]
    assert outcomes[parity_case(3, "float32")]["outcome"] == "skipped"


def test_a_reference_that_never_ran_runs_first(bringup):
    outcomes, _ = ran(bringup, "--where", "template_name = 'parity' and dtype = 'float32' and batch_size = 1")
    assert {case: each["outcome"] for case, each in outcomes.items()} == {
        "tiny/cpu/reference[batch_size=1]": "passed",
        parity_case(1, "float32"): "passed",
    }


def test_files_that_are_gone_are_said_to_be(bringup):
    ran(bringup, "--where", "template_name = 'reference'")
    (folder,) = (bringup.folder / "testloom.duckdb.runs").glob("*.artifacts")
    shutil.rmtree(folder)
    outcomes, _ = ran(bringup, "--where", "template_name = 'parity' and batch_size = 1", code=1)
    assert {each["outcome"] for each in outcomes.values()} == {"error"}
    for each in outcomes.values():
        assert "there is nothing to compare with" in each["error_message"] and "is gone" in each["error_message"]


def test_a_model_may_have_figures_of_its_own(bringup):
    row = f"{bringup.folder / 'model'},"
    bringup.write("models.csv", f"{LIST_HEADER}tiny,vision,{row}\nstrict,vision,{row}1.5\n")
    bringup("plan", "--yes")
    outcomes, _ = ran(bringup, "--where", "dtype is null or dtype = 'float32' and batch_size = 1", code=1)
    assert outcomes[parity_case(1, "float32")]["outcome"] == "passed"
    strict = outcomes[parity_case(1, "float32").replace("tiny", "strict")]
    assert strict["error_message"] == "logits: pcc is 1, at least 1.5 is required"


def test_what_is_required_may_be_an_axis(bringup):
    text = (bringup.folder / "testloom.toml").read_text()
    axes = '[plan.axes]\nmax_abs_error = [0, 1]\ndtype = ["bfloat16"]\n'
    text = text.replace("[1, 3]", "[1]").replace('[plan.axes]\ndtype = ["float32", "bfloat16"]\n', axes)
    bringup.write("testloom.toml", text)
    bringup("plan", "--yes")
    outcomes, _ = ran(bringup, code=1)
    compared = [each for each in outcomes.values() if each["template_name"] == "parity"]
    by_error = {each["axes"]["max_abs_error"]: each for each in compared}
    assert {error: each["outcome"] for error, each in by_error.items()} == {0: "failed", 1: "passed"}
    assert "at most 0 is allowed" in by_error[0]["error_message"]
