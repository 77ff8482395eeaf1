"""Test of one text generation model, decoder-only or encoder-decoder, on one kind of hardware.

Generates a fixed number of tokens for a batch of prompts, checks the tokens and the logits behind them,
and returns latency, throughput and memory.
"""
import time

import numpy
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

#% include _settings
#% exclusive
#% workload mode="generate" seq_len=16 new_tokens=16 output_logits=True
NEW_TOKENS = 16
PROMPTS = (
    "The ferry to the island",
    "Before the bridge was built, people crossed the river",
    "A good night's sleep",
    "The recipe calls for two eggs, a cup of flour and",
)


def test_${model_family}_${hardware_type}():
    prepare_device()
    model = load_model()
    inputs, origin = make_inputs(model.config.get_text_config().vocab_size, PROMPTS, "left")
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
        "peak_device_memory_bytes": peak_memory_bytes(),
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


def generate(model, inputs, **options):
    """Generates exactly NEW_TOKENS tokens a prompt, always the likeliest."""
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
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


#% include _device


#% include _text_inputs


#% include _measure
