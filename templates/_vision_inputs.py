IMAGE_HEIGHT, IMAGE_WIDTH = 240, 320


def make_inputs(model):
    """Returns a batch of pixels, and whether a processor or the config shaped them."""
    random = numpy.random.RandomState(0)
    try:
        processor = AutoImageProcessor.from_pretrained(MODEL_LOCATION)
    except (OSError, ImportError, ValueError):
        size = getattr(model.config, "image_size", None) or 224
        height, width = (size, size) if isinstance(size, int) else size
        channels = getattr(model.config, "num_channels", 3)
        pixels = random.standard_normal((BATCH_SIZE, channels, height, width)).astype(numpy.float32)
        return {"pixel_values": torch.from_numpy(pixels).to(DEVICE, model.dtype)}, "config"
    images = list(random.randint(0, 256, (BATCH_SIZE, IMAGE_HEIGHT, IMAGE_WIDTH, 3), dtype=numpy.uint8))
    pixels = processor(images=images, return_tensors="pt")["pixel_values"]
    return {"pixel_values": pixels.to(DEVICE, model.dtype)}, "processor"
