"""Installs the engines, lets all of them render the same inputs, compares their outputs byte for byte and
prints how many texts a second each makes. See README.md beside this file."""

import argparse
import filecmp
import os
import pathlib
import statistics
import subprocess
import sys

import inputs
from install import ENGINES, ROOT, Unavailable

CHECKED_SETS = 2000
FLOOR, NEEDED = "floor", ("floor", "testloom")


class Failed(Exception):
    """An engine ended or answered what it should not."""


class Process:
    """One engine with one input, waiting for commands in `folder`."""

    def __init__(self, command, folder, template, sets):
        self.sets = sets
        self.process = subprocess.Popen(
            [*map(str, command), template, "values.jsonl", str(sets)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "GOMAXPROCS": "1", "PYTHONDONTWRITEBYTECODE": "1"},  # one thread in Go too
        )
        self.bytes = None  # of one round
        self.rates = []  # texts a second, one a measured round
        if self.answer() != "ready":
            raise Failed("did not begin as an engine")

    def answer(self):
        line = self.process.stdout.readline().strip()
        if not line:
            self.process.kill()
            said = self.process.stderr.read().strip().splitlines() or [f"ended with {self.process.wait()}"]
            raise Failed(f"{self.process.args[-3]}: {said[0]}")
        return line

    def ask(self, *command):
        try:
            print(*command, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # answer() says why
        return self.answer()

    def round(self, least_seconds):
        """Renders all value sets, and again until that took `least_seconds`; returns texts a second."""
        seconds, texts = 0.0, 0
        while seconds < least_seconds or not texts:
            took, size = self.ask("round", self.sets).split()
            self.bytes = int(size)
            seconds += float(took)
            texts += self.sets
        return texts / seconds

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def install(folder, sources, notes, wrong):
    """What could be installed, by the engine's key; an engine of another project may be missing."""
    installed = {}
    for engine in ENGINES:
        print(f"bench-engines: {engine.name}", file=sys.stderr)
        try:
            installed[engine.key] = engine.install(folder, [one for one in sources if one.number in engine.inputs])
        except Unavailable as reason:
            (wrong if engine.key in NEEDED else notes).append(f"{engine.name}: {reason}")
    return installed


def start(folder, source, installed, sets, wrong):
    """The process of each engine that runs with this input; the floor is the first."""
    running = {}
    for engine in ENGINES:
        if engine.key not in installed or source.number not in engine.inputs:
            continue
        template = f"templates/{source.number}-{engine.key}"
        text = engine.write(source.nodes) if engine.write else source.text
        (folder / template).write_bytes(text.encode("ascii"))
        command = installed[engine.key].commands[source.number]
        try:
            running[engine] = Process(command, folder, template, sets)
        except Failed as reason:
            wrong.append(f"{engine.name}, input {source.number}: {reason}")
    return running


def compare(folder, running, number, wrong):
    """Compares the first outputs byte for byte, and all by their size; adds what differs to `wrong`."""
    floor, floor_output = None, None
    for engine, process in running.items():
        output = f"outputs/{number}-{engine.key}"
        process.ask("check", min(CHECKED_SETS, process.sets), output)
        process.round(0)
        if floor is None:
            floor, floor_output = process, output
        elif not filecmp.cmp(folder / floor_output, folder / output, shallow=False):
            wrong.append(f"{engine.name}: other bytes than the floor, see {output} and {floor_output} in {folder}")
        elif process.bytes != floor.bytes:
            wrong.append(f"{engine.name}, input {number}: {process.bytes} bytes in all, but {floor.bytes} of the floor")


def measure(folder, source, installed, options, wrong):
    """Texts a second of each round, by the engine's key; adds what goes wrong to `wrong`."""
    sets = source.sets // (20 if options.quick else 1)
    running = start(folder, source, installed, sets, wrong)
    try:
        compare(folder, running, source.number, wrong)
        for _ in range(options.rounds):
            for process in running.values():
                process.rates.append(process.round(0.02 if options.quick else 0.3))
    finally:
        for process in running.values():
            process.close()
    mean = next(iter(running.values())).bytes / sets
    print(f"{source.describe(sets)}, {mean:,.0f} bytes a text")
    return {engine.key: process.rates for engine, process in running.items()}


def processor():
    """The processor's name, as Linux tells it."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")


def print_table(results, installed):
    """`results`: for each input the rounds' rates by engine; the floor's median is 1."""
    head = "".join(f"{f'input {number}: texts/s':>20}{'of floor':>10}{'spread':>8}" for number in results)
    print(f"\n{'':<22}{head}")
    for engine in ENGINES:
        line = f"{engine.name:<22}"
        for rates in results.values():
            if engine.key in rates:
                rate = statistics.median(rates[engine.key])
                ratio = rate / statistics.median(rates[FLOOR])
                spread = (max(rates[engine.key]) - min(rates[engine.key])) / rate
                line += f"{rate:>20,.0f}{ratio:>10.4f}{100 * spread:>6.0f} %"
            else:
                line += f"{'-':>20}{'-':>10}{'-':>8}"
        print(line.rstrip())
    print(f"\nVersions, on {processor()}")
    for engine in ENGINES:
        if engine.key in installed:
            print(f"  {engine.name:<22}{installed[engine.key].version}")


def main():
    parser = argparse.ArgumentParser(
        prog="bench-engines", description="Renders the same two inputs with several template engines, and compares."
    )
    parser.add_argument("--quick", action="store_true", help="fewer value sets and rounds, to see that all works")
    parser.add_argument("--rounds", type=int, help="measured rounds of each engine; 9, or 3 with --quick")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 9)
    folder = pathlib.Path(os.environ.get("TESTLOOM_BENCH_DIR") or ROOT / "build/bench-engines").resolve()
    for part in ("templates", "outputs", "logs"):
        (folder / part).mkdir(parents=True, exist_ok=True)

    sources, notes, wrong, results = inputs.both(), [], [], {}
    inputs.write_values(folder / "values.jsonl", max(source.sets for source in sources))
    installed = install(folder, sources, notes, wrong)
    if FLOOR not in installed:
        raise Failed(wrong[0])
    for source in sources:
        results[source.number] = measure(folder, source, installed, options, wrong)
    print(f"{options.rounds} rounds of each engine, in turn; medians; spread: (largest - smallest) / median")
    print_table(results, installed)
    for line in notes + wrong:
        print(f"bench-engines: {line}", file=sys.stderr)
    if not wrong:
        print(f"\nAll engines gave the same texts: the first {CHECKED_SETS:,} byte for byte, all by their total size.")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as problem:
        sys.exit(f"bench-engines: {problem}")
