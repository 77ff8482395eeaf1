"""What accelerate's estimate-memory computes, for configs instead of names on the Hub.

    PYTHON accelerate_memory.py < CONFIGS

One config a line in; one object a line out: "float32", "float16", "int8" and "int4", the bytes of the command's column
Total Size, and "parameters" of the empty model that it makes; or "error". PYTHON has accelerate and transformers. The
code that runs is the command's own, with the one question to the Hub left out; each config becomes a folder, and the
folder is the name of the model. Nothing is downloaded.
"""

import argparse
import contextlib
import json
import os
import pathlib
import sys
import tempfile
import types
from unittest import mock

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")  # read when transformers is imported

from accelerate.commands import estimate  # noqa: E402

DTYPES = ["float32", "float16", "int8", "int4"]


def told(folder):
    arguments = argparse.Namespace(
        model_name=folder, library_name="transformers", trust_remote_code=False, dtypes=DTYPES
    )
    model = estimate.create_empty_model(folder, "transformers")
    sizes = {dtype: int(total) for dtype, _, total, _ in estimate.gather_data(arguments)}
    return {**sizes, "parameters": sum(parameter.numel() for parameter in model.parameters())}


def answer(config):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(config), encoding="utf-8")
        try:
            return told(folder)
        except NotImplementedError:
            # torch 1.13 has no weight_norm without memory (wav2vec 2.0): made with weights, the model has the same size.
            with mock.patch.object(estimate, "init_empty_weights", contextlib.nullcontext):
                return told(folder)


def main():
    estimate.verify_on_hub = lambda *_: types.SimpleNamespace(library_name="transformers", config={})
    answers = sys.stdout
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):  # it says what it loads
            try:
                said = answer(json.loads(line))
            except Exception as problem:  # whatever accelerate and transformers raise for a model is what they say
                said = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    main()
