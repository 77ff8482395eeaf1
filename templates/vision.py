"""Test of one vision model on one kind of hardware.

Sends a batch of images through an image classifier, or through the bare model where there is no such head,
checks the logits or features, and returns latency, throughput and memory.
"""
import time

import numpy
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoModelForImageClassification

#% include _settings
#% exclusive
#% workload mode="forward"


def test_${model_family}_${hardware_type}():
    prepare_device()
    model = load_model()
    inputs, origin = make_inputs(model)
    with torch.inference_mode():
        output, figures = measure(lambda: look(model, inputs))
        check_output(output, model)
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


def load_model():
    config = AutoConfig.from_pretrained(MODEL_LOCATION)
    auto_class = AutoModelForImageClassification if is_classifier(config) else AutoModel
    return auto_class.from_pretrained(MODEL_LOCATION).to(DEVICE).eval()


def is_classifier(config):
    return any("ForImageClassification" in name for name in config.architectures or ())


def look(model, inputs):
    """Returns a classifier's logits, or the last feature map of a model without that head."""
    outputs = model(**inputs)
    return outputs.logits if is_classifier(model.config) else outputs.last_hidden_state


def check_output(output, model):
    if is_classifier(model.config):
        check(output, (BATCH_SIZE, model.config.num_labels), "logits")
        return
    sizes = tuple(output.shape[1:])
    if len(sizes) == 2:
        sizes = (sizes[0], getattr(model.config, "hidden_size", sizes[1]))
    check(output, (BATCH_SIZE, *sizes), "features")


#% include _device


#% include _vision_inputs


#% include _measure
