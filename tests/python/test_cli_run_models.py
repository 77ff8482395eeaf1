"""Models that are fetched from the hub ahead of their tests, and removed from its cache again. The hub's client is a
stand-in that keeps a record; the program, the processes and the files are real."""

import importlib.util
import os
import subprocess
import sys
import time

import pytest
from cli_driver import REPOSITORY
from stand_in_hub import Hub, hub_server, most_at_once

LOADS = """\
def test_it():
    import os, time
    cache = os.environ["HF_HUB_CACHE"]
    folder = os.path.join(cache, "models--" + "${model_location}".replace("/", "--"), "snapshots", "abc")
    seen = {"files": sorted(os.listdir(folder)) if os.path.isdir(folder) else None, "cache": sorted(os.listdir(cache))}
    return {**seen, "time": time.time()}
"""
DOES_NOT_LOAD = 'def test_it():\n    return {"name": "${model_name}"}\n'


@pytest.fixture
def hub(tmp_path_factory):
    return Hub(tmp_path_factory.mktemp("hub"))


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter that sees the packages of PYTHONPATH alone."""
    path = tmp_path_factory.mktemp("python") / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def run(store, hub, python):
    """Plans these models with the template, and runs them."""

    def run(models, *arguments, text=LOADS, run="", env=None, code=0, batch_sizes=(1,)):
        names = ", ".join(f'"{model}"' for model in models)
        store.write("testloom.toml", f"[plan]\nmodels = [{names}]\nbatch_sizes = {list(batch_sizes)}\n[run]\n{run}\n")
        for model in models:
            store("model", "add", model, "--family", "text_embedding")
        store.template("loads", text)
        store("plan")
        arguments = ("--python", python, *arguments) if "--python" not in arguments else arguments
        return store("run", *arguments, env={**hub.environment, **(env or {})}, code=code)

    return run


def results(said):
    *outcomes, _ = said.objects
    return {each["case"]: each for each in outcomes}


def test_each_model_is_fetched_once_before_its_tests_and_outside_of_their_time(run, hub):
    said = run(["org/slow", "two"], "--json", "--timeout", "3", batch_sizes=(1, 4))
    outcomes = results(said)
    assert {each["outcome"] for each in outcomes.values()} == {"passed"} and len(outcomes) == 4
    assert hub.fetched() == ["org/slow", "two"]
    ends = {each["model"]: each["end"] for each in hub.calls("download")}
    for each in outcomes.values():
        assert each["result"]["files"] == ["config.json", "model.safetensors"]
        assert each["result"]["time"] > ends[each["model_name"]]
    assert ends["org/slow"] - min(each["begin"] for each in hub.calls("download")) > 3
    assert said.stderr == ""


def test_tests_of_one_model_run_while_another_is_fetched(run, hub):
    outcomes = results(run(["org/fast", "org/slow"], "--json"))
    (slow,) = (each for each in hub.calls("download") if each["model"] == "org/slow")
    assert outcomes["org/fast/cpu/loads[batch_size=1]"]["result"]["time"] < slow["end"]


@pytest.mark.parametrize("most", [1, 3])
def test_so_many_are_fetched_at_once_as_the_spec_says(run, hub, most):
    run([f"org/m{i}" for i in range(5)], run=f"fetch_jobs = {most}")
    assert len(hub.fetched()) == 5
    assert most_at_once(hub.calls("download")) == most


def test_two_are_fetched_at_once_where_nothing_is_said(run, hub):
    run([f"org/m{i}" for i in range(5)])
    assert most_at_once(hub.calls("download")) == 2


def test_what_the_cache_has_is_not_fetched_again(run, hub):
    hub.put("org/there")
    hub.put("org/config-alone", weights="config.json")
    (hub.put("org/broken-off") / "blobs" / "two.incomplete").touch()
    run(["org/there", "org/config-alone", "org/broken-off"])
    assert hub.fetched() == ["org/broken-off", "org/config-alone"]


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_nothing_is_fetched_offline(run, hub, name):
    run(["org/one"], env={name: "1"})
    assert hub.calls("list") == []


def test_nothing_is_fetched_without_the_client(run, hub, bare_python):
    run(["org/one"], "--python", bare_python)
    assert hub.calls("list") == []


def test_nothing_is_fetched_for_tests_that_do_not_load_a_model(run, hub):
    run(["org/one"], text=DOES_NOT_LOAD)
    assert hub.calls("list") == []


def test_nothing_is_fetched_that_is_here_or_cannot_be_the_hubs(run, hub, store):
    (store.folder / "here" / "one").mkdir(parents=True)
    run(["here/one", "a/b/c", "two words", "x-", "a--b"])
    assert hub.calls("list") == []


def test_nothing_is_fetched_for_hardware_that_is_not_here(store, hub, python):
    store.template("loads", LOADS)
    store("plan", "--model", "bert", "--hardware", "mps")
    store("run", "--python", python, env=hub.environment)
    assert hub.calls("list") == []


def test_a_dry_run_says_how_many_would_be_fetched_and_fetches_none(run, hub):
    said = run(["org/one", "org/two"], "--dry-run")
    assert "2 models would be fetched from the hub" in said.stderr
    assert hub.calls("list") == []


def test_what_cannot_be_fetched_is_noted_and_its_tests_run(run, hub):
    said = run(["org/missing", "org/there"], "--json", env={"HF_TOKEN": "hf_abcdefghij"})
    outcomes = results(said)
    assert outcomes["org/missing/cpu/loads[batch_size=1]"]["result"]["files"] is None
    assert {each["outcome"] for each in outcomes.values()} == {"passed"}
    assert (
        "org/missing could not be fetched ahead of its tests: LookupError: no org/missing for *** Look again."
        in said.stderr
    )
    assert hub.fetched() == ["org/there"]


def test_of_many_that_cannot_be_fetched_some_are_named(run):
    said = run([f"org/missing{i}" for i in range(8)])
    assert said.stderr.count("could not be fetched ahead") == 6
    assert "3 models more could not be fetched" in said.stderr


def test_an_exclusive_test_has_the_machine_without_fetches(run, hub):
    text = "#% exclusive\n" + LOADS.replace(
        "    return",
        """    def steps():
        return open(os.environ["HUB_RECORD"]).read().count('"step"')
    before = steps()
    time.sleep(1)
    seen["before"], seen["after"] = before, steps()
    return""",
    )
    outcomes = results(run(["org/fast", "org/slow"], "--json", text=text))
    seen = outcomes["org/fast/cpu/loads[batch_size=1]"]["result"]
    assert 4 < seen["before"] == seen["after"] < 44
    assert len(hub.calls("step")) == 44 and hub.fetched() == ["org/fast", "org/slow"]


def test_models_without_tests_left_make_room(run, hub):
    other = hub.put("other/kept", size=500_000)
    names = [f"org/m{i}" for i in range(4)]
    said = run(names, "--json", "--jobs", "1", run="cache_gb = 0.005\nfetch_jobs = 1", batch_sizes=(1, 4))
    outcomes = results(said)
    for each in outcomes.values():
        assert each["outcome"] == "passed" and each["result"]["files"], each
    assert len(hub.fetched()) == 4
    assert other.exists() and hub.models() == ["models--org--m2", "models--org--m3", "models--other--kept"]
    (note,) = (line for line in said.stderr.splitlines() if "removed" in line)
    assert "2 models" in note and "org/m0, org/m1" in note and "5 MB" in note


def test_a_full_cache_holds_back_what_is_fetched_next(run, hub):
    said = run([f"org/m{i}" for i in range(4)], "--json", "--jobs", "1", run="cache_gb = 0.001\nfetch_jobs = 1")
    for each in results(said).values():
        assert each["result"]["cache"] == ["models--" + each["model_name"].replace("/", "--")]
    assert hub.models() == []


def test_what_was_there_before_and_is_used_last_stays_longest(run, hub):
    for name in ("org/m0", "org/m1", "org/m2"):
        hub.put(name)
    run(["org/m0", "org/m1", "org/m2"], "--jobs", "1", run="cache_gb = 0.0015")
    assert hub.models() == ["models--org--m2"]


def test_a_model_that_is_known_by_its_path_in_the_cache_stays(run, hub, store):
    kept = hub.put("org/kept")
    store("model", "add", "other", "--family", "text_embedding", "--location", kept / "snapshots" / "abc")
    run(["org/kept", "other"], "--jobs", "1", run="cache_gb = 0.0001")
    assert kept.exists()


def test_nothing_is_removed_where_no_size_is_said(run, hub):
    hub.put("org/there", size=5_000_000)
    run(["org/there", "org/one"])
    assert hub.models() == ["models--org--one", "models--org--there"]


def test_an_interrupted_run_ends_its_fetches(store, hub, python):
    store.template("loads", LOADS)
    store("plan", "--model", "bert-slow", "--batch-sizes", "1")
    process = store.start("run", "--python", python, env=hub.environment)
    deadline = time.monotonic() + 60
    while not hub.calls("step"):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.terminate()
    assert process.wait(30) == 130
    steps = len(hub.calls("step"))
    time.sleep(0.5)
    assert len(hub.calls("step")) == steps and hub.fetched() == []


def test_of_each_folder_one_format_is_fetched():
    spec = importlib.util.spec_from_file_location("fetch", REPOSITORY / "src" / "engine" / "local" / "fetch.py")
    fetch = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fetch)
    names = {
        "config.json": True,
        "tokenizer.model": True,
        "model-00001-of-00002.safetensors": True,
        "pytorch_model.bin": False,
        "tf_model.h5": False,
        "flax_model.msgpack": False,
        "model.Q4_K_M.gguf": False,
        "onnx/model.onnx": False,
        "onnx/config.json": False,
        "original/consolidated.00.pth": False,
        "1_Dense/pytorch_model.bin": True,
        "unet/diffusion_pytorch_model.safetensors": True,
        "unet/diffusion_pytorch_model.bin": False,
    }
    assert fetch.needed(list(names)) == [name for name, wanted in names.items() if wanted]


@pytest.fixture
def fetch_by_the_real_client(tmp_path):
    """Runs the script with the hub's own client against this address."""

    def fetch(model, address):
        ours = {"HF_ENDPOINT": address, "HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "", "no_proxy": "*"}
        script = REPOSITORY / "src" / "engine" / "local" / "fetch.py"
        return subprocess.run(
            [sys.executable, "-W", "ignore", script, model],
            env={**os.environ, **ours, "TRANSFORMERS_OFFLINE": "", "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return fetch


def test_the_hubs_own_client_puts_what_is_needed_where_the_program_looks(fetch_by_the_real_client, tmp_path):
    files = {"config.json": b"{}", "model.safetensors": b"x" * 1000, "pytorch_model.bin": b"y", "onnx/model.onnx": b"z"}
    with hub_server("org/tiny", files) as (address, asked):
        said = fetch_by_the_real_client("org/tiny", address)
    assert said.returncode == 0, said.stderr
    (snapshot,) = (tmp_path / "cache" / "models--org--tiny" / "snapshots").iterdir()
    assert {path.name: path.read_bytes() for path in snapshot.iterdir()} == {
        name: files[name] for name in ("config.json", "model.safetensors")
    }
    assert not any("pytorch" in path or "onnx" in path for _, path in asked)


def test_the_hubs_own_client_says_in_a_line_what_is_wrong(fetch_by_the_real_client):
    with hub_server("org/tiny", {}) as (address, _):
        said = fetch_by_the_real_client("org/other", address)
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1].startswith("RepositoryNotFoundError: 404")


def test_the_shipped_templates_have_their_models_fetched(testloom, hub, python):
    testloom("init")
    testloom("plan", "--model", "org/bert-base-uncased", "--batch-sizes", "1")
    said = testloom("run", "--python", python, "--dry-run", env=hub.environment)
    assert "1 model would be fetched from the hub" in said.stderr


def test_flags_go_before_the_spec(run, store, python, hub):
    text = "def test_it():\n    while True: pass\n"
    said = run(["bert"], "--json", text=text, run="timeout = 1\nretries = 1", code=1)
    *attempts, _ = said.objects
    assert [(each["attempt"], each["reason"]) for each in attempts] == [(1, "ended after 1 s"), (2, "ended after 1 s")]
    said = store("run", "--python", python, "--json", "--timeout", "2s", "--retries", "0", env=hub.environment, code=1)
    *attempts, _ = said.objects
    assert [(each["attempt"], each["reason"]) for each in attempts] == [(1, "ended after 2 s")]


def test_the_spec_says_how_many_run_and_in_how_much_memory(run, store, python, hub):
    text = """def test_it():
    import time
    begin = time.time()
    time.sleep(0.5)
    return {"begin": begin, "end": time.time()}
"""
    spans = [each["result"] for each in results(run(["a", "b", "c"], "--json", text=text, run="jobs = 1")).values()]
    assert most_at_once(spans) == 1
    said = run(["a", "b", "c"], "--json", text=text, run='memory = "1MB"')
    assert {each["outcome"] for each in results(said).values()} == {"skipped"}
    assert all("tests may take 1 MB" in each["reason"] for each in results(said).values())
    said = store("run", "--python", python, "--memory", "60GB", "--json", env=hub.environment)
    assert {each["outcome"] for each in results(said).values()} == {"passed"}
