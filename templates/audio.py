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

#% include _settings
#% exclusive
#% workload audio_seconds=2 new_tokens=16
TASK = "${task}"
NEW_TOKENS = 16


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
        "peak_device_memory_bytes": peak_memory_bytes(),
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


#% include _device


#% include _audio_inputs


#% include _measure
