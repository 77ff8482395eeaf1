"""`testloom tests repro`: the file and the command that run one test alone as a run did, without secrets."""

import json
import subprocess

import pytest
from made_runs import make_run, outcome

RUN = "20260101-000000000-aaa1"
BODY = """\
import os

def test_it():
    return {"model": "${model_name}", "threads": os.environ.get("OMP_NUM_THREADS"), "device": os.environ.get("CUDA_VISIBLE_DEVICES")}
"""
SECRETS = {
    "HF_TOKEN": "hf_abcdefgh",
    "MY_SECRET": "mysecret1",
    "DB_PASSWORD": "letmein22",
    "aws_access_key": "AKIA11111",
    "OPENAI_APIKEY": "sk-222222",
    "HTTPS_PROXY": "http://me:pw333333@proxy:80/x",
}


@pytest.fixture
def planned(store):
    store.template("probe", BODY)
    store("model", "add", "it's a $(model)", "--family", "text_embedding")
    store("plan", "--model", "it's a $(model)", "--hardware", "cpu,cuda", "--batch-sizes", "1")
    return store


def planned_test(store, hardware="cuda"):
    return next(test for test in store.tests().values() if test["hardware_type"] == hardware)


def ran(store, hardware, settings, **more):
    test = planned_test(store, hardware)
    made = outcome(test["case"], "failed", **more)
    make_run(store, RUN, [{**made, "test_id": test["test_id"]}], settings=settings, python=store.python)
    return test


@pytest.fixture
def with_python(planned, bare_python):
    planned.python = bare_python
    return planned


def executed(said):
    file, command = said.stdout.splitlines()
    subprocess.run(command, shell=True, check=True, cwd="/", timeout=60, env={"PATH": "/usr/bin:/bin"})
    return json.loads(open(file.replace("test.py", "result.json")).read())


def test_the_command_runs_the_test_as_the_run_did(with_python):
    test = ran(with_python, "cuda", {}, slot="cuda:3", cores=2)
    record = executed(with_python("tests", "repro", test["test_id"][:13]))
    assert record["outcome"] == "passed"
    assert record["result"] == {"model": "it's a $(model)", "threads": "2", "device": "3"}


def test_after_a_real_run_it_gives_the_same_outcome(planned, bare_python):
    planned("run", "--hardware", "cpu", "--python", bare_python)
    test = planned_test(planned, "cpu")
    said = planned("tests", "repro", test["case"], "--out", "a folder")
    assert said.stdout.splitlines()[0] == str(planned.folder / "a folder" / "test.py")
    assert f" {bare_python} runner.py test.py result.json" in said.stdout.splitlines()[1]
    assert executed(said)["outcome"] == planned_test(planned, "cpu")["last_outcome"] == "passed"


def test_no_secret_gets_into_it(with_python):
    hardware = {"env": {"FINE": "yes", **SECRETS}, "launch": "env -u X MY_TOKEN=tok44444 A=b"}
    test = ran(with_python, "cuda", {"hardware": {"cuda": hardware}})
    for more in ([], ["--json"]):
        said = with_python("tests", "repro", test["test_id"], *more)
        assert "FINE" in said.stdout and not any(value in said.stdout + said.stderr for value in [*SECRETS.values(), "tok44444"])
    files = [path.read_text() for path in (with_python.folder / f"repro-{test['test_id'][:13]}").iterdir()]
    assert not any(value in text for value in SECRETS.values() for text in files)
    assert set(said.object["left_out"]) == {*SECRETS, "MY_TOKEN"}
    assert "HF_TOKEN" in said.stderr and said.object["environment"] == {"FINE": "yes"}


def test_what_the_spec_said_of_the_hardware_is_heeded(with_python):
    said_of = {"python": with_python.python, "env": {"LEVEL": "a b"}, "visible": "MY_DEVICES", "launch": "nice -n 5"}
    test = ran(with_python, "cuda", {"hardware": {"cuda": said_of}}, slot="cuda:1", cores=4)
    said = with_python("tests", "repro", test["test_id"], "--json").object
    assert said["environment"]["MY_DEVICES"] == "1" and said["environment"]["OMP_NUM_THREADS"] == "4"
    assert "LEVEL='a b' " in said["command"] and f" nice -n 5 {with_python.python} runner.py" in said["command"]


def test_folders_of_needed_tests_are_handed_over(store, bare_python):
    store.template("first", BODY)
    needing = '#% needs first\nimport json, os\n\ndef test_it():\n    return json.loads(os.environ["TESTLOOM_NEEDS"])\n'
    store.template("second", needing)
    store("plan", "--model", "bert", "--batch-sizes", "1")
    tests = {test["template_name"]: test for test in store.tests().values()}
    first, second = tests["first"], tests["second"]
    outcomes = [outcome(first["case"], test_id=first["test_id"], artifacts="RUN.artifacts/first")]
    outcomes += [outcome(second["case"], "failed", test_id=second["test_id"])]
    make_run(store, RUN, outcomes, python=bare_python)
    folder = store.folder / "testloom.duckdb.runs" / "RUN.artifacts" / "first"
    assert executed(store("tests", "repro", second["test_id"]))["result"] == {
        first["case"]: str(folder),
        "first": str(folder),
    }


def test_a_test_that_was_not_run_is_written_too(planned, bare_python):
    said = planned("tests", "repro", planned_test(planned)["test_id"], "--python", bare_python)
    assert "not been run yet" in said.stderr
    assert executed(said)["result"]["threads"] is None


@pytest.mark.parametrize(
    "line, message",
    [
        ("tests repro 0000", "there is no test"),
        ("tests repro ID --run nope", "there is no run"),
        ("tests repro ID --run latest", "has no outcome of"),
        ("tests repro ID --out testloom.duckdb", "cannot make"),
    ],
)
def test_what_cannot_be_is_said(planned, line, message):
    make_run(planned, RUN, [outcome("other/cpu/probe[batch_size=1]")])
    words = [planned_test(planned)["test_id"] if word == "ID" else word for word in line.split()]
    assert message in planned(*words, code=2).stderr
    assert not list(planned.folder.glob("repro-*"))
