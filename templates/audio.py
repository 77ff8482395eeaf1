"""Test of one audio model on one kind of hardware.

Sends a batch of sounds through a speech recogniser (CTC or encoder-decoder), an audio classifier or the
bare model, checks what comes out, and returns latency, throughput and memory.
"""
import time

import numpy
import torch
from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    AutoModelForAudioClassification,
    AutoModelForCTC,
    AutoModelForSpeechSeq2Seq,
)

MODEL_NAME = "${model_name}"
MODEL_LOCATION = "${model_location}"
HARDWARE_TYPE = "${hardware_type}"
DEVICE = "${device}"
DEVICE_TYPE = DEVICE.split(":")[0]
BATCH_SIZE = ${batch_size}
WARM_UP_RUNS = 2
MIN_RUNS, MAX_RUNS, ENOUGH_SECONDS = 5, 10, 10.0
TASK = "${task}"
NEW_TOKENS = 16
SOUND_SECONDS = 2
SAMPLING_RATE = 16000


def test_${model_family}_${hardware_type}():
    prepare_device()
    config = AutoConfig.from_pretrained(MODEL_LOCATION)
    kind, auto_class = kind_of_model(config)
    model = auto_class.from_pretrained(MODEL_LOCATION).to(DEVICE).eval()
    inputs, origin = make_inputs(model)
    with torch.inference_mode():
        if kind == "ids":
            check_first_logits(model, inputs)
        output, figures = measure(lambda: listen(model, inputs, kind))
        check_output(output, model.config, kind)
    sound_per_s = BATCH_SIZE * SOUND_SECONDS / figures["latency_s"]["p50"]
    return {
        "success": True,
        "model_name": MODEL_NAME,
        "hardware_type": HARDWARE_TYPE,
        "batch_size": BATCH_SIZE,
        **figures,
        "output_shape": list(output.shape),
        "metrics": {
            "parameters": {"value": model.num_parameters(), "unit": "count", "better": None},
            "sound_per_s": {"value": sound_per_s, "unit": "s/s", "better": "higher"},
        },
        "inputs": origin,
    }


def kind_of_model(config):
    """Returns what the model gives and its Auto class, by its architecture or, where it names none, by its task."""
    architecture = (config.architectures or [TASK])[0]
    if config.is_encoder_decoder:
        return "ids", AutoModelForSpeechSeq2Seq
    if architecture.endswith("ForCTC") or architecture == "automatic-speech-recognition":
        return "frame logits", AutoModelForCTC
    if architecture.endswith(("ForSequenceClassification", "ForAudioClassification", "audio-classification")):
        return "logits", AutoModelForAudioClassification
    return "features", AutoModel


def make_inputs(model):
    """Returns a batch of sounds as the model takes them, and whether a processor or the config shaped them."""
    try:
        extractor = AutoFeatureExtractor.from_pretrained(MODEL_LOCATION)
    except (OSError, ImportError, ValueError):
        values = numpy.random.RandomState(0).standard_normal((BATCH_SIZE, *input_shape(model.config)))
        inputs, origin = {model.main_input_name: torch.from_numpy(values.astype(numpy.float32))}, "config"
    else:
        rate = extractor.sampling_rate
        inputs, origin = extractor(make_sounds(rate), sampling_rate=rate, return_tensors="pt"), "processor"
    types = {name: model.dtype if value.is_floating_point() else value.dtype for name, value in inputs.items()}
    return {name: value.to(DEVICE, types[name]) for name, value in inputs.items()}, origin


def input_shape(config):
    """Returns the shape of one sound's mel frames where the model takes those, else of its waveform."""
    if config.model_type == "whisper":
        return config.num_mel_bins, 2 * config.max_source_positions
    if config.model_type == "audio-spectrogram-transformer":
        return config.max_length, config.num_mel_bins
    return (SOUND_SECONDS * SAMPLING_RATE,)


def make_sounds(rate):
    """Returns one tone a sound, each of another pitch, in a little noise."""
    noise = numpy.random.RandomState(0).standard_normal((BATCH_SIZE, SOUND_SECONDS * rate))
    time_s = numpy.arange(SOUND_SECONDS * rate) / rate
    tones = [numpy.sin(2 * numpy.pi * (220 + 20 * (index % 32)) * time_s) for index in range(BATCH_SIZE)]
    return [(0.5 * tone + 0.01 * hiss).astype(numpy.float32) for tone, hiss in zip(tones, noise)]


def listen(model, inputs, kind):
    """Returns the ids that the model writes, its logits or its features."""
    if kind == "ids":
        length = {"min_new_tokens": NEW_TOKENS, "max_new_tokens": NEW_TOKENS}
        return model.generate(**inputs, **length, do_sample=False, num_beams=1)
    outputs = model(**inputs)
    return outputs.last_hidden_state if kind == "features" else outputs.logits


def check_first_logits(model, inputs):
    """Checks what stands behind the first id; the ids alone do not tell whether it is sound."""
    start = torch.full((BATCH_SIZE, 1), model.generation_config.decoder_start_token_id, device=DEVICE)
    logits = model(**inputs, decoder_input_ids=start).logits
    check(logits, (BATCH_SIZE, 1, model.config.get_text_config(decoder=True).vocab_size), "first logits")


def check_output(output, config, kind):
    if kind == "ids":
        check(output, (BATCH_SIZE, max(1, output.shape[1])), "generated ids")
        return
    name = {"frame logits": "vocab_size", "logits": "num_labels", "features": "hidden_size"}[kind]
    check(output, (BATCH_SIZE, *output.shape[1:-1], getattr(config, name, output.shape[-1])), kind)


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
