"""Test of one model of images and text on one kind of hardware.

Compares a batch of images with a batch of texts in a dual encoder, or has a generative model write about
each image, checks what comes out, and returns latency, throughput and memory.
"""
import time

import numpy
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoProcessor

try:
    from transformers import AutoModelForImageTextToText
except ImportError:  # Its name before transformers 4.46.
    from transformers import AutoModelForVision2Seq as AutoModelForImageTextToText

#% include _settings
#% exclusive
#% workload seq_len=16 new_tokens=16 output_logits=True
TASK = "${task}"
NEW_TOKENS = 16
TOKENS_WITHOUT_PROCESSOR = 8
IMAGE_HEIGHT, IMAGE_WIDTH = 240, 320
TEXTS = ("a red bicycle", "two dogs on a beach", "a city at night", "a bowl of fruit")
QUESTION = "What is in this image?"


def test_${model_family}_${hardware_type}():
    prepare_device()
    config = AutoConfig.from_pretrained(MODEL_LOCATION)
    generates = is_generative(config)
    auto_class = AutoModelForImageTextToText if generates else AutoModel
    use, check_output = (generate, check_ids) if generates else (compare, check_similarities)
    model = auto_class.from_pretrained(MODEL_LOCATION).to(DEVICE).eval()
    inputs, origin = make_inputs(model, generates)
    with torch.inference_mode():
        output, figures = measure(lambda: use(model, inputs))
        check_output(output, model, inputs)
    return {
        "success": True,
        "model_name": MODEL_NAME,
        "hardware_type": HARDWARE_TYPE,
        "batch_size": BATCH_SIZE,
        **figures,
        "output_shape": list(output.shape),
        "metrics": {"parameters": {"value": model.num_parameters(), "unit": "count", "better": None}},
        "inputs": origin,
    }


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


def compare(model, inputs):
    """Returns how similar each image is to each text."""
    return model(**inputs).logits_per_image


def check_similarities(similarities, model, inputs):
    check(similarities, (BATCH_SIZE, BATCH_SIZE), "similarities")
    outputs = model(**inputs)
    width = getattr(model.config, "projection_dim", outputs.image_embeds.shape[-1])
    check(outputs.image_embeds, (BATCH_SIZE, width), "image embeddings")
    check(outputs.text_embeds, (BATCH_SIZE, width), "text embeddings")


def generate(model, inputs, **options):
    """Generates NEW_TOKENS tokens an image, always the likeliest."""
    length = {"min_new_tokens": NEW_TOKENS, "max_new_tokens": NEW_TOKENS}
    return model.generate(**inputs, **length, do_sample=False, num_beams=1, **options)


def check_ids(ids, model, inputs):
    check(ids, (BATCH_SIZE, max(NEW_TOKENS, ids.shape[1])), "generated ids")
    steps = generate(model, inputs, output_logits=True, return_dict_in_generate=True).logits
    check(torch.stack(steps), (len(steps), BATCH_SIZE, model.config.get_text_config(decoder=True).vocab_size), "logits")


#% include _measure
