"""Runs every shipped template for real, on the CPU, with tiny models.

Needs torch, transformers, Pillow and Jinja2 beside the testloom package.
"""

import ast
import json
import math
import shutil
import subprocess
import sys

import pytest
from rendered_templates import call, imported, rendered
from tiny_models import IMAGE_SIZE, LABELS, TINY_MODELS, WIDTH, save_tiny_model

import torch
import transformers
from safetensors.torch import load_file, save_file

pytestmark = pytest.mark.usefixtures("one_thread")

FAMILIES = ("text_embedding", "text_generation", "vision", "audio", "multimodal")
PATCHES = (IMAGE_SIZE // 8) ** 2
NEW_TOKENS = 16
WHISPER_START = 1 if int(transformers.__version__.split(".")[0]) < 5 else 0  # Newer ones leave the start token out.
RESULT_KEYS = {
    "success",
    "model_name",
    "hardware_type",
    "batch_size",
    "latency_s",
    "throughput_per_s",
    "peak_device_memory_bytes",
    "output_shape",
    "metrics",
    "inputs",
}
# What each tiny model's output measures beside the batch; a prompt's length depends on the batch's longest text.
OUTPUT_SHAPES = {
    "bert": [WIDTH],
    "t5-encoder": [WIDTH],
    "gpt2": {1: [len("The ferry to the island") + NEW_TOKENS], 3: [53 + NEW_TOKENS]},
    "t5": [1 + NEW_TOKENS],
    "vit": [LABELS],
    "vit-features": [PATCHES + 1, WIDTH],
    "resnet": [LABELS],
    "wav2vec2-ctc": [100, 30],
    "wav2vec2-classifier": [LABELS],
    "wav2vec2-features": [100, WIDTH],
    "whisper": [WHISPER_START + NEW_TOKENS],
    "clip": {1: [1], 3: [3]},
    "blip": [1 + NEW_TOKENS],
    "vit-gpt2": [1 + NEW_TOKENS],
    "llava": [PATCHES + len("What is in this image?") + NEW_TOKENS],
}
PROCESSOR_FILES = ("tokenizer*", "vocab*", "merges*", "special_tokens*", "preprocessor_config*", "processor_config*")


def run(folder, name, location, **values):
    """Renders the template of the tiny model `name`, runs it on the model in `location` and returns its result."""
    model = TINY_MODELS[name]
    return call(imported(folder, model.model_family, model_location=str(location), task=model.task, **values))


def without_processor(source, folder):
    return shutil.copytree(source, folder / "bare", ignore=shutil.ignore_patterns(*PROCESSOR_FILES))


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("name", TINY_MODELS)
def test_result(name, batch_size, tiny_model, tmp_path):
    result = run(tmp_path, name, tiny_model(name), batch_size=batch_size)

    assert set(result) == RESULT_KEYS
    assert result["success"] is True
    assert (result["model_name"], result["hardware_type"], result["batch_size"]) == ("tiny", "cpu", batch_size)
    assert result["inputs"] == "processor"
    assert result["peak_device_memory_bytes"] is None
    sizes = OUTPUT_SHAPES[name]
    assert result["output_shape"] == [batch_size, *(sizes[batch_size] if isinstance(sizes, dict) else sizes)]
    latency = result["latency_s"]
    assert set(latency) == {"p50", "p95"}
    assert 0 < latency["p50"] <= latency["p95"] < math.inf
    assert result["throughput_per_s"] == pytest.approx(batch_size / latency["p50"])
    assert "parameters" in result["metrics"]
    for metric in result["metrics"].values():
        assert set(metric) == {"value", "unit", "better"}
        assert 0 < metric["value"] < math.inf
        assert metric["better"] in ("higher", "lower", None)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@pytest.mark.parametrize("name", ["bert", "gpt2", "vit", "wav2vec2-ctc", "clip"])
def test_what_the_device_held_is_asked_for_when_all_is_done(name, tiny_model, tmp_path):
    """The check of the output may take more than what is measured."""
    model = TINY_MODELS[name]
    module = imported(tmp_path, model.model_family, model_location=str(tiny_model(name)), task=model.task)
    calls = []
    check = module.check
    module.check = lambda *arguments: calls.append("check") or check(*arguments)
    module.peak_memory_bytes = lambda: calls.append("peak") or 123
    assert call(module)["peak_device_memory_bytes"] == 123
    assert "check" in calls and calls.index("peak") == len(calls) - 1


def test_parameters_are_counted(tiny_model, tmp_path):
    folder = tiny_model("gpt2")
    saved = sum(weights.numel() for weights in load_file(folder / "model.safetensors").values())
    assert run(tmp_path, "gpt2", folder)["metrics"]["parameters"]["value"] == saved


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5", "vit", "resnet", "wav2vec2-ctc", "whisper", "clip", "blip"])
def test_inputs_follow_the_config_where_there_is_no_processor(name, tiny_model, tmp_path):
    result = run(tmp_path, name, without_processor(tiny_model(name), tmp_path), batch_size=3)
    assert result["inputs"] == "config"
    assert result["output_shape"][0] == 3


def test_inputs_follow_the_config_without_pillow(tiny_model, tmp_path):
    values = {"model_location": str(tiny_model("vit")), "batch_size": 3}
    (tmp_path / "rendered.py").write_text(rendered("vision", **values), encoding="utf-8")
    program = "import sys; sys.modules['PIL'] = None; import rendered; print(rendered.test_vision_cpu()['inputs'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "config\n"), done.stderr


def test_a_prompt_with_image_tokens_needs_its_processor(tiny_model, tmp_path):
    with pytest.raises(RuntimeError, match="need its processor"):
        run(tmp_path, "llava", without_processor(tiny_model("llava"), tmp_path))


@pytest.mark.parametrize("name", TINY_MODELS)
def test_broken_weights_fail(name, tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model(name), tmp_path / "broken")
    weights = load_file(folder / "model.safetensors")
    broken = {key: value * math.nan if value.is_floating_point() else value for key, value in weights.items()}
    save_file(broken, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(AssertionError, match="are not finite"):
        run(tmp_path, name, folder, batch_size=3)


@pytest.mark.parametrize(
    "name, step", [("bert", "embed"), ("t5", "generate"), ("vit", "look"), ("whisper", "listen"), ("clip", "compare")]
)
def test_an_output_without_the_whole_batch_fails(name, step, tiny_model, tmp_path):
    model = TINY_MODELS[name]
    module = imported(tmp_path, model.model_family, model_location=str(tiny_model(name)), batch_size=3)
    whole = getattr(module, step)
    setattr(module, step, lambda *arguments: whole(*arguments)[:2])
    with pytest.raises(AssertionError, match=r"the shape of the .* is \(2, .*, not \(3, "):
        call(module)


def test_embeddings_that_padding_changes_fail(tiny_model, tmp_path):
    module = imported(tmp_path, "text_embedding", model_location=str(tiny_model("bert")), batch_size=3)
    embed = module.embed
    module.embed = lambda model, inputs: embed(
        model, {**inputs, "attention_mask": torch.ones_like(inputs["attention_mask"])}
    )
    with pytest.raises(AssertionError, match="changes with its batch"):
        call(module)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "hardware_type, device, backend",
    [("cuda", "cuda", torch.cuda), ("rocm", "cuda", torch.cuda), ("mps", "mps", torch.backends.mps)],
)
def test_a_device_that_torch_lacks_is_an_error(family, hardware_type, device, backend, tmp_path, monkeypatch):
    monkeypatch.setattr(backend, "is_available", lambda: False)
    module = imported(tmp_path, family, hardware_type=hardware_type, device=device)
    with pytest.raises(RuntimeError, match=f"{hardware_type}: torch .* finds no device '{device}'"):
        call(module)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("hardware_type, hip, built_for", [("rocm", None, "cuda"), ("cuda", "5.4", "rocm")])
def test_a_torch_built_for_the_other_platform_is_an_error(
    family, hardware_type, hip, built_for, tmp_path, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.version, "hip", hip)
    module = imported(tmp_path, family, hardware_type=hardware_type, device="cuda")
    with pytest.raises(RuntimeError, match=f"{hardware_type}: torch .* is built for {built_for}"):
        call(module)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("hardware_type, device", [("cpu", "cpu"), ("cuda", "cuda"), ("rocm", "cuda"), ("mps", "mps")])
def test_a_template_is_one_test_that_stands_alone(family, hardware_type, device):
    tree = ast.parse(rendered(family, hardware_type=hardware_type, device=device))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert [(function.name, function.args.args) for function in functions] == [(f"test_{family}_{hardware_type}", [])]
    imports = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    sources = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {*imports, *sources} == {"time", "numpy", "torch", "transformers"}


def test_tiny_models_are_always_the_same(tiny_model, tmp_path):
    again = save_tiny_model("gpt2", tmp_path)
    assert (again / "model.safetensors").read_bytes() == (tiny_model("gpt2") / "model.safetensors").read_bytes()


def test_a_model_may_have_any_name(tiny_model, tmp_path):
    name = 'it\'s "the" model\n"""\\ ${x} {y} é'
    assert run(tmp_path, "vit", tiny_model("vit"), model_name=name)["model_name"] == name
