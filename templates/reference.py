"""What one model gives on the CPU in float32, kept for other devices to be compared with.

Makes inputs as the tests of the model's family do, runs the model on them once, and saves inputs and outputs
to reference.npz in $TESTLOOM_ARTIFACTS.
"""
import inspect
import os

import numpy
import torch
import transformers
from transformers import AutoConfig, AutoModel
#% set has_text = model_family not in ["vision", "audio", "multimodal"]
#% if model_family == "vision"
from transformers import AutoImageProcessor
#% elif model_family == "audio"
from transformers import AutoFeatureExtractor
#% elif model_family == "multimodal"
from transformers import AutoImageProcessor, AutoProcessor
#% else
from transformers import AutoTokenizer
#% endif

#% include _settings
#% workload mode="forward" seq_len=16 decoder_seq_len=8 audio_seconds=2 dtype="float32"
TASK = "${task}"
DECODER_TOKENS = 8
#% if has_text
SENTENCES = (
    "The lighthouse keeper wrote down the weather twice a day.",
    "Add the flour slowly.",
    "Which platform does the night train to the coast leave from?",
    "Prices rose again in March, though less than in the two months before.",
)
#% endif


def test_${template_name}_${model_family}_${hardware_type}():
    folder = os.environ.get("TESTLOOM_ARTIFACTS")
    if not folder:
        raise RuntimeError("there is nowhere to save the outputs: TESTLOOM_ARTIFACTS names no folder")
    prepare_device()
    model, missing = load_model("float32")
    inputs, origin = inputs_of(model)
    outputs = outputs_of(model, inputs)
    assert outputs, f"{type(model).__name__} gives no tensor of floating-point numbers"
    if any("pooler" in name for name in missing):
        outputs.pop("pooler_output", None)
    for name, values in outputs.items():
        bad = int(numpy.isnan(values).sum())
        assert bad == 0, f"{bad} of {values.size} values of {name} are NaN"
    named = {f"input.{name}": values for name, values in inputs.items()}
    named.update({f"output.{name}": values for name, values in outputs.items()})
    numpy.savez(os.path.join(folder, "reference.npz"), **named)
    return {
        "success": True,
        "model_name": MODEL_NAME,
        "hardware_type": HARDWARE_TYPE,
        "batch_size": BATCH_SIZE,
        "outputs": {name: list(values.shape) for name, values in outputs.items()},
        "missing_weights": missing,
        "inputs": origin,
    }


def inputs_of(model):
    """Returns what the model's forward pass takes, as arrays, and whether a processor or the config shaped it."""
    #% if has_text
    inputs, origin = make_inputs(model.config.get_text_config().vocab_size, SENTENCES, truncation=True)
    #% elif model_family == "multimodal"
    inputs, origin = make_inputs(model, is_generative(model.config))
    #% else
    inputs, origin = make_inputs(model)
    #% endif
    taken = inspect.signature(model.forward).parameters
    inputs = {name: value.cpu().numpy() for name, value in inputs.items() if name in taken}
    for name in {"input_ids", "decoder_input_ids"}.intersection(taken).difference(inputs):
        vocab_size = model.config.get_text_config(decoder=True).vocab_size
        ids = numpy.random.RandomState(0).randint(0, vocab_size, (BATCH_SIZE, DECODER_TOKENS))
        inputs[name] = ids.astype(numpy.int64)
    return inputs, origin


#% include _outputs


#% include _device


#% if model_family == "vision"
#% include _vision_inputs
#% elif model_family == "audio"
#% include _audio_inputs
#% elif model_family == "multimodal"
#% include _multimodal_inputs
#% else
#% include _text_inputs
#% endif
