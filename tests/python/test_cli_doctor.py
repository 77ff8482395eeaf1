"""`testloom doctor --measure`: the figures that it finds are those of the device, and the store keeps them. The torch
that is measured is a simulated one whose rates are known."""

import shutil
import sys

import duckdb
import pytest
import simulated_torch as simulated

TABLE = """CREATE TABLE IF NOT EXISTS device_figures (hardware_type VARCHAR NOT NULL, device_name VARCHAR NOT NULL,
    flops_per_s DOUBLE NOT NULL, flops_16_per_s DOUBLE NOT NULL, bytes_per_s DOUBLE NOT NULL, call_s DOUBLE NOT NULL,
    threads INTEGER NOT NULL, host VARCHAR NOT NULL, measured_at TIMESTAMP NOT NULL)"""


@pytest.fixture
def python_with_torch(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    shutil.copy(simulated.__file__, folder / "torch.py")
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" -S "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def store(testloom):
    """A store's file, opened by DuckDB itself."""
    testloom("init", "--no-templates")
    path = str(testloom.folder / "testloom.duckdb")
    with duckdb.connect(path) as connection:
        connection.execute(TABLE)
    return path


def kept(store):
    with duckdb.connect(store, read_only=True) as connection:
        return connection.execute("SELECT * EXCLUDE (host, measured_at) FROM device_figures ORDER BY 1").fetchall()


def figures_of(kind, half, name):
    flops = simulated.FLOPS[kind]
    rates = (flops["float32"], flops[half], simulated.BYTES[kind], simulated.CALL[kind])
    return (kind, name, *(pytest.approx(rate, rel=1e-6) for rate in rates), 3)


def test_what_was_measured_is_kept(testloom, python_with_torch, store):
    said = testloom("doctor", "--measure", "--python", python_with_torch, env={"SIMULATED_CUDA": "1"}).stdout
    assert "cuda: 50 TFLOP/s in float32, 400 TFLOP/s in 16 bits, 2 TB/s, 7.0 us a call, 3 threads (a card)" in said
    assert "cpu: 40 GFLOP/s in float32, 80 GFLOP/s in 16 bits, 8 GB/s, 3.0 us a call, 3 threads" in said
    assert "in testloom.duckdb" in said
    (cpu, cuda) = kept(store)
    assert cpu == figures_of("cpu", "bfloat16", cpu[1])
    assert cuda == figures_of("cuda", "float16", "a card")
    testloom("doctor", "--measure", "--python", python_with_torch)
    assert [row[0] for row in kept(store)] == ["cpu", "cuda"], "the last of each hardware type"


def test_without_a_store_it_is_only_shown(testloom, python_with_torch):
    answer = testloom("--json", "doctor", "--measure", "--python", python_with_torch).object
    (cpu,) = answer["measured"]
    assert (cpu["hardware_type"], cpu["threads"], answer["kept_in"]) == ("cpu", 3, None)
    assert cpu["flops_a_second"] == pytest.approx(40e9) and cpu["call_seconds"] == pytest.approx(3e-6)
    said = testloom("doctor", "--measure", "--python", python_with_torch, "--store", "other.duckdb").stdout
    assert "there is no store 'other.duckdb'" in said
    assert not any(testloom.folder.iterdir())


def test_json_names_the_store(testloom, python_with_torch, store):
    answer = testloom("--json", "doctor", "--measure", "--python", python_with_torch).object
    assert answer["kept_in"] == "testloom.duckdb"
    assert "measured" not in testloom("--json", "doctor", "--python", python_with_torch).object


def test_without_torch(testloom, bare_python, store):
    finished = testloom("doctor", "--measure", "--python", bare_python, code=5)
    assert "has no torch to measure with" in finished.stderr and "-m pip install torch" in finished.stderr
    assert kept(store) == []


def test_a_device_that_fails(testloom, python_with_torch, store):
    environment = {"SIMULATED_CUDA": "1", "SIMULATED_FAULT": "1"}
    finished = testloom("doctor", "--measure", "--python", python_with_torch, env=environment, code=5)
    assert "cannot measure: RuntimeError: CUDA error: an illegal memory access" in finished.stderr
    assert "Traceback" not in finished.stderr and kept(store) == []
