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
TOKENS_WITHOUT_TOKENIZER = 16
TEXTS = (
    "A short text.",
    "The ferry to the island leaves every morning at a quarter past eight.",
    "How do I reset the clock after a power cut?",
    "Rain is expected in the north, with strong winds along the coast.",
)


def test_${model_family}_${hardware_type}():
    prepare_device()
    model = load_model()
    inputs, origin = make_inputs(model.config.get_text_config().vocab_size)
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


def load_tokenizer(vocab_size):
    """Returns the model's tokenizer, or None: without its files, newer transformers give one that knows no words."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(MODEL_LOCATION)
    except (OSError, ImportError, ValueError):
        return None
    if 2 * len(tokenizer) < vocab_size:
        return None
    tokenizer.padding_side = "right"
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
    texts = [TEXTS[index % len(TEXTS)] for index in range(BATCH_SIZE)]
    inputs = tokenizer(texts, padding=True, truncation=True, return_attention_mask=True, return_tensors="pt")
    return {name: value.to(DEVICE) for name, value in inputs.items()}, "processor"


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


#% include _measure
