#!/usr/bin/env python3
"""How long `testloom model scan` takes over many local models, beside a bare loop that finds the files and reads the
bytes of their headers.

    bench/model_scan.py [--models 1000] [--program build/testloom] [--folder FOLDER]

Makes the models in a temporary folder (or FOLDER, which must not exist and is kept): of each ten, eight have one
safetensors file of 200 tensors, one has four shards with 300 tensors each, and one is a GGUF file with 290 tensors and
a vocabulary of 128,000 texts. The weights are holes, so that a few hundred megabytes of disk do. Prints seconds.
Exit status 1 when the program fails or does not find them all.
"""

import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HIDDEN = 768


def write_safetensors(path, names):
    entries, end = {"__metadata__": {"format": "pt"}}, 0
    for name in names:
        size = 4 * HIDDEN * HIDDEN
        entries[name] = {"dtype": "F32", "shape": [HIDDEN, HIDDEN], "data_offsets": [end, end + size]}
        end += size
    header = json.dumps(entries).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + end)


def layer_names(count, first=0):
    parts = ("attention.self.query.weight", "attention.self.key.weight", "attention.self.value.weight", "output.dense.weight")
    return [f"encoder.layer.{(first + i) // 4}.{parts[i % 4]}" for i in range(count)]


def write_shards(folder):
    index = {}
    for shard in range(4):
        name, names = f"model-{shard + 1:05}-of-00004.safetensors", layer_names(300, 300 * shard)
        write_safetensors(folder / name, names)
        index.update(dict.fromkeys(names, name))
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def write_gguf(path):
    def text(value):
        return struct.pack("<Q", len(value)) + value

    tokens = b"".join(text(b"token%d" % i) for i in range(128_000))
    metadata = text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama")
    metadata += text(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 128_000) + tokens
    infos, end = b"", 0
    for i in range(290):
        infos += text(b"blk.%d.ffn_down.weight" % i) + struct.pack("<IQQIQ", 2, 4096, 4096, 12, end)
        end += 4096 * 4096 // 256 * 144
    header = b"GGUF" + struct.pack("<IQQ", 3, 290, 2) + metadata + infos
    with open(path, "wb") as file:
        file.write(header + bytes(-len(header) % 32))
        file.truncate(file.tell() + end)


def make(folder, count):
    for i in range(count):
        model = folder / f"org-{i % 30}" / f"bert-{i}"
        model.mkdir(parents=True)
        config = {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": HIDDEN, "num": i}
        (model / "config.json").write_text(json.dumps(config, indent=2))
        if i % 10 == 8:
            write_shards(model)
        elif i % 10 == 9:
            write_gguf(model / f"bert-{i}.Q4_K_M.gguf")
        else:
            write_safetensors(model / "model.safetensors", layer_names(200))


def floor(folder):
    """Finds the files and reads 64 kB from the beginning of each."""
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb", buffering=0) as file:
                file.read(65536)


def timed(what, act):
    begin = time.perf_counter()
    result = act()
    seconds = time.perf_counter() - begin
    print(f"{what:<40}{seconds:>8.2f} s")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--program", default=str(ROOT / "build" / "testloom"))
    parser.add_argument("--folder", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or pathlib.Path(temporary) / "models"
        make(folder, arguments.models)
        store = ["--store", os.path.join(temporary, "bench.duckdb")]
        program = str(pathlib.Path(arguments.program).resolve())

        def scan(*more):
            done = subprocess.run([program, *store, "model", "scan", str(folder), "--json", *more], capture_output=True, text=True)
            states = [json.loads(line)["status"] for line in done.stdout.splitlines()]
            if done.returncode or len(states) != arguments.models:
                raise SystemExit(f"model_scan: {len(states)} models, exit code {done.returncode}: {done.stderr}")
            return set(states)

        subprocess.run([program, *store, "init", "--no-templates"], check=True, capture_output=True)
        print(f"{arguments.models} models")
        timed("floor: find the files, read 64 kB of each", lambda: floor(folder))
        timed("scan --dry-run", lambda: scan("--dry-run"))
        assert timed("scan, all new", scan) == {"added"}
        assert timed("scan, all the same", scan) == {"same"}
    return 0


if __name__ == "__main__":
    sys.exit(main())
