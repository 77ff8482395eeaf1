"""While a run is active, the store is read and planned in by others: testloom itself and a plain DuckDB client."""

import time

import duckdb

SLOW = """\
def test_it():
    import time
    time.sleep(0.25)
    return {"batch": ${batch_size}}
"""
SIZES = range(1, 25)
MOMENT_S = 5  # an ingestion holds the store for hundredths of a second; the rest is a busy machine


def read_by_client(program):
    """The number of outcomes, read as a notebook would; it tries again while somebody writes."""
    end = time.monotonic() + MOMENT_S
    while True:
        try:
            return program.query("select count(*) from outcomes")[0][0]
        except duckdb.IOException as error:
            assert "Could not set lock" in str(error) and time.monotonic() < end, error
            time.sleep(0.01)


def test_the_store_can_be_read_and_planned_in_while_a_run_goes_on(store, bare_python):
    store.template("slow", SLOW)
    sizes = ",".join(map(str, SIZES))
    store("plan", "--model", "bert", "--batch-sizes", sizes, "--name", "running")
    run = store.start("run", "--plan", "running", "--python", bare_python)
    seen, rounds = [], 0
    while run.poll() is None:
        seen.append(read_by_client(store))
        listed = store("tests", "list", "--plan", "running", "--json", "--wait", MOMENT_S).objects
        assert len(listed) == len(SIZES)
        store("plan", "--model", "bert", "--batch-sizes", "1,2", "--name", f"plan-{rounds}", "--wait", MOMENT_S)
        rounds += 1
    assert run.returncode == 0, run.communicate()
    assert seen == sorted(seen) and rounds >= 5
    assert any(0 < count < len(SIZES) for count in seen), "outcomes come into the store while the run goes on"
    assert store.query("select count(*), count(distinct test_id) from outcomes") == [(len(SIZES), len(SIZES))]
    assert store.query("select count(*) from plans") == [(rounds + 1,)]
    store("store", "verify")
