"""Measures how fast each kind of device is that torch sees, by its first, within a few seconds, and prints one line
of JSON: {"devices": [{"hardware_type", "name", "flops_a_second", "flops_a_second_16", "bytes_a_second",
"call_seconds", "threads"}]} or {"error": why it cannot}. Figures are medians of repeats, with torch's own number
of threads."""
import json
import platform
import statistics
import time

REPEATS = 5
BUDGET = 1.2  # seconds: after so many a figure has no more repeats, and it has some for a quarter of them


def processor():
    """The name that people know; platform.processor() is empty or an architecture on Linux."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def median_seconds(call, finish):
    """Of one call, after one that does not count."""
    call()
    finish()
    seconds = []
    while sum(seconds) < BUDGET / 4 or (len(seconds) < REPEATS and sum(seconds) < BUDGET):
        start = time.perf_counter()
        call()
        finish()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def product_rate(torch, device, dtype, finish, largest):
    """Flops a second of square products, as large as the time allows: small ones do not reach what a device can."""
    size = 256
    while True:
        left = torch.ones(size, size, dtype=dtype, device=device)
        right = torch.ones(size, size, dtype=dtype, device=device)
        torch.mm(left, right)
        finish()
        start = time.perf_counter()
        torch.mm(left, right)
        finish()
        once = time.perf_counter() - start
        if size == largest or once * 8 > BUDGET / 3:
            return 2.0 * size**3 / median_seconds(lambda: torch.mm(left, right), finish)
        size *= 2


def move_rate(torch, device, finish, size):
    """Bytes a second of an operator that reads one tensor and writes another, both larger than caches."""
    source = torch.ones(size // 4, dtype=torch.float32, device=device)
    target = torch.empty_like(source)
    return 2.0 * size / median_seconds(lambda: torch.mul(source, 2, out=target), finish)


def call_time(torch, device, finish):
    """Seconds from one small operator to the next, as models call them: a module's product, then a sum."""
    calls = 500
    layer = torch.nn.Linear(32, 32).to(device)
    values = torch.ones(1, 32, device=device)

    def many():
        for _ in range(calls // 2):
            values + layer(values)

    return median_seconds(many, finish) / calls


def figures(torch, hardware_type, name, device, finish):
    host = hardware_type == "cpu"
    half = torch.bfloat16 if host else torch.float16
    largest = 2048 if host else 8192
    return {
        "hardware_type": hardware_type,
        "name": name,
        "flops_a_second": product_rate(torch, device, torch.float32, finish, largest),
        "flops_a_second_16": product_rate(torch, device, half, finish, largest),
        "bytes_a_second": move_rate(torch, device, finish, 2**27 if host else 2**28),
        "call_seconds": call_time(torch, device, finish),
        "threads": torch.get_num_threads(),
    }


def measured():
    import torch

    with torch.no_grad():
        found = [figures(torch, "cpu", processor(), torch.device("cpu"), lambda: None)]
        if torch.cuda.is_available():
            kind = "rocm" if getattr(torch.version, "hip", None) else "cuda"
            device = torch.device("cuda", 0)
            found.append(figures(torch, kind, torch.cuda.get_device_name(0), device, torch.cuda.synchronize))
        mps = getattr(torch.backends, "mps", None)
        if mps is not None and mps.is_available():
            found.append(figures(torch, "mps", processor(), torch.device("mps"), torch.mps.synchronize))
    return found


try:
    print(json.dumps({"devices": measured()}))
except Exception as error:  # torch may be missing, broken, or fail on a device in any way
    print(json.dumps({"error": "%s: %s" % (type(error).__name__, str(error).split("\n")[0][:200])}))
