TOKENS_WITHOUT_PROCESSOR = 8
IMAGE_HEIGHT, IMAGE_WIDTH = 240, 320
TEXTS = ("a red bicycle", "two dogs on a beach", "a city at night", "a bowl of fruit")
QUESTION = "What is in this image?"


def is_generative(config):
    """Says whether the model writes text, by its architecture or, where it names none, by its task."""
    architecture = (config.architectures or [TASK])[0]
    generative = ("ForConditionalGeneration", "ForCausalLM", "ForVisionText2Text", "VisionEncoderDecoderModel")
    return architecture.endswith(generative + ("image-to-text", "image-text-to-text"))


def make_inputs(model, generates):
    """Returns a batch of images with their texts, and whether a processor or the config shaped them."""
    random = numpy.random.RandomState(0)
    try:
        processor = AutoProcessor.from_pretrained(MODEL_LOCATION)
        if not hasattr(processor, "image_processor"):
            processor = AutoImageProcessor.from_pretrained(MODEL_LOCATION)
    except (OSError, ImportError, ValueError) as error:
        inputs, origin = inputs_from_config(model.config, generates, random, error), "config"
    else:
        images = list(random.randint(0, 256, (BATCH_SIZE, IMAGE_HEIGHT, IMAGE_WIDTH, 3), dtype=numpy.uint8))
        texts = [prompt(processor) if generates else TEXTS[index % len(TEXTS)] for index in range(BATCH_SIZE)]
        padding = "max_length" if model.config.model_type.startswith("siglip") else True
        text_options = {"text": texts, "padding": padding} if texts[0] else {}
        inputs, origin = processor(images=images, **text_options, return_tensors="pt"), "processor"
    types = {name: model.dtype if value.is_floating_point() else value.dtype for name, value in inputs.items()}
    return {name: value.to(DEVICE, types[name]) for name, value in inputs.items()}, origin


def prompt(processor):
    """Returns what the model is asked, as its chat template or its image token wants it; None for plain captions."""
    if getattr(processor, "chat_template", None):
        content = [{"type": "image"}, {"type": "text", "text": QUESTION}]
        return processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    image_token = getattr(processor, "image_token", None)
    return f"{image_token} {QUESTION}" if isinstance(image_token, str) else None


def inputs_from_config(config, generates, random, error):
    if hasattr(config, "image_token_index") or hasattr(config, "image_token_id"):
        raise RuntimeError(f"the prompts of {MODEL_NAME} need its processor, which does not load: {error}") from error
    vision = config.vision_config if hasattr(config, "vision_config") else config.encoder
    shape = (BATCH_SIZE, getattr(vision, "num_channels", 3), vision.image_size, vision.image_size)
    inputs = {"pixel_values": torch.from_numpy(random.standard_normal(shape).astype(numpy.float32))}
    if not generates:
        ids = random.randint(0, config.text_config.vocab_size, (BATCH_SIZE, TOKENS_WITHOUT_PROCESSOR))
        inputs["input_ids"] = torch.from_numpy(ids).long()
    return inputs
