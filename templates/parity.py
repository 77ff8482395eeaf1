"""Compares what one model gives on a device with what it gives on the CPU in float32.

Loads inputs and outputs that the template `reference` saved, runs the model once on the same inputs, and holds
every output to the required figures.
"""
import json
import os

import numpy
import torch
import transformers
from transformers import AutoConfig, AutoModel

#% needs reference hardware_type="cpu"
#% param dtype: str = "float32" "The type that the device computes in" in ["float32", "bfloat16", "float16"]
#% param required_pcc: float = 0.99 "The least Pearson correlation with the reference"
#% param required_cosine: float = 0.99 "The least cosine similarity with the reference"
#% param max_rel_error: float = 0.25 "The most that a value is off, by the reference's largest"
#% param max_abs_error: float = 1e38 "The most that a value is off"
#% workload mode="forward" seq_len=16 decoder_seq_len=8 audio_seconds=2
#% include _settings
DTYPE = "${dtype}"
# What the list of models says of a model goes before what is planned for all.
REQUIRED = {
    #% set limits = ["required_pcc", "required_cosine", "max_rel_error", "max_abs_error"]
    #% for name, value in zip(limits, [required_pcc, required_cosine, max_rel_error, max_abs_error])
    "${name}": ${float(model[name] if name in model and model[name] is not None else value)},
    #% endfor
}
# By figure: which of two is better, and the worst that passes.
FIGURES = {
    "pcc": ("higher", REQUIRED["required_pcc"]),
    "cosine": ("higher", REQUIRED["required_cosine"]),
    "max_rel_error": ("lower", REQUIRED["max_rel_error"]),
    "max_abs_error": ("lower", REQUIRED["max_abs_error"]),
}


def test_${template_name}_${model_family}_${hardware_type}():
    inputs, expected = saved_reference()
    prepare_device()
    model, missing = load_model(DTYPE)
    outputs = outputs_of(model, inputs)
    problems, figures = [], {}
    for name, values in expected.items():
        problem, figures[name] = compare(values, outputs.get(name))
        if problem:
            problems.append(f"{name}: {problem}")
    result = {
        "success": not problems,
        "model_name": MODEL_NAME,
        "hardware_type": HARDWARE_TYPE,
        "batch_size": BATCH_SIZE,
        "dtype": DTYPE,
        "metrics": worst(figures.values()),
        "outputs": figures,
        "missing_weights": missing,
    }
    if problems:
        chance = f" ({len(missing)} weights such as {missing[0]} are in no file of the model)" if missing else ""
        result["error_message"] = "; ".join(problems) + chance
    return result


def saved_reference():
    """Returns the inputs and the outputs that the reference saved, by name."""
    folder = json.loads(os.environ.get("TESTLOOM_NEEDS") or "{}").get("reference")
    if folder is None:
        raise RuntimeError("there is nothing to compare with: TESTLOOM_NEEDS names no folder of 'reference'")
    path = os.path.join(folder, "reference.npz")
    if not os.path.exists(path):
        raise FileNotFoundError(f"there is nothing to compare with: {path} is gone; run 'reference' again")
    with numpy.load(path) as saved:
        inputs = {name[6:]: saved[name] for name in saved.files if name.startswith("input.")}
        return inputs, {name[7:]: saved[name] for name in saved.files if name.startswith("output.")}


def compare(expected, values):
    """Returns what is wrong with an output, or None, and its figures, which may not be there."""
    if values is None:
        return "the device does not give it", {}
    if values.shape != expected.shape:
        return f"its shape is {values.shape}, that of the reference {expected.shape}", {}
    finite = numpy.isfinite(expected) & numpy.isfinite(values)
    bad = int((~finite & (expected != values)).sum())
    if bad:
        return f"{bad} of {values.size} values are NaN or infinite on one side only", {}
    figures = figures_of(expected[finite].astype(numpy.float64), values[finite].astype(numpy.float64))
    missed = []
    for name, value in figures.items():
        better, required = FIGURES[name]
        if better == "higher" and not value >= required:
            missed.append(f"{name} is {value:.6g}, at least {required:g} is required")
        if better == "lower" and not value <= required:
            missed.append(f"{name} is {value:.6g}, at most {required:g} is allowed")
    return "; ".join(missed) or None, figures


def figures_of(expected, values):
    """Returns how near the values are; what is not defined, as a constant's correlation, is left out."""
    figures = {}
    if expected.size == 0:
        return figures
    if expected.min() < expected.max():
        varies = values.min() < values.max()
        figures["pcc"] = similarity(expected - expected.mean(), values - values.mean()) if varies else 0.0
    if expected.any():
        figures["cosine"] = similarity(expected, values)
    most, largest = abs(values - expected).max(), abs(expected).max()
    figures["max_abs_error"] = float(most)
    figures["max_rel_error"] = float(most / largest) if largest > 0 else 0.0 if most == 0 else numpy.inf
    return figures


def similarity(first, second):
    lengths = numpy.linalg.norm(first) * numpy.linalg.norm(second)
    return min(1.0, float(first @ second / lengths)) if lengths > 0 else 0.0


def worst(figures):
    """Returns the worst of each figure over all outputs, as metrics."""
    metrics = {}
    for name, (better, _) in FIGURES.items():
        values = [each[name] for each in figures if name in each]
        if values:
            value = min(values) if better == "higher" else max(values)
            metrics[name] = {"value": value, "unit": "1", "better": better}
    return metrics


#% include _outputs


#% include _device
