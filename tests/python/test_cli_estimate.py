"""`testloom model estimate`: files, folders, names and lines of JSON; what fits; what is refused."""

import json

import pytest

SMALL = {"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 2}


@pytest.fixture
def estimate(testloom):
    testloom.write("net/config.json", json.dumps(SMALL))
    return lambda *arguments, **how: testloom("model", "estimate", *arguments, **how)


def test_a_folder_and_its_file_are_the_same(estimate):
    folder, file = (estimate(name, "--json").object for name in ("net", "net/config.json"))
    assert {**folder, "model": ""} == {**file, "model": ""}
    assert folder["origin"] == "config" and sum(folder["terms"].values()) == folder["peak_forward_bytes"]


def test_a_model_of_the_hub_is_looked_up_in_its_cache(testloom, estimate):
    testloom.write("hub/models--acme--net/snapshots/c0/config.json", json.dumps(SMALL))
    found = estimate("acme/net", "--json", env={"HF_HUB_CACHE": str(testloom.folder / "hub")}).object
    assert found["origin"] == "config" and found["parameters"] == estimate("net", "--json").object["parameters"]


@pytest.mark.parametrize("path", ["/no/config.json", "./no", "no.json"])
def test_a_path_that_is_not_there_is_no_name(estimate, path):
    assert f"there is no file or folder '{path}'" in estimate(path, code=6).stderr


def test_options_say_what_lines_say(estimate):
    options = ["--family", "text_generation", "--mode", "generate", "--batch-size", "8", "--dtype", "float16"]
    asked = {"model_family": "text_generation", "mode": "generate", "batch_size": 8, "dtype": "float16"}
    by_options = estimate("net", *options, "--json").object
    (line,) = estimate("-", stdin=(json.dumps({"config": SMALL, **asked}) + "\n").encode()).stdout.splitlines()
    assert {name: by_options[name] for name in json.loads(line)} == json.loads(line)


def test_lines_answer_lines(estimate):
    lines = [{"config": "net"}, {"config": "nowhere"}, {}, {"config": SMALL, "batch_size": 0}, {"config": SMALL}]
    said = estimate("-", stdin=("".join(json.dumps(line) + "\n" for line in lines) + "no JSON\n").encode())
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert ["error" in answer for answer in answers] == [False, True, True, True, False, True]
    assert answers[0] == answers[4]


def test_the_largest_batch_that_fits(estimate):
    solved = ["--solve", "batch_size", "--memory", "2GB"]
    found = estimate("net", *solved, "--json").object
    assert found["peak_process_bytes"] <= 2e9
    more = estimate("net", "--batch-size", str(found["batch_size"] + 1), "--json").object
    assert more["peak_process_bytes"] > 2e9


def test_a_name_that_says_nothing_gets_the_prior_of_its_family(estimate):
    found = estimate("acme/ears", "--family", "audio", "--batch-size", "4", "--json").object
    assert (found["origin"], found["peak_process_bytes"]) == ("prior", 3_000_000_000)
    assert "why" not in found


def test_a_name_says_a_size_and_a_type(estimate):
    by_name = estimate("openai/whisper-tiny", "--json").object
    assert (by_name["origin"], by_name["why"]) == ("name", "shaped like whisper tiny")
    assert estimate("acme/llama-13b").stdout.endswith("by          name: 13B in its name, shaped like llama\n")
    larger = estimate("acme/llama-70b", "--dtype", "int4", "--hardware", "cuda", "--json").object
    assert 35e9 < larger["peak_device_bytes"] < 50e9


def test_a_name_is_as_good_as_its_published_config(testloom, estimate):
    testloom.write("tiny/config.json", json.dumps({"model_type": "whisper"}))
    by_name, by_config = (estimate(model, "--family", "audio", "--json").object for model in ("whisper-tiny", "tiny"))
    told = {"model", "origin", "why", "parameters_exact"}
    assert {k: v for k, v in by_name.items() if k not in told} == {k: v for k, v in by_config.items() if k not in told}


def test_lines_take_names_too(estimate):
    lines = [{"model": "acme/llama-13b"}, {"model": "acme/thing"}, {"model": 7}]
    said = estimate("-", stdin="".join(json.dumps(line) + "\n" for line in lines).encode())
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert [answer.get("origin") for answer in answers] == ["name", "prior", None]
    assert "model" in answers[2]["error"]


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        (["net", "--solve", "batch_size"], 2, "--memory"),
        (["net", "--solve", "layers", "--memory", "4GB"], 2, "layers"),
        (["net", "--solve", "batch_size", "--memory", "1MB"], 6, "not even"),
        (["net", "--solve", "batch_size", "--memory", "much"], 2, "much"),
        (["nowhere", "--solve", "batch_size", "--memory", "4GB"], 2, "nowhere"),
        (["net", "--dtype", "float12"], 2, "float12"),
        (["net", "--batch-size", "0"], 2, "batch_size"),
        (["broken.json"], 6, "broken.json:1:"),
    ],
)
def test_what_cannot_be_is_refused(testloom, estimate, arguments, code, told):
    testloom.write("broken.json", "{")
    said = estimate(*arguments, code=code)
    assert told in said.stderr and said.stdout == ""
