"""scripts/bench-peers memory with a stand-in for accelerate, which needs torch and a virtual environment of its own."""

import importlib.util
import json
import subprocess
import sys

import pytest
from cli_driver import REPOSITORY

PROGRAM = REPOSITORY / "bench/peers/memory.py"


@pytest.fixture(scope="module")
def memory():
    spec = importlib.util.spec_from_file_location("peers_memory", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stand_in(folder, body):
    """A program that is called as the Python with accelerate is, and reads the configs."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\nimport json, sys\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_each_config_is_asked_once_and_answers_keep_their_order(memory, tmp_path):
    python = stand_in(
        tmp_path,
        "for number, line in enumerate(sys.stdin):\n"
        "    print(json.dumps({'float32': json.loads(line)['hidden_size'], 'number': number}))",
    )
    configs = [{"hidden_size": size, "model_type": "bert"} for size in (3, 5, 3)]
    configs.append({"model_type": "bert", "hidden_size": 5})
    answers = memory.ask_accelerate(python, configs)
    assert [(answer["float32"], answer["number"]) for answer in answers] == [(3, 0), (5, 1), (3, 0), (5, 1)]


def test_an_accelerate_that_stops_is_told_with_what_it_said(tmp_path):
    python = stand_in(tmp_path, "sys.stdin.readline(); print('{}'); sys.exit('no module named torch')")
    done = subprocess.run([sys.executable, PROGRAM, python], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.startswith("bench-peers memory: accelerate stopped after 1 of 18 models:\n")
    assert "no module named torch" in done.stderr and "Traceback" not in done.stderr


def point(model, dtype, measured):
    estimate = {"weight_bytes": 100, "peak_process_bytes": 200}
    request = {"dtype": dtype}
    return {"model": model, "request": request, "base": 50, "weight_bytes": 100, "measured": measured, "estimate": estimate}


def test_figures(memory, capsys):
    points = [point("a", "float32", 200), point("a", "bfloat16", 100), point("b", "float32", 160)]
    answers = [{"float32": 80, "float16": 40}, {"float32": 80, "float16": 40}, {"error": "unknown class"}]
    memory.compare("points", points, answers)
    said = dict(line.strip().split("  ", 1) for line in capsys.readouterr().out.splitlines()[2:7])
    figures = {name: [float(figure) for figure in text.split()] for name, text in said.items()}
    assert figures["weights: accelerate"] == [1, 20.0, 20.0, 20.0, 100.0]
    assert figures["weights: testloom"] == [1, 0.0, 0.0, 0.0, 0.0]
    # 1.2 x 80 of 200, 1.2 x 40 of 100; with the process's 50: 146 and 98.
    assert figures["peak: accelerate, + 20 %"] == [2, 52.0, 52.0, 52.0, 100.0]
    assert figures["peak: accelerate, + 20 %, + process"] == [2, 14.5, 27.0, 27.0, 50.0]
    assert figures["peak: testloom"] == [2, 50.0, 100.0, 100.0, 0.0]


@pytest.mark.parametrize("argument", ["70", "0", "accelerate"])
def test_what_it_cannot_do_is_refused(argument):
    done = subprocess.run([REPOSITORY / "scripts/bench-peers", argument], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert f"'{argument}' is neither a multiple of 50 nor 'memory'" in done.stderr
