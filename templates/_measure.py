def check(values, shape, what):
    """Asserts that `values` have that shape and are finite."""
    assert tuple(values.shape) == shape, f"the shape of the {what} is {tuple(values.shape)}, not {shape}"
    finite = torch.isfinite(values)
    # Counting them takes eight bytes a value on some devices.
    assert finite.all(), f"{int((~finite).sum())} of {values.numel()} values of the {what} are not finite"


def synchronize():
    """Waits until the device has finished what it was given."""
    if DEVICE_TYPE == "cuda":
        torch.cuda.synchronize(DEVICE)
    elif DEVICE_TYPE != "cpu":
        torch.zeros(1, device=DEVICE).cpu()


def peak_memory_bytes():
    """The most that tensors have held on the device so far; None where that cannot be told."""
    if DEVICE_TYPE == "cuda":
        return torch.cuda.max_memory_allocated(DEVICE)
    if DEVICE_TYPE == "mps" and hasattr(torch, "mps"):
        return torch.mps.current_allocated_memory()
    return None


def measure(run):
    """Warms `run` up and times it; returns its last output and the figures of a result."""
    for _ in range(WARM_UP_RUNS):
        run()
    seconds = []
    while len(seconds) < MIN_RUNS or (len(seconds) < MAX_RUNS and sum(seconds) < ENOUGH_SECONDS):
        synchronize()
        start = time.perf_counter()
        output = run()
        synchronize()
        seconds.append(time.perf_counter() - start)
    p50, p95 = (float(value) for value in numpy.percentile(seconds, (50, 95)))
    return output, {
        "latency_s": {"p50": p50, "p95": p95},
        "throughput_per_s": BATCH_SIZE / p50,
    }
