# Latency and accuracy of ${model_name} (${model_family}, ${task}) on ${hardware_type}
# Template ${template_name}, test ${test_id}, batch size ${batch_size}
"""How fast and how exact ${model_name} is on ${hardware_type} at batch size ${batch_size}.

The model is loaded once from ${model_location}. Its latency is measured at several batch sizes from 1 to 16, and
at the batch size of this test, ${batch_size}; its outputs on ${device} are compared with its own outputs on
the CPU in double precision. What comes back are the figures and whether each is within its bound.
"""
import contextlib
import gc
import json
import math
import os
import pathlib
import platform
import statistics
import time

import numpy
import torch
from transformers import AutoConfig, AutoModel

MODEL_NAME = "${model_name}"
MODEL_FAMILY = "${model_family}"
MODEL_LOCATION = "${model_location}"
TASK = "${task}"
HARDWARE_TYPE = "${hardware_type}"
DEVICE = "${device}"
BATCH_SIZE = ${batch_size}
TEST_ID = "${test_id}"
REPORT_NAME = "${model_name.replace("-", "_")}"

WARM_UP_RUNS = 3
MEASURED_RUNS = 20
SEQUENCE_TOKENS = 32
IMAGE_PIXELS = 224
AUDIO_SAMPLES = 16000
SEED = 1234 + ${batch_size}
MOST_SECONDS_PER_STEP = 120.0

#% if model_family == "text_embedding"
# Embeddings are compared by their direction: the largest allowed angle between two of them, in degrees.
LARGEST_ANGLE_DEGREES = 0.5
LARGEST_RELATIVE_ERROR = 1e-2
#% elif model_family == "text_generation"
# The logits of ${model_name} decide which token comes next: their order matters more than their values.
LARGEST_ANGLE_DEGREES = 1.0
LARGEST_RELATIVE_ERROR = 2e-2
#% elif model_family == "vision"
# Pixels are averaged over many patches, so that rounding errors cancel out for the most part.
LARGEST_ANGLE_DEGREES = 0.8
LARGEST_RELATIVE_ERROR = 1e-2
#% else
# Nothing is known about the models of this family that would allow a narrower bound than this one.
LARGEST_ANGLE_DEGREES = 2.0
LARGEST_RELATIVE_ERROR = 5e-2
#% endif

# What a step may take at each batch size, in seconds: a fixed part for launching it, and a part for each input.
# The bounds are wide, since machines differ; they are there to find what went wrong, such as a model that was
# left on another device or that is compiled anew at each step, and not to tell one good machine from another.
LATENCY_BOUNDS = {
    #% for size in [1, 2, 4, 8, 16]
    "batch_${size}": {
        "batch_size": ${size},
        "seconds": 0.050 + 0.020 * ${size},
        "label": "${size} inputs at once, padded to the same length",
    },
    #% endfor
    "own": {
        "batch_size": ${batch_size},
        "seconds": 0.050 + 0.020 * ${batch_size},
        "label": "${batch_size} inputs at once, padded to the same length, as this test asks for",
    },
}


class BoundExceeded(AssertionError):
    """A figure of the model is outside of its bound; the message says which, and by how much."""


def check_at_most(what, value, bound, unit=""):
    """Raises BoundExceeded when `value` is above `bound` or is no number at all."""
    if math.isnan(value) or value > bound:
        raise BoundExceeded(f"${model_name}: {what} is {value:.6g}{unit}, allowed are {bound:.6g}{unit}")


def check_latency(name, seconds):
    """Compares the latency of a step with the bound of that name, see LATENCY_BOUNDS."""
    bound = LATENCY_BOUNDS[name]
    check_at_most(f"the latency with {bound['label']}", seconds, bound["seconds"], " s")


def check_finite(what, values):
    """Raises BoundExceeded when a tensor holds infinities or what is no number."""
    bad = int((~torch.isfinite(values)).sum())
    if bad:
        raise BoundExceeded(f"{bad} of {values.numel()} values of the {what} are not finite on ${hardware_type}")


