"""Predictions and what comes of them: plan, run, `model calibrate`, plan again, `explain`."""

import json

import duckdb
import pytest
from cli_driver import digest

CONFIG = {"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 2}
TAKES_MEMORY = """#% workload mode="generate" seq_len=16 new_tokens=2
def test_it():
    kept = bytearray(50_000_000 * ${batch_size})
    kept[::4096] = b"x" * len(kept[::4096])
    return {"success": True, "latency_s": {"p50": 0.25, "p95": 0.25}}
"""


@pytest.fixture
def planned(fresh_store):
    program = fresh_store()
    program.write("net/config.json", json.dumps(CONFIG))
    program.template("speed", TAKES_MEMORY, "text_generation")
    program("model", "add", "net", "--location", "net")
    program("plan", "--model", "net", "--batch-sizes", "1,2,4")
    return program


def estimates(program):
    return {test["batch_size"]: test for test in program("tests", "list", "--json").objects}


def estimate_of(program, batch_size):
    (test,) = program("explain", "net", "--batch-size", str(batch_size), "--json").object["tests"]
    return test["estimate"]


def test_explain_shows_the_terms_of_the_estimate(planned):
    tests = estimates(planned)
    assert {test["estimate_origin"] for test in tests.values()} == {"config"}
    found = estimate_of(planned, 4)
    assert sum(found["terms"].values()) == found["peak_forward_bytes"]
    assert found["memory_bytes"] == pytest.approx(tests[4]["estimated_memory_gb"] * 1e9, abs=1)
    assert (found["correction"], found["why_prior"], found["model_type"]) == (None, None, "gpt2")
    assert {**found["work"], "torch": "", "transformers": ""} == {
        "mode": "generate", "seq_len": 16, "new_tokens": 2, "hardware_type": "cpu", "batch_size": 4, "torch": "",
        "transformers": "",
    }  # fmt: skip
    said = planned("explain", "net", "--batch-size", "4").stdout
    assert "by its config" in said and "weights" in said and "  time " in said


def test_what_ran_corrects_what_is_predicted(planned, bare_python):
    before = estimates(planned)
    said = planned("model", "calibrate").stdout
    assert "no test of a model whose estimate could be corrected ran yet" in said
    planned("run", "--python", bare_python)
    measured = dict(planned.query('SELECT regexp_extract("case", \'=(\\d+)\', 1)::INT, peak_memory_bytes FROM outcomes'))
    assert len(measured) == 3
    rows = planned("model", "calibrate", "--json").objects
    memory = {row["model_type"]: row for row in rows if row["figure"] == "memory"}
    assert set(memory) == {None, "gpt2"} and memory["gpt2"]["tests"] == 3
    assert memory["gpt2"]["median_error_after"] < memory["gpt2"]["median_error_before"]
    assert memory["gpt2"]["low"] <= 1 <= memory["gpt2"]["high"]
    assert {row["model_type"] for row in rows if row["figure"] == "time"} == {None, "gpt2"}
    again = planned("plan", "--model", "net", "--batch-sizes", "1,2,4,8", "--json").object
    assert (again["diff"]["added"], again["diff"]["changed"], again["diff"]["refreshed"]) == (1, 0, 3)
    after = estimates(planned)
    for size, peak in measured.items():
        assert after[size]["estimated_memory_gb"] * 1e9 == pytest.approx(peak, abs=1)
        assert (after[size]["estimate_origin"], after[size]["estimated_time_s"]) == ("measured", 0.25)
        assert after[size]["test_id"] == before[size]["test_id"]
    assert after[8]["estimate_origin"] == "config"
    assert after[8]["estimated_memory_gb"] >= after[4]["estimated_memory_gb"]
    assert estimate_of(planned, 8)["correction"]["points"] == 3
    assert "corrected by 3 tests that ran" in planned("explain", "net", "--batch-size", "8").stdout
    planned("store", "verify")
    table = planned("model", "calibrate").stdout
    assert "gpt2" in table and "(any other)" in table


def test_a_dry_run_writes_nothing_though_outcomes_are_new(planned, bare_python):
    planned("run", "--python", bare_python)
    counted = "SELECT count(*) FROM calibrations"
    assert planned.query(counted) == [(0,)]
    said = planned("plan", "--model", "net", "--batch-sizes", "1,2,4", "--dry-run", "--json").object
    assert said["diff"]["refreshed"] == 3
    assert planned.query(counted) == [(0,)]
    planned("plan", "--model", "net", "--batch-sizes", "1,2,4")
    assert planned.query(counted)[0][0] > 0


def test_a_removed_plan_leaves_no_profile(planned):
    planned("plan", "remove", "flags", "--yes")
    assert planned.query("SELECT count(*) FROM plan_profiles") == [(0,)]
    planned("store", "verify")


def test_a_dry_run_of_an_equal_plan_writes_nothing(planned, bare_python):
    """Though outcomes are new that say nothing of memory or time, which the next plan takes note of."""
    planned("run", "--python", bare_python)
    planned("plan", "--model", "net", "--batch-sizes", "1,2,4")
    with duckdb.connect(str(planned.folder / "testloom.duckdb")) as connection:
        connection.execute("UPDATE outcomes SET started_at = started_at + INTERVAL 1 DAY")
    before = digest(planned.folder / "testloom.duckdb")
    for more, same in ((["--dry-run"], True), ([], False)):
        assert "nothing changed" in planned("plan", "--model", "net", "--batch-sizes", "1,2,4", *more).stdout
        assert (digest(planned.folder / "testloom.duckdb") == before) is same
