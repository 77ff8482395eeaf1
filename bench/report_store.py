"""Makes a store with plausible outcomes of many tests in several runs, for looking at reports and for timing them:

    .venv/bin/python bench/report_store.py STORE --tests 10000 --runs 6

Models of several sizes on cpu, cuda and rocm: latency grows with size and batch, what does not fit runs out of memory,
and larger batches of it are not run; some models raise errors, crash or time out. The same arguments give the same
store. The program is $TESTLOOM or .venv/bin/testloom."""

import argparse
import json
import os
import random
import subprocess
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

REPOSITORY = Path(__file__).resolve().parents[1]
OWNERS = ["google", "facebook", "microsoft", "openai", "mistralai", "sentence-transformers", "intfloat", "BAAI"]
# template, name of a model, its sizes in millions of parameters
LINES = [
    ("text_embedding", "bert-{}", [4, 11, 29, 41, 110, 335]),
    ("text_embedding", "e5-{}-v2", [33, 109, 335]),
    ("text_embedding", "MiniLM-L{}", [17, 22, 33]),
    ("text_generation", "gpt-neo-{}m", [125, 350, 1300, 2700]),
    ("text_generation", "llama-{}m", [160, 1100, 3200, 8000]),
    ("text_generation", "flan-t5-{}m", [77, 250, 780, 3000]),
    ("vision", "vit-{}-patch16-224", [6, 22, 86, 304]),
    ("vision", "convnext-{}", [28, 50, 89, 198]),
    ("audio", "whisper-{}m", [39, 74, 244, 769, 1550]),
    ("audio", "wav2vec2-{}m", [95, 317]),
    ("multimodal", "clip-vit-{}m", [151, 428]),
]
TEMPLATES = {"text_embedding": ["embedding", "parity"], "text_generation": ["generate", "prefill"]}
# relative speed, memory in MB
HARDWARE = {"cpu": (1.0, 64_000), "cuda": (34.0, 24_000), "rocm": (27.0, 16_000)}
CONTEXT = {"cpu": 0, "cuda": 700, "rocm": 700}  # MB that a driver takes, part of estimates but not of what tests say
BATCHES = [1, 2, 4, 8, 16, 32, 64]
COLUMNS = {
    "run_id": "VARCHAR",
    "test_id": "UUID",
    "case": "VARCHAR",
    "attempt": "INTEGER",
    "outcome": "VARCHAR",
    "reason": "VARCHAR",
    "started_at": "TIMESTAMP",
    "duration_s": "DOUBLE",
    "peak_memory_bytes": "BIGINT",
    "result": "VARCHAR",
    "error_type": "VARCHAR",
    "error_message": "VARCHAR",
    "traceback": "VARCHAR",
    "output_tail": "VARCHAR",
    "model_name": "VARCHAR",
    "hardware_type": "VARCHAR",
    "batch_size": "BIGINT",
    "template_name": "VARCHAR",
    "axes": "VARCHAR",
    "peak_device_memory_bytes": "BIGINT",
    "estimated_memory_bytes": "BIGINT",
    "estimated_host_memory_bytes": "BIGINT",
}


