def load_model(dtype):
    """Loads the model as the class that its config names; returns it and the weights that its files lack."""
    config = AutoConfig.from_pretrained(MODEL_LOCATION)
    named = [getattr(transformers, name, None) for name in config.architectures or ()]
    model_class = next((each for each in named if each is not None), AutoModel)
    option = "dtype" if int(transformers.__version__.split(".")[0]) >= 5 else "torch_dtype"
    torch.manual_seed(0)  # What the files lack is left to chance: the same chance each time.
    options = {option: getattr(torch, dtype), "output_loading_info": True}
    model, loading = model_class.from_pretrained(MODEL_LOCATION, **options)
    return model.to(DEVICE).eval(), sorted(loading["missing_keys"])


def outputs_of(model, inputs):
    """Runs the model once; returns its floating-point outputs by name, as arrays of float32."""
    placed = {name: torch.from_numpy(value).to(DEVICE) for name, value in inputs.items()}
    placed = {name: value.to(model.dtype) if value.is_floating_point() else value for name, value in placed.items()}
    with torch.inference_mode():
        outputs = model(**placed)
    tensors = {name: value for name, value in outputs.items() if isinstance(value, torch.Tensor)}
    mask = placed.get("attention_mask")
    return {
        name: without_padding(value, mask).float().cpu().numpy()
        for name, value in tensors.items()
        if value.is_floating_point()
    }


def without_padding(values, mask):
    """Returns the values of the tokens that are none of padding, where there is one for each token."""
    if mask is None or mask.ndim != 2 or values.shape[:2] != mask.shape:
        return values
    return values[mask.bool()]
