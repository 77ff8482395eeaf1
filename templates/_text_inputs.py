TOKENS_WITHOUT_TOKENIZER = 16


def load_tokenizer(vocab_size, padding_side):
    """Returns the model's tokenizer, or None: without its files, newer transformers give one that knows no words."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(MODEL_LOCATION)
    except (OSError, ImportError, ValueError):
        return None
    if 2 * len(tokenizer) < vocab_size:
        return None
    tokenizer.padding_side = padding_side
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def make_inputs(vocab_size, texts, padding_side="right", **options):
    """Returns a batch of token ids with their mask, and whether a processor or the config shaped them."""
    tokenizer = load_tokenizer(vocab_size, padding_side)
    if tokenizer is None:
        ids = numpy.random.RandomState(0).randint(0, vocab_size, (BATCH_SIZE, TOKENS_WITHOUT_TOKENIZER))
        ids = torch.from_numpy(ids).long().to(DEVICE)
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, "config"
    batch = [texts[index % len(texts)] for index in range(BATCH_SIZE)]
    inputs = tokenizer(batch, padding=True, return_attention_mask=True, return_tensors="pt", **options)
    return {name: value.to(DEVICE) for name, value in inputs.items()}, "processor"
