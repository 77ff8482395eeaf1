"""Parameter counts against the transformers that is installed. tests/golden/parameters.jsonl says what the newest one
has; an older one has as many, but for what OTHERWISE lists."""

import json
import os
import subprocess

import pytest
import torch
import transformers
from cli_driver import REPOSITORY
from torch.overrides import TorchFunctionMode
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

DRIVER = os.environ.get("TESTLOOM_COUNT_PARAMETERS") or REPOSITORY / "build" / "count_parameters"

# Classes whose positions are a convolution with weight_norm, which torch 1.13 cannot make on the meta device.
MADE_FOR_REAL = {"hubert", "speecht5", "wav2vec2"}
LARGEST_FOR_REAL = 3_000_000

# (what the class's name begins with, what the config has in it): what older versions do otherwise.
OTHERWISE = [
    ("", '"tie_word_embeddings": false'),  # encoders have one bias less, BART one table, and T5 an untied head
    ("BlipFor", ""),  # the head is untied
    ("Detr", ""),  # needs timm
    ("Dinov2", '"image_size": 518'),  # the default of patch_size was 16
    ("Gemma2ForCausalLM", '["Gemma2ForCausalLM"]}'),  # the defaults were those of a larger model
    ("GlmFor", '"head_dim"'),  # the width of heads was always hidden_size / heads
    ("GlmModel", '"head_dim"'),
    ("GPTJForQuestionAnswering", ""),  # num_labels outputs
    ("Granite", '"head_dim"'),  # looked for nowhere
    ("LlavaForConditionalGeneration", '"tie_word_embeddings": true'),  # looked for in another place
    ("Marian", '"share_encoder_decoder_embeddings": false'),
    ("MT5ForConditionalGeneration", ""),  # the head was untied by default
    ("Qwen2MoeForCausalLM", '"qkv_bias": false'),
    ("Qwen2VL", '"text_config"'),  # the config was flat
    ("SiglipModel", '"projection_size"'),
    ("SpeechT5", ""),  # the tables of sines were parameters
    ("Swin", '"use_absolute_embeddings": true'),  # one position more
    ("SwinBackbone", ""),  # no norm of its own
]


class OnMeta(TorchFunctionMode):
    """Parameters and tables without memory, as torch 2 makes them in `with torch.device("meta")`."""

    MAKERS = {torch.arange, torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn}

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function in self.MAKERS and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return function(*args, **kwargs)


def rows():
    for line in (REPOSITORY / "tests/golden/parameters.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if any(row["architecture"].startswith(name) and part in json.dumps(row["config"]) for name, part in OTHERWISE):
            continue
        if row["model_type"] not in CONFIG_MAPPING or not hasattr(transformers, row["architecture"]):
            continue  # of a newer version
        if row["model_type"] not in MADE_FOR_REAL or row["parameters"] < LARGEST_FOR_REAL:
            yield row


ROWS = list(rows())


def made(row):
    """What the installed transformers makes of the config."""
    config = CONFIG_MAPPING[row["model_type"]].from_dict(json.loads(json.dumps(row["config"])))
    model_class = getattr(transformers, row["architecture"])
    if row["model_type"] in MADE_FOR_REAL:
        model = model_class(config)
    else:
        with OnMeta():
            model = model_class(config)
    return sum(parameter.numel() for parameter in model.parameters())


def counted(asked):
    lines = "".join(json.dumps({"config": row["config"], "architecture": row["architecture"]}) + "\n" for row in asked)
    output = subprocess.run([DRIVER], input=lines, capture_output=True, text=True, check=True, timeout=60).stdout
    return [json.loads(line)["parameters"] for line in output.splitlines()]


@pytest.mark.parametrize("model_type", sorted({row["model_type"] for row in ROWS}))
def test_the_installed_transformers_has_as_many(model_type):
    asked = [row for row in ROWS if row["model_type"] == model_type]
    told = counted(asked)
    different = [(row["architecture"], row["config"], made(row), count) for row, count in zip(asked, told)]
    assert not [entry for entry in different if entry[2] != entry[3]]
