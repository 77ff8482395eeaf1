"""Test of one vision model on one kind of hardware.

Sends a batch of images through an image classifier, or through the bare model where there is no such head,
checks the logits or features, and returns latency, throughput and memory.
"""
import time

import numpy
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoModelForImageClassification

MODEL_NAME = "${model_name}"
MODEL_LOCATION = "${model_location}"
HARDWARE_TYPE = "${hardware_type}"
DEVICE = "${device}"
DEVICE_TYPE = DEVICE.split(":")[0]
BATCH_SIZE = ${batch_size}
WARM_UP_RUNS = 2
MIN_RUNS, MAX_RUNS, ENOUGH_SECONDS = 5, 10, 10.0
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


def check(values, shape, what):
    """Asserts that `values` have that shape and are finite."""
    assert tuple(values.shape) == shape, f"the shape of the {what} is {tuple(values.shape)}, not {shape}"
    bad = int((~torch.isfinite(values)).sum())
    assert bad == 0, f"{bad} of {values.numel()} values of the {what} are not finite"


def prepare_device():
    """Raises where torch lacks the device, for no test moves to another; else starts its memory peak afresh."""
    backend = torch.backends.mps if DEVICE_TYPE == "mps" else getattr(torch, DEVICE_TYPE, None)
    if DEVICE_TYPE != "cpu" and not (hasattr(backend, "is_available") and backend.is_available()):
        raise RuntimeError(f"{HARDWARE_TYPE}: torch {torch.__version__} finds no device {DEVICE!r} on this machine")
    if DEVICE_TYPE == "cuda":
        built_for = "rocm" if torch.version.hip else "cuda"
        if HARDWARE_TYPE in ("cuda", "rocm") and HARDWARE_TYPE != built_for:
            raise RuntimeError(f"{HARDWARE_TYPE}: torch {torch.__version__} is built for {built_for}")
        torch.zeros(1, device=DEVICE)
        torch.cuda.reset_peak_memory_stats(DEVICE)


def synchronize():
    """Waits until the device has finished what it was given."""
    if DEVICE_TYPE == "cuda":
        torch.cuda.synchronize(DEVICE)
    elif DEVICE_TYPE != "cpu":
        torch.zeros(1, device=DEVICE).cpu()


def peak_memory_bytes():
    if DEVICE_TYPE == "cuda":
        return torch.cuda.max_memory_allocated(DEVICE)
    if DEVICE_TYPE == "mps" and hasattr(torch, "mps"):
        return torch.mps.current_allocated_memory()
    return None


def measure(run):
    """Warms `run` up and times it; returns its last output and the figures of a result."""
    for _ in range(WARM_UP_RUNS):
        run()
    seconds = []
    while len(seconds) < MIN_RUNS or (len(seconds) < MAX_RUNS and sum(seconds) < ENOUGH_SECONDS):
        synchronize()
        start = time.perf_counter()
        output = run()
        synchronize()
        seconds.append(time.perf_counter() - start)
    p50, p95 = (float(value) for value in numpy.percentile(seconds, (50, 95)))
    return output, {
        "latency_s": {"p50": p50, "p95": p95},
        "throughput_per_s": BATCH_SIZE / p50,
        "peak_device_memory_bytes": peak_memory_bytes(),
    }