def models(count, chance):
    """(name, templates, millions of parameters), without end in their kinds."""
    for number in range(count):
        family, pattern, sizes = LINES[number % len(LINES)]
        size = sizes[number // len(LINES) % len(sizes)]
        owner = OWNERS[number * 7 % len(OWNERS)]
        suffix = f"-r{number // 48}" if number >= 48 else ""
        yield (
            f"{owner}/{pattern.format(size)}{suffix}",
            TEMPLATES.get(family, [family]),
            size * chance.uniform(0.9, 1.1),
        )


def raised(kind, message, file, line, function, call):
    text = f'Traceback (most recent call last):\n  File "templates/{file}", line {line}, in {function}\n    {call}\n'
    return {"error_type": kind, "error_message": message, "traceback": f"{text}{kind}: {message}\n"}


def trouble_of(name, template, hardware, chance):
    """What is wrong with a model and template on a hardware type, for all of its batch sizes; usually nothing."""
    file = f"{template}.py"
    kinds = [
        (
            "error",
            lambda: raised(
                "ValueError",
                f"the tokenizer of {name} has no pad token",
                file,
                41,
                "test_model",
                "batch = tokenizer(texts, padding=True)",
            ),
        ),
        (
            "failed",
            lambda: raised(
                "AssertionError",
                f"correlation {chance.uniform(0.5, 0.98):.4f} is below 0.99",
                file,
                67,
                "test_model",
                "assert correlation >= required",
            ),
        ),
        (
            "error",
            lambda: raised(
                "RuntimeError",
                f"no kernel image at {hex(chance.getrandbits(44))} for this device",
                file,
                52,
                "test_model",
                "outputs = model(**batch)",
            ),
        ),
        ("crashed", lambda: {"reason": "SIGSEGV"}),
        ("timeout", lambda: {"reason": "ended after 600 s"}),
    ]
    if chance.random() > 0.07:
        return None
    return chance.choice(kinds if hardware != "cpu" else kinds[:3])


def outcomes_of_chain(name, template, hardware, size, trouble, run, chance):
    """One run of a chain: its batch sizes in ascending order."""
    speed, room = HARDWARE[hardware]
    drift = 1.35 if trouble is None and run >= 4 and hash_of(name, template, hardware) % 23 == 0 else 1
    stopped = None
    for batch in BATCHES:
        memory = (420 if hardware != "cpu" else 900) + size * 4.2 + size**0.8 * batch * 1.6
        estimate = memory * (0.85 + hash_of(name, hardware) % 45 / 100)
        row = {
            "batch_size": batch,
            "estimated_memory_bytes": int((estimate + CONTEXT[hardware]) * 1e6),
            "estimated_host_memory_bytes": int((estimate if hardware == "cpu" else 2600) * 1e6),
        }
        if stopped:
            row |= {
                "outcome": "implied_oom" if stopped == "oom" else "skipped",
                "reason": f"{name}/{hardware}/{template}[batch_size={BATCHES[BATCHES.index(batch) - 1]}] did not pass",
            }
        elif memory > room:
            wanted = f"CUDA out of memory. Tried to allocate {chance.uniform(0.3, 6):.2f} GiB"
            row |= {"outcome": "oom", "duration_s": 9 + size / 400}
            row |= raised(
                "torch.cuda.OutOfMemoryError", wanted, f"{template}.py", 52, "test_model", "outputs = model(**batch)"
            )
        elif trouble:
            row |= {
                "outcome": trouble[0],
                "duration_s": 600 if trouble[0] == "timeout" else chance.uniform(2, 20),
                **trouble[1](),
            }
        else:
            p50 = (0.0004 + size * (batch**0.86) / 2600) / speed * 10 * drift * chance.lognormvariate(0, 0.03)
            row |= {"outcome": "passed", "duration_s": 4 + size / 300 + p50 * 30}
            row["result"] = json.dumps(
                {
                    "success": True,
                    "latency_s": {"p50": p50, "p95": p50 * chance.uniform(1.04, 1.4)},
                    "throughput_per_s": batch / p50,
                }
            )
            key = "peak_memory_bytes" if hardware == "cpu" else "peak_device_memory_bytes"
            row[key] = int(memory * chance.uniform(0.97, 1.03) * 1e6)
        if row["outcome"] in ("failed", "error", "oom", "crashed"):
            row["output_tail"] = "".join(
                f"[{chance.uniform(0, 9):.3f}] loading shard {part} of 4\n" for part in range(1, 5)
            )
        if row["outcome"] not in ("passed", "implied_oom", "skipped"):
            stopped = row["outcome"]
        yield row


def hash_of(*parts):
    return uuid.uuid5(uuid.NAMESPACE_OID, "/".join(parts)).int


def rows_of_run(run_id, begun, run, tests, chance):
    moment, number = begun, 0
    count = tests // (len(BATCHES) * len(HARDWARE)) + 1
    for name, templates, size in models(count, random.Random(1)):
        for template in templates:
            for hardware in HARDWARE:
                own = random.Random(hash_of(name, template, hardware))
                trouble = trouble_of(name, template, hardware, own)
                if trouble and run < 2 and own.random() < 0.4:
                    trouble = None  # it came with a later run
                for row in outcomes_of_chain(name, template, hardware, size, trouble, run, chance):
                    case = f"{name}/{hardware}/{template}[batch_size={row['batch_size']}]"
                    moment += timedelta(seconds=0.2)
                    place = {"model_name": name, "hardware_type": hardware, "template_name": template, "axes": "{}"}
                    yield {
                        "run_id": run_id,
                        "test_id": str(uuid.uuid5(uuid.NAMESPACE_OID, case)),
                        "case": case,
                        "attempt": 1,
                        "started_at": moment.isoformat(),
                        **place,
                        **row,
                    }
                    number += 1
                    if number == tests:
                        return


def fill(store, tests, runs):
    chance = random.Random(7)
    with duckdb.connect(str(store)) as connection:
        for run in range(runs):
            begun = datetime(2026, 11, 2, 2, 15) + timedelta(days=run, minutes=chance.randrange(40))
            run_id = begun.strftime("%Y%m%d-%H%M%S000-") + f"{run + 0x9F10:04x}"
            connection.execute(
                "INSERT INTO runs (run_id, plan_id, started_at, ended_at, engine, python, host) VALUES (?, 1, ?, ?, 'local', "
                "'/usr/bin/python3', 'node-17')",
                [run_id, begun, begun + timedelta(hours=3)],
            )
            rows = store.with_suffix(".rows.json")
            with rows.open("w") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows_of_run(run_id, begun, run, tests, chance))
            kinds = ", ".join(f"\"{name}\": '{kind}'" for name, kind in COLUMNS.items())
            names = ", ".join(f'"{name}"' for name in COLUMNS)
            connection.execute(
                f"INSERT INTO outcomes ({names}) SELECT {names} FROM read_json(?, format='newline_delimited', "
                f"columns={{{kinds}}}, maximum_object_size=100000000)",
                [str(rows)],
            )
            rows.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--tests", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=6)
    wanted = parser.parse_args()
    program = os.environ.get("TESTLOOM") or str(REPOSITORY / ".venv" / "bin" / "testloom")
    subprocess.run([program, "--store", wanted.store, "init", "--no-templates"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        [
            program,
            "--store",
            wanted.store,
            "template",
            "add",
            REPOSITORY / "templates" / "text_embedding.py",
            "--family",
            "text_embedding",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(
        [program, "--store", wanted.store, "plan", "--name", "nightly", "--model", "bert"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    fill(wanted.store, wanted.tests, wanted.runs)


if __name__ == "__main__":
    sys.exit(main())
