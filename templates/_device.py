def prepare_device():
    """Raises where torch lacks the device, for no test moves to another; else starts its memory peak afresh."""
    backend = torch.backends.mps if DEVICE_TYPE == "mps" else getattr(torch, DEVICE_TYPE, None)
    if DEVICE_TYPE != "cpu" and not (hasattr(backend, "is_available") and backend.is_available()):
        raise RuntimeError(f"{HARDWARE_TYPE}: torch {torch.__version__} finds no device {DEVICE!r} on this machine")
    if DEVICE_TYPE == "cuda":
        built_for = "rocm" if torch.version.hip else "cuda"
        if HARDWARE_TYPE in ("cuda", "rocm") and HARDWARE_TYPE != built_for:
            raise RuntimeError(f"{HARDWARE_TYPE}: torch {torch.__version__} is built for {built_for}")
        torch.zeros(1, device=DEVICE)
        torch.cuda.reset_peak_memory_stats(DEVICE)