#% if hardware_type == "cuda" or hardware_type == "rocm"
def prepare_device():
    """Says that ${hardware_type} is there, and sets what makes two runs comparable."""
    if not torch.cuda.is_available():
        raise RuntimeError("torch " + torch.__version__ + " finds no ${hardware_type} device on this machine")
    built_for = "rocm" if torch.version.hip else "cuda"
    if built_for != HARDWARE_TYPE:
        raise RuntimeError("torch " + torch.__version__ + " is built for " + built_for + ", not ${hardware_type}")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.cuda.reset_peak_memory_stats(DEVICE)


def synchronize():
    torch.cuda.synchronize(DEVICE)


def peak_memory_bytes():
    return torch.cuda.max_memory_allocated(DEVICE)
#% elif hardware_type == "mps"
def prepare_device():
    """Says that ${hardware_type} is there; operators that it lacks are not moved to the CPU silently."""
    if not torch.backends.mps.is_available():
        raise RuntimeError("torch " + torch.__version__ + " finds no ${hardware_type} device on this machine")
    if os.environ.get("PYTORCH_ENABLE_MPS_FALLBACK") == "1":
        raise RuntimeError("PYTORCH_ENABLE_MPS_FALLBACK is set: what is measured would be the CPU instead")
    torch.mps.empty_cache()


def synchronize():
    torch.mps.synchronize()


def peak_memory_bytes():
    return torch.mps.current_allocated_memory()
#% else
def prepare_device():
    """Nothing to look for on ${hardware_type}; one thread a core, as torch itself would take."""
    torch.set_num_threads(max(1, os.cpu_count() or 1))
    torch.set_flush_denormal(True)


def synchronize():
    """What runs on a CPU has finished when the call returns, so that there is nothing to wait for."""


def peak_memory_bytes():
    import resource

    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
#% endif


@contextlib.contextmanager
def quiet_machine():
    """Keeps the garbage collector out of what is measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def make_inputs(config, batch_size, device):
    """A batch of inputs of the shape that the model's config asks for; the same ones for the same size."""
    generator = numpy.random.RandomState(SEED)
    if MODEL_FAMILY in ("vision", "diffusion", "multimodal"):
        pixels = getattr(config, "image_size", None) or IMAGE_PIXELS
        channels = getattr(config, "num_channels", None) or 3
        values = generator.standard_normal((batch_size, channels, pixels, pixels))
        return {"pixel_values": torch.from_numpy(values).float().to(device)}
    if MODEL_FAMILY == "audio":
        values = generator.standard_normal((batch_size, AUDIO_SAMPLES))
        return {"input_values": torch.from_numpy(values).float().to(device)}
    vocabulary = getattr(config, "vocab_size", None) or 1000
    tokens = torch.from_numpy(generator.randint(0, vocabulary, (batch_size, SEQUENCE_TOKENS))).long()
    return {"input_ids": tokens.to(device), "attention_mask": torch.ones_like(tokens).to(device)}


def first_tensor(outputs):
    """The tensor that stands for a model's whole output: its last hidden state where there is one."""
    for name in ("last_hidden_state", "logits", "pooler_output"):
        value = getattr(outputs, name, None)
        if value is not None:
            return value
    return next(value for value in outputs.to_tuple() if torch.is_tensor(value))


def run_once(model, inputs):
    """One step of ${model_name}, waited for; no gradients are kept, so that only the outputs take memory."""
    with torch.inference_mode():
        outputs = first_tensor(model(**inputs))
    synchronize()
    return outputs


def measure(model, config, batch_size):
    """Latency of one step in seconds, as median, 95th percentile and spread over the measured runs.

    A step that takes very long is not repeated as often: measuring ends after MOST_SECONDS_PER_STEP, with at
    least one run. On ${hardware_type} the first runs are slower, since kernels are chosen and caches are
    filled then; they are made before anything is measured and do not count.
    """
    inputs = make_inputs(config, batch_size, DEVICE)
    for _ in range(WARM_UP_RUNS):
        run_once(model, inputs)
    seconds = []
    began = time.perf_counter()
    with quiet_machine():
        while len(seconds) < MEASURED_RUNS and time.perf_counter() - began < MOST_SECONDS_PER_STEP:
            start = time.perf_counter()
            run_once(model, inputs)
            seconds.append(time.perf_counter() - start)
    seconds.sort()
    return {
        "runs": len(seconds),
        "p50_s": statistics.median(seconds),
        "p95_s": seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))],
        "spread": (seconds[-1] - seconds[0]) / statistics.median(seconds),
    }


