"""A disk that fills up while tests run: the run says so and stops with its exit code, nothing that was reported is
lost, and when there is room again --resume goes on."""

import json
import subprocess

import pytest
from leftovers import none_left
from run_driver import add_models

# What each returns takes some kilobytes of the journal.
RETURNS = """\
def test_it():
    return {"model": "${model_name}", "filling": "x" * 6000}
"""
# The test of one model fills the disk itself, through the folder of files that it may keep.
FILLS = """\
import os, time
def test_it():
    if "${{model_name}}" == "m3" and not os.path.exists("{folder}/room"):
        with open(os.environ["TESTLOOM_ARTIFACTS"] + "/much", "wb", buffering=0) as file:
            try:
                while True: file.write(b"x" * 4096)
            except OSError:
                pass
    return {{"model": "${{model_name}}", "filling": "x" * 6000}}
"""
MODELS = [f"m{i}" for i in range(40)]
# In mounts of its own: a small disk at the folder with what the store has there, a run that fills it, room, and the
# rest of the run. Each part leaves its exit code.
SCRIPT = """\
mkdir -p here "$1"
cp -a "$1/." here
mount -t tmpfs -o size=12m disk "$1"
cp -a here/. "$1"
room=$(df --output=avail -k "$1" | tail -n 1)
dd if=/dev/zero of="$1/filler" bs=1024 count=$((room - {room})) 2>/dev/null
"$TESTLOOM" run --json-lines {flags} >first.out 2>first.err && echo 0 >first.code || echo $? >first.code
rm -f "$1/filler"; touch room
mount -o remount,size=50m "$1"
"$TESTLOOM" run --resume --json-lines {flags} >second.out 2>second.err && echo 0 >second.code || echo $? >second.code
"$TESTLOOM" store verify --store "$STORE" >verified 2>&1 || true
cp "$STORE" after.duckdb
ls "$STORE.runs" >second.files
"""


def ran(store, mounts, python, text, room, disk, flags=""):
    """Both parts of a run on a small disk, as (code, lines, stderr)."""
    store.template("returns", text)
    add_models(store, "text_embedding", *MODELS)
    store("plan", *(f"--model={model}" for model in MODELS), "--batch-sizes=1")
    path = store.folder / "testloom.duckdb"
    if disk == "disk":
        (store.folder / disk).mkdir()
        path = path.rename(store.folder / disk / path.name)
    script = SCRIPT.format(room=room, flags=f"--store={path} --jobs=2 --python={python} {flags}")
    env = store.environment({"TESTLOOM": store.path, "STORE": str(path)})
    command = [*mounts, "sh", "-ec", script, "sh", disk]
    process = subprocess.run(command, cwd=store.folder, env=env, capture_output=True, text=True, timeout=100)
    assert process.returncode == 0, process.stderr
    return [part(store.folder, name) for name in ("first", "second")]


def part(folder, name):
    code, said, stderr = ((folder / f"{name}.{end}").read_text() for end in ("code", "out", "err"))
    whole = [line for line in said.splitlines(keepends=True) if line.endswith("\n")]
    return int(code), [json.loads(line) for line in whole], stderr


@pytest.mark.parametrize("disk", ["testloom.duckdb.runs", "disk"], ids=["journal", "store and journal"])
@pytest.mark.parametrize(
    ("text", "room", "flags"), [(RETURNS, 250, ""), (FILLS, 4000, "--fresh")], ids=["slowly", "by a test"]
)
def test_a_full_disk_is_said_and_the_run_goes_on_later(store, private_mounts, bare_python, text, room, flags, disk):
    text = text.format(folder=store.folder) if "{{" in text else text
    first, second = ran(store, private_mounts, bare_python, text, room, disk, flags)
    code, lines, stderr = first
    assert code == 5, stderr
    # Whichever file it was that could not be written: the journal, a test's text or its result.
    assert "No space left on device" in stderr or "there is no room for a test's result" in stderr
    assert "free some space" in stderr and "Traceback" not in stderr
    assert 0 < len(lines) < len(MODELS)
    assert not none_left(store.folder)
    code, more, stderr = second
    assert code == 0, (stderr, more)
    names = [each["model_name"] for each in [*lines, *more]]
    assert sorted(names) == sorted(MODELS), "reported twice, or not at all"
    rows = store.query("select model_name, outcome from outcomes order by 1", "after.duckdb")
    assert rows == [(name, "passed") for name in sorted(MODELS)]
    assert (store.folder / "verified").read_text().startswith("the store is whole: ")
    assert ".work" not in (store.folder / "second.files").read_text()
