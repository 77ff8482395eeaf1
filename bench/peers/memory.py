"""Memory as accelerate and as testloom estimate it, against what was measured (scripts/bench-peers memory).

    memory.py PYTHON

PYTHON is one that has accelerate and transformers; the program that answers for testloom is $TESTLOOM, else
.venv/bin/testloom. The points are those of scripts/report-estimates. Errors in percent of what was measured:

  weights     the weights' bytes: accelerate's Total Size, which is all that its command prints, and testloom's
  peak        the process's peak: Total Size and 20 %, which accelerate's documentation says to expect for inference,
              without and with what the process held before it made a model, as it was measured; and testloom's estimate

Exit status 1 when one of the programs fails.
"""

import collections
import importlib.machinery
import importlib.util
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INFERENCE = 1.2
SIZES = {"float32": "float32", "bfloat16": "float16", "float16": "float16", "int8": "int8", "int4": "int4"}
# As published; the head is not tied to the embeddings.
LLAMA_3_8B = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 128256,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "tie_word_embeddings": False,
}
LLAMA_3_8B_PARAMETERS = 8_030_261_248  # of the published weights


def report_estimates():
    """scripts/report-estimates as a module: it reads the points and asks testloom."""
    loader = importlib.machinery.SourceFileLoader("report_estimates", str(ROOT / "scripts/report-estimates"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def ask_accelerate(python, configs):
    """Its answers, in the configs' order; each config is asked once."""
    lines = [json.dumps(config, sort_keys=True) for config in configs]
    distinct = list(dict.fromkeys(lines))
    done = subprocess.run(
        [python, str(ROOT / "bench/peers/accelerate_memory.py")],
        input="".join(line + "\n" for line in distinct),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(answers) != len(distinct):
        raise ValueError(f"accelerate stopped after {len(answers)} of {len(distinct)} models:\n{done.stderr[-2000:]}")
    by_config = dict(zip(distinct, answers))
    return [by_config[line] for line in lines]


def row(name, pairs):
    """One line of a table from pairs of what was said and what was measured."""
    errors = [said / measured - 1 for said, measured in pairs]
    off = sorted(abs(error) for error in errors)
    p95 = off[min(len(off) - 1, int(0.95 * len(off)))]
    under = sum(error < -0.10 for error in errors) / len(errors)
    figures = [statistics.median(off), p95, off[-1], under]
    print(f"  {name:<36}{len(off):>5}" + "".join(f"{100 * figure:>10.1f}" for figure in figures))


def compare(title, points, answers):
    answered = [(point, said) for point, said in zip(points, answers) if "error" not in said]
    print(title)
    print(f"  {'':<36}{'n':>5}{'median %':>10}{'95th %':>10}{'max %':>10}{'under %':>10}")
    weights = {point["model"]: (point, said) for point, said in answered if point["request"]["dtype"] == "float32"}
    row("weights: accelerate", [(said["float32"], point["weight_bytes"]) for point, said in weights.values()])
    row("weights: testloom", [(point["estimate"]["weight_bytes"], point["weight_bytes"]) for point, _ in weights.values()])
    guesses = [(point, INFERENCE * said[SIZES[point["request"]["dtype"]]]) for point, said in answered]
    row("peak: accelerate, + 20 %", [(guess, point["measured"]) for point, guess in guesses])
    row("peak: accelerate, + 20 %, + process", [(guess + point["base"], point["measured"]) for point, guess in guesses])
    ours = [(point["estimate"]["peak_process_bytes"], point["measured"]) for point in points]
    row("peak: testloom", [pair for pair, said in zip(ours, answers) if "error" not in said])
    if len(answered) < len(points):
        row("peak: testloom, all points", ours)
    refused = collections.Counter(point["model"] for point, said in zip(points, answers) if "error" in said)
    for model, count in sorted(refused.items()):
        print(f"  accelerate has no answer for {model} ({count} points)")


def report_head(python, program):
    """What becomes of a head that is not tied to the embeddings."""
    said = ask_accelerate(python, [LLAMA_3_8B])[0]
    own = [{"model": "Llama-3-8B", "request": {"config": LLAMA_3_8B}}]
    program.answer(own)
    counts = {"accelerate": said["parameters"], "testloom": own[0]["estimate"]["parameters"]}
    print(f"Llama-3-8B: {LLAMA_3_8B_PARAMETERS:,} parameters")
    for name, count in counts.items():
        print(f"  {name:<12}{count:>15,}{100 * (count / LLAMA_3_8B_PARAMETERS - 1):>8.1f} %")


def main():
    if len(sys.argv) != 2:
        sys.exit("memory.py: say the Python that has accelerate: memory.py PYTHON")
    python, program = sys.argv[1], report_estimates()
    try:
        for path in sorted((ROOT / "bench/data").glob("memory_points*.json*")):
            points = program.points_of(path)
            program.answer(points)
            compare(path.name, points, ask_accelerate(python, [point["request"]["config"] for point in points]))
        report_head(python, program)
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError) as problem:
        sys.exit(f"bench-peers memory: {problem}")


if __name__ == "__main__":
    main()