def compare(values, reference):
    """The largest relative error, and the largest angle in degrees, between rows of two tensors."""
    values = values.detach().cpu().double().flatten(start_dim=1)
    reference = reference.detach().cpu().double().flatten(start_dim=1)
    # The error is taken relative to the largest value of all: small values next to large ones are rounded too.
    scale = reference.abs().max().clamp_min(1e-12)
    error = float(((values - reference).abs() / scale).max())
    cosine = torch.nn.functional.cosine_similarity(values, reference, dim=1).clamp(-1.0, 1.0)
    return {"relative_error": error, "angle_degrees": float(torch.rad2deg(torch.acos(cosine)).max())}


def write_report(report):
    """Writes the figures beside the test when its folder is known; returns the file's name or None."""
    folder = os.environ.get("LATENCY_REPORTS")
    if not folder:
        return None
    name = REPORT_NAME.replace("/", "__") + "_${hardware_type}_${batch_size}.json"
    path = pathlib.Path(folder) / name
    path.write_text(json.dumps(report, indent=2, sort_keys=True), encoding="utf-8")
    return str(path)


def test_${model_family}_${hardware_type}():
    prepare_device()
    torch.manual_seed(SEED)
    config = AutoConfig.from_pretrained(MODEL_LOCATION)
    model = AutoModel.from_pretrained(MODEL_LOCATION).to(DEVICE).eval()
    parameters = sum(weight.numel() for weight in model.parameters())
    figures = {}

    # Latency at the usual batch sizes, each against its bound
    #% for size in [1, 2, 4, 8, 16]
    step_${size} = measure(model, config, ${size})
    figures["batch_${size}"] = step_${size}
    check_latency("batch_${size}", step_${size}["p50_s"])
    #% endfor

    # Latency at the batch size of this test, which may be one of the usual ones and is measured again then
    own = figures["own"] = measure(model, config, ${batch_size})
    check_latency("own", own["p50_s"])
    throughput = ${batch_size} / own["p50_s"]

    # Accuracy: the same inputs through the same weights on the CPU, in double precision
    outputs = run_once(model, make_inputs(config, ${batch_size}, DEVICE))
    check_finite("outputs", outputs)
    exact = AutoModel.from_pretrained(MODEL_LOCATION).double().eval()
    inputs = make_inputs(config, ${batch_size}, "cpu")
    inputs = {name: value.double() if value.is_floating_point() else value for name, value in inputs.items()}
    with torch.inference_mode():
        accuracy = compare(outputs, first_tensor(exact(**inputs)))
    check_at_most("the relative error on ${hardware_type}", accuracy["relative_error"], LARGEST_RELATIVE_ERROR)
    check_at_most("the angle on ${hardware_type}", accuracy["angle_degrees"], LARGEST_ANGLE_DEGREES, " degrees")

    report = {
        "test_id": TEST_ID,
        "model_name": "${model_name}",
        "hardware_type": "${hardware_type}",
        "batch_size": ${batch_size},
        "task": TASK,
        "machine": platform.node(),
        "torch": torch.__version__,
        #% if hardware_type != "cpu"
        "device": DEVICE,
        "device_memory_bytes": peak_memory_bytes(),
        #% endif
        "latency": figures,
        "accuracy": accuracy,
    }
    return {
        "success": True,
        "latency_s": {"p50": own["p50_s"], "p95": own["p95_s"]},
        "throughput_per_s": throughput,
        "peak_device_memory_bytes": peak_memory_bytes(),
        "output_shape": list(outputs.shape),
        "metrics": {
            "parameters": {"value": parameters, "unit": "count", "better": None},
            "relative_error": {"value": accuracy["relative_error"], "better": "lower"},
            "angle": {"value": accuracy["angle_degrees"], "unit": "degrees", "better": "lower"},
        },
        "report": write_report(report),
    }
