"""The two inputs of the benchmark: their templates, and the value sets that both share.

The values are harmless, so that engines that escape nothing give the same bytes as testloom: letters, digits,
'-', '.', '_' and '/'. They are the same in every run.
"""

import dataclasses
import json
import pathlib
import random
import re
import uuid

import syntax

HERE = pathlib.Path(__file__).resolve().parent
ORIGINAL_DOCS = HERE.parents[1] / "docs/original-interface.md"

ORGANISATIONS = (
    "acme-labs albatross amber-ai atlas baikal basalt bluebird cedar-nlp copper delta-vision dune emberly fjord "
    "garnet granite harbor helix indigo iris-lab juniper karst kestrel lagoon lumen maple meridian monsoon "
    "northwind nova-audio onyx orchid osprey pelican pine quartz raven.ai saffron sequoia sierra solstice "
    "spruce tundra umbra vega violet walnut willow yarrow zenith zephyr"
).split()
MODELS = (
    "bert roberta distilbert electra deberta mpnet minilm e5 bge gte llama mistral phi gemma qwen falcon bloom "
    "opt pythia t5 vit swin convnext dinov2 beit clip siglip blip llava whisper wav2vec2 hubert sdxl pixart "
    "chronos timesfm patchtst moirai granite olmo"
).split()
SIZES = "tiny mini small base medium large xl xxl 0.5B 1.5B 3B 7B 8B 13B 34B 70B 125m 350m 1.3b 6.7b".split()
VARIANTS = (
    "v1 v1.5 v2 v3 v3.1 uncased cased instruct chat base_en multilingual finetuned distilled long-4k long-32k "
    "fp16 int8 awq gptq 2024-06 2025-01 r128 qa summarization retrieval"
).split()
TASKS = {
    "text_embedding": "feature-extraction",
    "text_generation": "text-generation",
    "vision": "image-classification",
    "audio": "automatic-speech-recognition",
    "multimodal": "image-text-to-text",
    "diffusion": "text-to-image",
    "time_series": "time-series-forecasting",
}
DEVICES = {"cpu": "cpu", "cuda": "cuda", "rocm": "cuda", "mps": "mps"}
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclasses.dataclass
class Input:
    number: int
    what: str
    text: str  # in testloom's syntax
    sets: int  # value sets of a full round

    def __post_init__(self):
        if not self.text.isascii():
            raise ValueError("engines count bytes or characters: templates must be ASCII")
        self.nodes = syntax.parse(self.text)

    def describe(self, sets):
        kinds = ((syntax.Value, "placeholders"), (syntax.Choice, "conditionals"), (syntax.Loop, "loops"))
        counts = ((syntax.count(self.nodes, kind), what) for kind, what in kinds)
        shape = ", ".join(f"{number} {what}" for number, what in counts if number)
        return f"input {self.number}: {self.what}; {len(self.text):,} bytes, {shape}; {sets:,} value sets"


def original_example():
    """The template of the original implementation, as its documentation shows it."""
    found = re.search(
        r"### Example Template for Text Embedding Models\n\n```python\n(.*?)```", ORIGINAL_DOCS.read_text("utf-8"), re.S
    )
    if found is None:
        raise ValueError(f"no example template in {ORIGINAL_DOCS}")
    return found[1]


def both():
    return (
        Input(1, "the original example, a test of a text embedding model", original_example(), 100_000),
        Input(2, "a long test of latency and accuracy", (HERE / "large.py").read_text("utf-8"), 10_000),
    )


def model_name(index):
    """A hub name; no two of the first 1,000,000 are the same."""
    words = (VARIANTS, SIZES, MODELS, ORGANISATIONS)
    every = len(VARIANTS) * len(SIZES) * len(MODELS) * len(ORGANISATIONS)
    rest = index * 611_953 % every  # a prime that does not divide `every`: goes through all of them, well mixed
    picked = []
    for choices in words:
        rest, at = divmod(rest, len(choices))
        picked.append(choices[at])
    variant, size, model, organisation = picked
    return f"{organisation}/{model}-{size}-{variant}"


def write_values(path, sets):
    """Writes that many value sets, one JSON object a line."""
    chance = random.Random(2026)
    families, hardware_types = list(TASKS), list(DEVICES)
    with open(path, "w", encoding="ascii") as file:
        for index in range(sets):
            name = model_name(index)
            family = chance.choice(families)
            hardware_type = chance.choice(hardware_types)
            values = {
                "model_name": name,
                "model_family": family,
                "model_location": f"/srv/models/{name}",
                "task": TASKS[family],
                "hardware_type": hardware_type,
                "device": DEVICES[hardware_type],
                "batch_size": chance.choice(BATCH_SIZES),
                "test_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                "template_name": "latency",
            }
            file.write(json.dumps(values) + "\n")
