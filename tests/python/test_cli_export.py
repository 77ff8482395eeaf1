"""`testloom plan export`: a snapshot is run on other machines by any number at once, and its outcomes come home."""

import os
import shutil
import time

import duckdb
import pytest
from cli_driver import PASSES, Program, digest

STORE = "testloom.duckdb"
OUTER = '#% include "inner"\n' + PASSES


@pytest.fixture(scope="module")
def prepared(fresh_store):
    """A home store with two plans, templates with parts and versions, a pinned model and one that is in no plan."""
    home = fresh_store()
    home.template("inner", "INNER = 1\n", "text_embedding", "--partial")
    home.template("latency", OUTER)
    home.template("latency", OUTER + "# again\n")
    home.template("other", PASSES, "vision")
    for model in ("bert", "roberta", "unused"):
        home("model", "add", model, "--family", "text_embedding")
    home("plan", "--model", "bert", "--batch-sizes", "64", "--name", "small")
    home("plan", "--model", "bert", "--model", "roberta", "--hardware", "cpu,cuda", "--batch-sizes", "1,2", "--name", "all")
    return home


@pytest.fixture
def home(prepared, tmp_path):
    return prepared.copy(tmp_path / "home")


def snapshot(home, *more):
    """The program on another machine, and the snapshot's path there."""
    away = Program(home.folder.parent / "away", home.path)
    home("plan", "export", away.folder, *more)
    return away, away.folder / STORE


def listed(program, *more):
    """The tests without what outcomes say."""
    return [{**test, "last_outcome": None} for test in program("tests", "list", "--json", *more).objects]


def rendered(program, *more):
    program("tests", "render", "--out", program.folder / "rendered", *more)
    return {path.name: path.read_bytes() for path in (program.folder / "rendered").rglob("*.py")}


def test_a_snapshot_has_its_plan_and_is_whole(home):
    away, store = snapshot(home, "--plan", "all")
    assert os.listdir(away.folder) == [store.name]
    assert listed(away) == listed(home, "--plan", "all")
    assert rendered(away) == rendered(home, "--plan", "all")
    away("store", "verify")
    assert away.query("select plan_id, plan_name from plans") == [(2, "all")]
    assert away.query("select model_name from models order by 1") == [("bert",), ("roberta",)]
    assert away.query("select template_name from templates order by 1") == [("latency",)]


def test_exporting_says_what_it_did_and_overwrites_nothing(home):
    away, store = snapshot(home)
    before = digest(store)
    assert "is there already" in home("plan", "export", away.folder, code=2).stderr
    assert digest(store) == before
    said = home("plan", "export", "here", "--plan", "small", "--json").object
    assert said == {"store": "here/testloom.duckdb", "plan_id": 1, "name": "small", "tests": 1}
    assert "no plan" in home("plan", "export", "there", "--plan", "none", code=2).stderr
    assert "cannot make the folder" in home("plan", "export", "testloom.duckdb/x", code=4).stderr
    assert not (home.folder / "there").exists()


def test_a_snapshot_is_only_read(home):
    away, store = snapshot(home)
    os.chmod(store, 0o644)
    before = digest(store)
    for verb in ("model add mine", "plan --model bert", "plan remove all --yes"):
        assert "is a snapshot of a plan, which is only read" in away(*verb.split(), code=4).stderr
    assert digest(store) == before


@pytest.mark.parametrize("write_protected", [True, False])
def test_runs_of_one_snapshot_at_once_and_their_journals_at_home(home, bare_python, write_protected):
    away, store = snapshot(home)
    if not write_protected:
        os.chmod(store, 0o644)
    before = digest(store)
    runs = [away.start("run", "--python", bare_python, "--hardware", type, "--json") for type in ("cpu", "cuda", "cpu")]
    for run in runs:
        assert run.wait(timeout=100) == 0, run.communicate()
    assert digest(store) == before
    assert len(list((away.folder / f"{STORE}.runs").glob("*.jsonl"))) == 3
    home("plan", "--model", "bert", "--model", "roberta", "--batch-sizes", "1,2,4", "--name", "later")
    (said,) = home("ingest", away.folder, "--json").objects
    assert (said["runs"], said["new_runs"], said["new_outcomes"]) == (3, 3, 12)
    # cuda's are skipped here, and stand under the plan that was exported, though a later one has cpu's too.
    assert {test["hardware_type"]: test["last_outcome"] for test in home("tests", "list", "--plan", "all", "--json").objects} == {
        "cpu": "passed",
        "cuda": "skipped",
    }
    assert home.query("select distinct plan_id from runs") == [(2,)]
    assert home("ingest", away.folder, "--json").object["new_outcomes"] == 0
    home("store", "verify")


def test_copies_are_run_like_the_snapshot(home, bare_python):
    away, store = snapshot(home)
    for number in (1, 2):
        copy = Program(home.folder.parent / f"copy-{number}", home.path)
        copy.folder.mkdir()
        shutil.copy(store, copy.folder / STORE)
        copy("run", "--python", bare_python, "--hardware", "cpu")
        home("ingest", copy.folder / f"{STORE}.runs")
    assert home.query("select count(*), count(distinct test_id), count(distinct run_id) from outcomes") == [(8, 4, 2)]


def test_a_folder_that_is_only_read_needs_another_for_journals(home, bare_python, private_mounts):
    away, store = snapshot(home)
    read_only = "mount --bind away away && mount -o remount,ro,bind away && exec "
    shell = [*private_mounts, "sh", "-c", read_only + '"$@"', "sh"]
    parent = home.folder.parent
    run = ("run", "--store", store, "--python", bare_python, "--hardware", "cpu")
    said = home(*run, folder=parent, prefix=shell, code=5).stderr
    assert "Read-only file system" in said and "--journal-dir" in said
    home(*run, "--journal-dir", parent / "journals", folder=parent, prefix=shell)
    assert home("ingest", parent / "journals", "--json").object["new_outcomes"] == 4


def test_only_runs_of_a_snapshot_have_another_folder(home, bare_python):
    assert "--journal-dir is for runs of a snapshot" in home(
        "run", "--python", bare_python, "--journal-dir", "journals", code=2
    ).stderr


def test_a_killed_export_leaves_a_whole_snapshot_or_none(home):
    begin = time.monotonic()
    home("plan", "export", "timed")
    whole = time.monotonic() - begin
    for number in range(8):
        process = home.start("plan", "export", f"there-{number}")
        time.sleep(whole * number / 7)
        process.kill()
        process.communicate()
        store = home.folder / f"there-{number}" / STORE
        if not store.exists():
            home("plan", "export", f"there-{number}")
        with duckdb.connect(str(store), read_only=True) as connection:
            assert connection.execute("select count(*) from test_rows").fetchall() == [(8,)]
            assert connection.execute("select count(*) from template_versions").fetchall() == [(2,)]
    home("store", "verify")
