SOUND_SECONDS = 2
SAMPLING_RATE = 16000


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
