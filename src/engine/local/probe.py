"""Prints one line of JSON about the interpreter that runs it: version, what of torch, transformers and numpy
it can import, and the devices that torch sees, each with its memory in bytes. It never fails."""
import json
import platform
import sys


def version_of(name):
    try:
        return str(__import__(name).__version__)
    except Exception as error:  # an installed package may fail in any way
        if not isinstance(error, ModuleNotFoundError):
            return "broken: %s: %s" % (type(error).__name__, str(error).split("\n")[0][:200])
        return None


def devices():
    found = {"cpu": [{"name": platform.processor() or platform.machine(), "memory_bytes": None}]}
    try:
        import torch

        if torch.cuda.is_available():
            kind = "rocm" if getattr(torch.version, "hip", None) else "cuda"
            found[kind] = []
            for index in range(torch.cuda.device_count()):
                facts = torch.cuda.get_device_properties(index)
                found[kind].append({"name": facts.name, "memory_bytes": int(facts.total_memory)})
        mps = getattr(torch.backends, "mps", None)
        if mps is not None and mps.is_available():
            found["mps"] = [{"name": "mps", "memory_bytes": None}]
    except Exception:  # no torch, or one that cannot look: then there is the CPU alone
        pass
    return found


print(
    json.dumps(
        {
            "executable": sys.executable,
            "python": platform.python_version(),
            "torch": version_of("torch"),
            "transformers": version_of("transformers"),
            "numpy": version_of("numpy"),
            "huggingface_hub": version_of("huggingface_hub"),
            "devices": devices(),
        }
    )
)
