"""Test of one text generation model, decoder-only or encoder-decoder, on one kind of hardware.

Generates a fixed number of tokens for a batch of prompts, checks the tokens and the logits behind them,
and returns latency, throughput and memory.
"""
import time

import numpy
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

MODEL_NAME = "${model_name}"
MODEL_LOCATION = "${model_location}"
HARDWARE_TYPE = "${hardware_type}"
DEVICE = "${device}"
DEVICE_TYPE = DEVICE.split(":")[0]
BATCH_SIZE = ${batch_size}
WARM_UP_RUNS = 2
MIN_RUNS, MAX_RUNS, ENOUGH_SECONDS = 5, 10, 10.0
NEW_TOKENS = 16
TOKENS_WITHOUT_TOKENIZER = 16
PROMPTS = (
    "The ferry to the island",
    "Before the bridge was built, people crossed the river",
    "A good night's sleep",
    "The recipe calls for two eggs, a cup of flour and",
)


def test_${model_family}_${hardware_type}():
    prepare_device()
    model = load_model()
    inputs, origin = make_inputs(model.config.get_text_config().vocab_size)
    with torch.inference_mode():
        output, figures = measure(lambda: generate(model, inputs))
        check_output(output, model, inputs)
    tokens_per_s = BATCH_SIZE * NEW_TOKENS / figures["latency_s"]["p50"]
    return {
        "success": True,
        "model_name": MODEL_NAME,
        "hardware_type": HARDWARE_TYPE,
        "batch_size": BATCH_SIZE,
        **figures,
        "output_shape": list(output.shape),
        "metrics": {
            "parameters": {"value": model.num_parameters(), "unit": "count", "better": None},
            "tokens_per_s": {"value": tokens_per_s, "unit": "tokens/s", "better": "higher"},
        },
        "inputs": origin,
    }


def load_model():
    config = AutoConfig.from_pretrained(MODEL_LOCATION)
    auto_class = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    return auto_class.from_pretrained(MODEL_LOCATION).to(DEVICE).eval()


def load_tokenizer(vocab_size):
    """Returns the model's tokenizer, or None: without its files, newer transformers give one that knows no words."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(MODEL_LOCATION)
    except (OSError, ImportError, ValueError):
        return None
    if 2 * len(tokenizer) < vocab_size:
        return None
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def make_inputs(vocab_size):
    """Returns a batch of token ids with their mask, and whether a processor or the config shaped them."""
    tokenizer = load_tokenizer(vocab_size)
    if tokenizer is None:
        ids = numpy.random.RandomState(0).randint(0, vocab_size, (BATCH_SIZE, TOKENS_WITHOUT_TOKENIZER))
        ids = torch.from_numpy(ids).long().to(DEVICE)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, "config"
    prompts = [PROMPTS[index % len(PROMPTS)] for index in range(BATCH_SIZE)]
    inputs = tokenizer(prompts, padding=True, return_attention_mask=True, return_tensors="pt")
    return {name: inputs[name].to(DEVICE) for name in ("input_ids", "attention_mask")}, "processor"


def generate(model, inputs, **options):
    """Generates exactly NEW_TOKENS tokens a prompt, always the likeliest."""
    eos = model.generation_config.eos_token_id
    pad = model.generation_config.pad_token_id
    if pad is None:
        pad = eos[0] if isinstance(eos, list) else eos
    length = {"min_new_tokens": NEW_TOKENS, "max_new_tokens": NEW_TOKENS}
    return model.generate(**inputs, **length, do_sample=False, num_beams=1, pad_token_id=pad, **options)


def check_output(ids, model, inputs):
    given = 1 if model.config.is_encoder_decoder else inputs["input_ids"].shape[1]
    check(ids, (BATCH_SIZE, given + NEW_TOKENS), "generated ids")
    steps = generate(model, inputs, output_logits=True, return_dict_in_generate=True).logits
    check(torch.stack(steps), (NEW_TOKENS, BATCH_SIZE, model.config.get_text_config().vocab_size), "logits")


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
