"""How long `testloom report --html` takes, how large the file is, and how fast the page filters, in real Chromium:

    .venv/bin/python bench/report.py

For 10,000 tests in ten runs and 100,000 in six, from stores that bench/report_store.py makes. Filter times go from a
changed filter to the painted page, in milliseconds, over words typed letter by letter and boxes checked; each is the
least of three, and a frame of the browser takes 16 ms. The floor is what Python takes to read some columns of the same
outcomes with DuckDB alone."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests" / "python"), str(REPOSITORY / "bench")]

import report_store  # noqa: E402
from browsing import Browser  # noqa: E402

PROGRAM = os.environ.get("TESTLOOM") or str(REPOSITORY / ".venv" / "bin" / "testloom")
TYPED = ["b", "be", "ber", "bert", "bert c", "bert cu", "bert cuda", "bert cuda par", ""]
TIMES = 3


def floor_of(store):
    begun = time.perf_counter()
    with duckdb.connect(str(store), read_only=True) as connection:
        connection.execute(
            "SELECT run_id, \"case\", outcome, duration_s, result->>'$.latency_s.p50', peak_memory_bytes FROM outcomes"
        ).fetchnumpy()
    return time.perf_counter() - begun


def time_report(store, file):
    begun = time.perf_counter()
    subprocess.run([PROGRAM, "--store", store, "report", "--html", file], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


CHANGE = """([selector, text]) => new Promise(done => {
  const element = document.querySelector(selector);
  const begun = performance.now();
  if (text === null) element.click();
  else {
    element.value = text;
    element.dispatchEvent(new Event("input"));
  }
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
})"""


def filter_times(browser, file):
    changes = [("#filter", words) for words in TYPED] + [
        (f".chip input[value={each}]", None) for each in ("oom", "passed")
    ]
    with browser.reading(file) as reader:
        times = {}
        for _ in range(TIMES):
            for by in ("", "?by=latency"):
                reader.go(by)
                for change in changes:
                    times.setdefault((by, change), []).append(reader.page.evaluate(CHANGE, list(change)))
        return [min(each) for each in times.values()]


def main():
    browser = Browser()
    print("  tests  runs  report (floor)        size  filter: median, most of how many changes")
    with tempfile.TemporaryDirectory() as folder:
        for tests, runs in ((10_000, 10), (100_000, 6)):
            store, file = Path(folder, f"{tests}.duckdb"), Path(folder, f"{tests}.html")
            subprocess.run([PROGRAM, "--store", store, "init", "--no-templates"], check=True, stdout=subprocess.DEVNULL)
            report_store.fill(store, tests, runs)
            floor = min(floor_of(store) for _ in range(TIMES))
            took = min(time_report(store, file) for _ in range(TIMES))
            times = filter_times(browser, file)
            print(
                f"{tests:7,}  {runs:4}  {took:5.2f} s ({floor:.2f} s)  {file.stat().st_size / 1e6:6.2f} MB  "
                f"{statistics.median(times):.0f} ms, {max(times):.0f} ms of {len(times)}"
            )
    browser.close()


if __name__ == "__main__":
    main()
