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
IMAGE_HEIGHT, IMAGE_WIDTH = 240, 320


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


def make_inputs(model):
    """Returns a batch of pixels, and whether a processor or the config shaped them."""
    random = numpy.random.RandomState(0)
    try:
        processor = AutoImageProcessor.from_pretrained(MODEL_LOCATION)
    except (OSError, ImportError, ValueError):
        size = getattr(model.config, "image_size", None) or 224
        height, width = (size, size) if isinstance(size, int) else size
        channels = getattr(model.config, "num_channels", 3)
        pixels = random.standard_normal((BATCH_SIZE, channels, height, width)).astype(numpy.float32)
        return {"pixel_values": torch.from_numpy(pixels).to(DEVICE, model.dtype)}, "config"
    images = list(random.randint(0, 256, (BATCH_SIZE, IMAGE_HEIGHT, IMAGE_WIDTH, 3), dtype=numpy.uint8))
    pixels = processor(images=images, return_tensors="pt")["pixel_values"]
    return {"pixel_values": pixels.to(DEVICE, model.dtype)}, "processor"


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


#% include _measure
