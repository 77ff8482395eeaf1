"""Test of one model of images and text on one kind of hardware.

Compares a batch of images with a batch of texts in a dual encoder, or has a generative model write about
each image, checks what comes out, and returns latency, throughput and memory.
"""
import time

import numpy
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoProcessor

try:
    from transformers import AutoModelForImageTextToText
except ImportError:  # Its name before transformers 4.46.
    from transformers import AutoModelForVision2Seq as AutoModelForImageTextToText

#% include _settings
#% exclusive
#% workload seq_len=16 new_tokens=16 output_logits=True
TASK = "${task}"
NEW_TOKENS = 16


def test_${model_family}_${hardware_type}():
    prepare_device()
    config = AutoConfig.from_pretrained(MODEL_LOCATION)
    generates = is_generative(config)
    auto_class = AutoModelForImageTextToText if generates else AutoModel
    use, check_output = (generate, check_ids) if generates else (compare, check_similarities)
    model = auto_class.from_pretrained(MODEL_LOCATION).to(DEVICE).eval()
    inputs, origin = make_inputs(model, generates)
    with torch.inference_mode():
        output, figures = measure(lambda: use(model, inputs))
        check_output(output, model, inputs)
    return {
        "success": True,
        "model_name": MODEL_NAME,
        "hardware_type": HARDWARE_TYPE,
        "batch_size": BATCH_SIZE,
        **figures,
        "peak_device_memory_bytes": peak_memory_bytes(),
        "output_shape": list(output.shape),
        "metrics": {"parameters": {"value": model.num_parameters(), "unit": "count", "better": None}},
        "inputs": origin,
    }


def compare(model, inputs):
    """Returns how similar each image is to each text."""
    return model(**inputs).logits_per_image


def check_similarities(similarities, model, inputs):
    check(similarities, (BATCH_SIZE, BATCH_SIZE), "similarities")
    outputs = model(**inputs)
    width = getattr(model.config, "projection_dim", outputs.image_embeds.shape[-1])
    check(outputs.image_embeds, (BATCH_SIZE, width), "image embeddings")
    check(outputs.text_embeds, (BATCH_SIZE, width), "text embeddings")


def generate(model, inputs, **options):
    """Generates NEW_TOKENS tokens an image, always the likeliest."""
    length = {"min_new_tokens": NEW_TOKENS, "max_new_tokens": NEW_TOKENS}
    return model.generate(**inputs, **length, do_sample=False, num_beams=1, **options)


def check_ids(ids, model, inputs):
    check(ids, (BATCH_SIZE, max(NEW_TOKENS, ids.shape[1])), "generated ids")
    steps = generate(model, inputs, output_logits=True, return_dict_in_generate=True).logits
    check(torch.stack(steps), (len(steps), BATCH_SIZE, model.config.get_text_config(decoder=True).vocab_size), "logits")


#% include _device


#% include _multimodal_inputs


#% include _measure
