"""Rendering that is killed, runs out of disk, may not write, or finds that folders changed under it."""

import random
import shlex

import pytest
from render_kills import UNFINISHED, RenderKills, texts, two_plans

MODELS, BATCH_SIZES = 60, 6


@pytest.fixture(scope="module")
def prepared(fresh_store):
    store = fresh_store()
    two_plans(store, MODELS, BATCH_SIZES)
    return store


@pytest.fixture
def planned(prepared, tmp_path):
    return prepared.copy(tmp_path)


def render(program, plan, out="out", **how):
    return program("tests", "render", "--plan", plan, "--out", out, **how)


def test_a_kill_leaves_each_file_old_or_new(planned):
    kills = RenderKills(planned, random.Random(12))
    kills.campaign(12)


def test_a_kill_while_old_files_are_removed_leaves_them_to_the_next(planned):
    planned("plan", "--name=little", "--model=bert-1", "--batch-sizes=1")
    render(planned, "little", "fresh")
    render(planned, "new")
    first = planned.folder / "out" / "bert-0" / "test_latency_cpu_b1.py"
    process = planned.start("tests", "render", "--plan", "little", "--out", "out")
    while process.poll() is None and first.exists():
        pass
    process.kill()
    process.communicate()
    render(planned, "little")
    assert texts(planned.folder / "out") == texts(planned.folder / "fresh")


def inodes(folder):
    found = {str(path.relative_to(folder)): path.stat() for path in folder.rglob("*")}
    return {path: (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) for path, status in found.items()}


def test_what_is_the_same_keeps_its_inode_and_its_times(planned):
    render(planned, "new")
    out = planned.folder / "out"
    changed, lost = out / "bert-1" / "test_latency_cpu_b2.py", out / "bert-2" / "test_latency_cpu_b1.py"
    changed.write_text("edited")
    lost.unlink()
    before = inodes(out)
    assert "2 written" in render(planned, "new").stdout
    after = inodes(out)
    differ = {path for path in after if before.get(path) != after[path]}
    assert differ == {".", "bert-1", "bert-2", *(str(path.relative_to(out)) for path in (changed, lost))} - {"."}


def test_a_plan_that_grows_and_shrinks_ends_as_a_new_folder_would(planned):
    for plan in ("old", "new", "old"):
        render(planned, plan)
        render(planned, plan, f"fresh-{plan}")
        assert texts(planned.folder / "out") == texts(planned.folder / f"fresh-{plan}")


ON_A_SMALL_DISK = """\
mkdir small; mount -t tmpfs -o size={size} small small
if test {first} != none; then {program} tests render --plan {first} --out small/out; fi
dd if=/dev/zero of=small/filler bs=4096 status=none 2>/dev/null || true
truncate -s -{free} small/filler; cp -a small/out before 2>/dev/null || mkdir before
set +e; {program} tests render --plan new --out small/out > said.out 2> said.err; echo $? > code; set -e
cp -a small/out after 2>/dev/null || mkdir after
rm small/filler; {program} tests render --plan new --out small/out
cp -a small/out completed"""


@pytest.mark.parametrize("free", [0, 4096, 65536, 1000000])
@pytest.mark.parametrize("first", ["none", "old"])
def test_a_full_disk_leaves_each_file_old_or_new(planned, private_mounts, first, free):
    render(planned, "new", "whole")
    program = shlex.quote(planned.path)
    script = ON_A_SMALL_DISK.format(size="64m", first=first, free=free, program=program)
    folder = shlex.quote(str(planned.folder))
    planned("tests", "list", prefix=[*private_mounts, "sh", "-e", "-c", f"cd {folder}\n{script}", "sh"])
    said = (planned.folder / "said.err").read_text()
    assert (planned.folder / "code").read_text().strip() in ("2", "5")
    assert "No space left on device" in said and "free some space" in said and len(said.splitlines()) == 2
    before, after, whole = (texts(planned.folder / name) for name in ("before", "after", "whole"))
    assert all(text in (before.get(path), whole.get(path)) for path, text in after.items())
    assert all(path in after for path in before if path in whole)
    assert texts(planned.folder / "completed") == whole


def test_a_read_only_folder_is_refused_unless_all_is_the_same(planned, private_mounts):
    render(planned, "old")
    before = texts(planned.folder / "out")
    out, folder = shlex.quote(str(planned.folder / "out")), shlex.quote(str(planned.folder))
    script = f'mount --bind {out} {out}; mount -o remount,bind,ro {out}; cd {folder}; exec "$@"'
    prefix = [*private_mounts, "sh", "-e", "-c", script, "sh"]
    assert " 0 written" in render(planned, "old", prefix=prefix).stdout
    said = render(planned, "new", prefix=prefix, code=5)
    assert "Read-only file system" in said.stderr and texts(planned.folder / "out") == before


def test_a_link_in_place_of_a_models_folder_is_refused(planned):
    render(planned, "old")
    outside = planned.folder / "outside"
    (planned.folder / "out" / "bert-3").rename(outside)
    (planned.folder / "out" / "bert-3").symlink_to(outside)
    before = texts(outside)
    said = render(planned, "new", code=2)
    assert "bert-3' is a link" in said.stderr and "remove the link" in said.stderr
    assert texts(outside) == before
    (planned.folder / "out" / "bert-3").unlink()
    render(planned, "new")
    assert not (planned.folder / "out" / UNFINISHED).exists()


def test_a_link_to_where_stale_files_lie_is_not_followed(planned):
    render(planned, "old")
    outside = planned.folder / "outside"
    (planned.folder / "out" / "bert-gone-1").rename(outside)
    (planned.folder / "out" / "bert-gone-1").symlink_to(outside)
    before = texts(outside)
    render(planned, "new")
    assert texts(outside) == before


def test_a_folder_that_goes_meanwhile_is_an_error_and_not_a_crash(planned):
    process = planned.start("tests", "render", "--plan", "new", "--out", "out")
    while process.poll() is None and not (planned.folder / "out" / "bert-1").exists():
        pass
    (planned.folder / "out").rename(planned.folder / "elsewhere")
    process.communicate(timeout=60)
    assert process.returncode in (0, 2, 5)
    render(planned, "new")


def test_two_renderings_at_once_take_their_turns(planned):
    processes = [planned.start("tests", "render", "--plan", plan, "--out", "out") for plan in ("old", "new", "old")]
    assert [process.communicate(timeout=60) and process.returncode for process in processes] == [0, 0, 0]
    render(planned, "old")
    render(planned, "old", "fresh")
    assert texts(planned.folder / "out") == texts(planned.folder / "fresh")
