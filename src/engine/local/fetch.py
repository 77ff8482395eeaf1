"""Downloads what it takes to load a model from the hub into the hub's cache: fetch.py ID. The last line that it
prints says why, where it exits with another status than 0."""
import glob
import posixpath
import sys

PICKLED = (".bin", ".pt", ".pth", ".ckpt")
OTHER_FORMATS = (".h5", ".msgpack", ".onnx", ".onnx_data", ".ot", ".tflite", ".mlmodel", ".gguf", ".ggml")
OTHER_FOLDERS = ("onnx", "openvino", "coreml", "original")
# A link may run out while this stood still for a test that measures; what was fetched until then is kept.
TRIES = 2


def needed(names):
    """Those of a repository's files that loading by PyTorch may take: of each folder one format of weights."""
    safe = {posixpath.dirname(name) for name in names if name.endswith(".safetensors")}
    return [
        name
        for name in names
        if not name.endswith(OTHER_FORMATS)
        and name.split("/")[0] not in OTHER_FOLDERS
        and not (name.endswith(PICKLED) and posixpath.dirname(name) in safe)
    ]


def fetch(model):
    from huggingface_hub import HfApi, snapshot_download

    names = needed(HfApi().list_repo_files(model))
    snapshot_download(model, allow_patterns=[glob.escape(name) for name in names])


def main(model):
    for left in reversed(range(TRIES)):
        try:
            return fetch(model)
        except Exception as error:
            if left == 0:
                lines = [line.strip() for line in str(error).splitlines() if line.strip()]
                sys.exit("%s: %s" % (type(error).__name__, " ".join(lines[:2])))


if __name__ == "__main__":
    main(sys.argv[1])
