"""Test of one text embedding model on one kind of hardware.

Turns a batch of texts into embeddings by mean pooling, checks that they are sound and that padding does
not change them, and returns latency, throughput and memory.
"""
import time

import numpy
import torch
from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, AutoTokenizer

#% include _settings
#% exclusive
#% workload mode="forward" seq_len=16
TEXTS = (
    "A short text.",
    "The ferry to the island leaves every morning at a quarter past eight.",
    "How do I reset the clock after a power cut?",
    "Rain is expected in the north, with strong winds along the coast.",
)


def test_${model_family}_${hardware_type}():
    prepare_device()
    model = load_model()
    inputs, origin = make_inputs(model.config.get_text_config().vocab_size, TEXTS, truncation=True)
    with torch.inference_mode():
        output, figures = measure(lambda: embed(model, inputs))
        check_output(output, model, inputs)
    tokens_per_s = inputs["attention_mask"].sum().item() / figures["latency_s"]["p50"]
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
    """Loads the model, of an encoder-decoder only the encoder."""
    config = AutoConfig.from_pretrained(MODEL_LOCATION)
    bare_encoder = any(name.endswith("EncoderModel") for name in config.architectures or ())
    model = (AutoModelForTextEncoding if bare_encoder else AutoModel).from_pretrained(MODEL_LOCATION)
    return (model.get_encoder() if model.config.is_encoder_decoder else model).to(DEVICE).eval()


def embed(model, inputs):
    """Returns one embedding a text: the mean of its tokens' last hidden states, padding left out."""
    hidden = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1).to(hidden.dtype)
    return (hidden * mask).sum(dim=1) / mask.sum(dim=1)


def check_output(embeddings, model, inputs):
    check(embeddings, (BATCH_SIZE, model.config.get_text_config().hidden_size), "embeddings")
    length = int(inputs["attention_mask"][0].sum())
    alone = embed(model, {name: value[:1, :length] for name, value in inputs.items()})
    similarity = torch.nn.functional.cosine_similarity(embeddings[:1].float(), alone.float()).item()
    assert similarity > 0.99, f"a text's embedding changes with its batch (cosine similarity {similarity:.4f})"


#% include _device


#% include _text_inputs


#% include _measure
