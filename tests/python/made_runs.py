"""Runs whose outcomes a test chooses: written as the journals that an engine writes, and taken in by the program."""

import json
import uuid


def outcome(case, word="passed", **more):
    """One outcome of `model/hardware/template[batch_size=N]`, as the journal has it."""
    head, _, label = case.rpartition("[")
    model, hardware, template = head.rsplit("/", 2)
    batch = int(label.partition("batch_size=")[2].split(",")[0].rstrip("]") or 1)
    given = {"test_id": str(uuid.uuid5(uuid.NAMESPACE_URL, case)), "repetition": 1, "attempt": 1, **more}
    return {
        "type": "outcome",
        "case": case,
        "model_name": model,
        "hardware_type": hardware,
        "template_name": template,
        "batch_size": batch,
        "outcome": word,
        "started_at_us": 1_767_225_600_000_000,
        "duration_s": 0.25,
        "peak_memory_bytes": None,
        **given,
    }


def repeated(case, figures, **more):
    """Passes of one test, one repetition for each latency."""
    return [
        outcome(case, repetition=number, result={"latency_s": {"p50": figure}}, **more)
        for number, figure in enumerate(figures, 1)
    ]


def make_run(program, run_id, outcomes, ended=True, **run):
    """Leaves the journal of a run, and lets the program take it in."""
    started = int(run_id[-1], 16) * 60_000_000 + 1_767_225_600_000_000
    head = {"type": "run", "run_id": run_id, "plan_id": 1, "started_at_us": started, "engine": "local"}
    head |= {"python": "/usr/bin/python3", "host": "here", "environment": {}, "settings": {}, **run}
    lines = [head, *outcomes] + ([{"type": "end", "ended_at_us": started + 30_000_000}] if ended else [])
    journal = program.folder / "testloom.duckdb.runs" / f"{run_id}.jsonl"
    journal.parent.mkdir(exist_ok=True)
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    program("template", "remove", "no-such-template", code=2)
    assert not journal.exists(), "it was not taken in"
