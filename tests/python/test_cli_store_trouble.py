"""Stores that cannot be used as they are: no store at all, locked, read-only, of a newer or older schema, on a full disk."""

import fcntl
import json
import os
import shlex
import threading

import duckdb
import pytest
from cli_driver import REPOSITORY, contents, digest

STORE = "testloom.duckdb"
READING = [
    "template list",
    "template show latency",
    "model list",
    "tests list",
    "tests show bert/cpu/latency[batch_size=1]",
]
WRITING = [
    "template add good.py --family vision",
    "template remove latency",
    "model add mine --family vision",
    "plan --model bert --name other",
]


@pytest.fixture(scope="module")
def prepared(fresh_store):
    store = fresh_store()
    store.template("latency")
    store("plan", "--model", "bert")
    store.write("good.py", "def test_it():\n    pass\n")
    return store


@pytest.fixture
def planned(prepared, tmp_path):
    return prepared.copy(tmp_path)


def refused(program, verb, *more, words=(), **how):
    before = contents(program.folder)
    said = program(*verb.split(), *more, code=4, **how)
    for word in (STORE, *words):
        assert word in said.stderr, said
    assert len(said.stderr.splitlines()) >= 2, f"it does not say what to do: {said}"
    assert said.stdout == "" and contents(program.folder) == before
    return said


NOT_STORES = {
    "a text file": b"hello, this is no store\n" * 1000,
    "a short text file": b"x",
    "an empty file": b"",
    "zeros": bytes(100_000),
    "an SQLite file": b"SQLite format 3\0" + bytes(8192),
}


@pytest.mark.parametrize("content", NOT_STORES.values(), ids=NOT_STORES)
@pytest.mark.parametrize("verb", ["init", *READING, *WRITING, "run", "tests render --out out"])
def test_a_file_that_is_no_store(testloom, verb, content):
    testloom.write(STORE, content)
    testloom.write("good.py", "def test_it():\n    pass\n")
    refused(testloom, verb, words=["not"])


@pytest.mark.parametrize("verb", ["init", "template list", "plan --model bert"])
def test_a_folder_is_no_store(testloom, verb):
    (testloom.folder / STORE).mkdir()
    refused(testloom, verb, words=["folder"])


@pytest.mark.parametrize("verb", ["init", "template list"])
def test_a_store_needs_a_path(testloom, verb):
    said = testloom(*verb.split(), "--store", "", code=2)
    assert "--store" in said.stderr and list(testloom.folder.iterdir()) == []


def test_a_store_in_a_folder_that_is_not_there(testloom):
    said = testloom("init", "--store", "no/where.duckdb", code=4)
    assert "folder" in said.stderr and list(testloom.folder.iterdir()) == []


@pytest.mark.parametrize("verb", ["init", "template list", "model add mine --family vision"])
def test_a_database_of_somebody_else_is_left_alone(testloom, verb):
    with duckdb.connect(str(testloom.folder / STORE)) as connection:
        connection.execute("create table sales as select 1 as amount")
    refused(testloom, verb, words=["not"])


@pytest.mark.parametrize("verb", ["tests list", "plan --model bert --name other", "run"])
def test_a_store_cut_in_half(planned, verb):
    path = planned.folder / STORE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refused(planned, verb)


@pytest.mark.parametrize("verb", ["init", *READING, *WRITING, "run"])
def test_a_store_of_a_newer_schema(planned, verb):
    with duckdb.connect(str(planned.folder / STORE)) as connection:
        connection.execute("update store_info set schema_version = 99")
    refused(planned, verb, words=["99", "newer"])


@pytest.fixture
def lock(planned):
    """Locks the store as another process, this one."""
    with open(planned.folder / STORE, "r+b") as file:
        yield lambda how: fcntl.lockf(file, how | (0 if how == fcntl.LOCK_UN else fcntl.LOCK_NB))


@pytest.mark.parametrize("verb", ["init", *READING, *WRITING, "run --python /usr/bin/python3"])
def test_a_locked_store_names_who_holds_it(planned, lock, verb):
    said = None
    lock(fcntl.LOCK_EX)
    names = sorted(path.name for path in planned.folder.iterdir())
    said = planned(*verb.split(), "--wait", "0.1", code=4)
    assert STORE in said.stderr and str(os.getpid()) in said.stderr and "--wait" in said.stderr
    assert sorted(path.name for path in planned.folder.iterdir()) == names


@pytest.mark.parametrize("verb", READING)
def test_readers_do_not_mind_each_other(planned, lock, verb):
    lock(fcntl.LOCK_SH)
    planned(*verb.split(), "--wait", "0")


@pytest.mark.parametrize("verb", WRITING)
def test_a_writer_waits_for_readers(planned, lock, verb):
    lock(fcntl.LOCK_SH)
    assert str(os.getpid()) in planned(*verb.split(), "--wait", "0", code=4).stderr


@pytest.mark.parametrize("verb", [READING[0], WRITING[0]])
def test_a_store_that_is_freed_in_time_is_used(planned, lock, verb):
    lock(fcntl.LOCK_EX)
    freeing = threading.Timer(0.7, lock, [fcntl.LOCK_UN])
    freeing.start()
    planned(*verb.split(), "--wait", "60")
    freeing.join()


def mounted(prefix, script):
    """A prefix that runs a command after this script, in a mount namespace of its own."""
    return [*prefix, "sh", "-e", "-c", f'{script}\nexec "$@"', "sh"]


def bind_read_only(path):
    quoted = shlex.quote(str(path))
    return f"mount --bind {quoted} {quoted}; mount -o remount,bind,ro {quoted}"


@pytest.fixture(params=["the file", "its folder"])
def read_only(request, planned, private_mounts):
    path = planned.folder / STORE if request.param == "the file" else planned.folder
    return mounted(private_mounts, f"{bind_read_only(path)}; cd {shlex.quote(str(planned.folder))}")


@pytest.mark.parametrize("verb", [*WRITING, "run"])
def test_a_read_only_store_is_not_written(planned, read_only, verb):
    refused(planned, verb, prefix=read_only, words=["read-only"])


@pytest.mark.parametrize("verb", READING)
def test_a_read_only_store_can_be_read(planned, read_only, verb):
    assert planned(*verb.split(), prefix=read_only).stdout == planned(*verb.split()).stdout


def test_a_store_cannot_be_made_in_a_read_only_folder(testloom, private_mounts):
    script = f"{bind_read_only(testloom.folder)}; cd {shlex.quote(str(testloom.folder))}"
    said = testloom("init", prefix=mounted(private_mounts, script), code=4)
    assert STORE in said.stderr and list(testloom.folder.iterdir()) == []


ON_A_FULL_DISK = """\
mkdir "$PWD/full"; mount -t tmpfs -o size=24m full full
cp good.py testloom.duckdb full; cd full
dd if=/dev/zero of=filler bs=4096 status=none 2>/dev/null || true
truncate -s -{free} filler
sha256sum testloom.duckdb > ../before; set +e
"$@" > ../said.out 2> ../said.err; echo $? > ../code; set -e
sha256sum testloom.duckdb > ../after; ls -A > ../left
rm filler; cp testloom.duckdb ../after.duckdb
if test -e testloom.duckdb.wal; then cp testloom.duckdb.wal ../after.duckdb.wal; fi
true"""


def on_a_full_disk(program, prefix, verb, free):
    """Runs a verb on a copy of the store with so many bytes free, and leaves that copy as after.duckdb."""
    script = ON_A_FULL_DISK.format(free=free)
    folder = program.folder
    whole = [*prefix, "sh", "-e", "-c", f"cd {shlex.quote(str(folder))}\n{script}", "sh"]
    program(*verb.split(), prefix=whole)
    read = {name: (folder / name).read_text() for name in ("before", "after", "said.err", "code", "left")}
    return int(read["code"]), read


def dump(path):
    """Everything a store holds, but for times."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = [row[0] for row in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        return {table: connection.execute(f"select * from {table} order by all").fetchall() for table in tables}


@pytest.mark.parametrize("free", [0, 4096, 65536, 300000])
@pytest.mark.parametrize("verb", WRITING)
def test_a_full_disk_loses_nothing(planned, private_mounts, verb, free):
    before = dump(planned.folder / STORE)
    code, read = on_a_full_disk(planned, private_mounts, verb, free)
    after = dump(planned.folder / "after.duckdb")
    if code == 0:
        assert free > 0 and after != before
        return
    assert code == 4, read
    assert after == before
    assert STORE in read["said.err"] and len(read["said.err"].splitlines()) >= 2
    assert any(word in read["said.err"] for word in ("disk is full", "No space left"))
    planned("template", "list", "--store", "after.duckdb")


@pytest.mark.parametrize("free", [0, 4096, 65536])
def test_a_full_disk_while_a_store_is_made_leaves_no_half_of_one(planned, private_mounts, free):
    code, read = on_a_full_disk(planned, private_mounts, "init --store new.duckdb", free)
    assert code == 4, read
    assert "new.duckdb" in read["said.err"] and "new.duckdb" not in read["left"]


def test_a_run_on_a_full_disk_says_so(planned, private_mounts, bare_python):
    code, read = on_a_full_disk(planned, private_mounts, f"run --python {bare_python}", 0)
    assert code in (4, 5) and len(read["said.err"].splitlines()) >= 2, read
    assert read["before"] == read["after"]


def test_a_store_by_its_symbolic_link_and_a_strange_name(planned):
    name = 'a stör\'e\n"x".duckdb'
    os.rename(planned.folder / STORE, planned.folder / name)
    (planned.folder / "link").symlink_to(name)
    for path in (name, "link"):
        assert len(planned("tests", "list", "--json", "--store", path).objects) == 2
        planned("model", "add", "mine", "--family", "vision", "--store", path)
    assert digest(planned.folder / name) == digest(planned.folder / "link")


@pytest.mark.parametrize("version", [1, 3, 4])
def test_an_older_store_is_upgraded_and_its_tests_keep_their_ids(testloom, version):
    path = testloom.folder / "testloom.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute((REPOSITORY / "tests" / "regress" / f"schema_{version}.sql").read_text("utf-8"))
    assert "upgraded the store" in testloom("template", "list").stderr
    assert (testloom.folder / "testloom.duckdb.before-upgrade").exists()
    testloom("store", "verify")
    kept = testloom("tests", "list", "--plan", "before", "--json").objects
    assert [test["dependencies"] for test in kept] == [[], [kept[0]["test_id"]]]
    assert "return 4" in testloom("tests", "show", kept[1]["test_id"]).stdout
    testloom("plan", "--model=net", "--hardware=cpu", "--batch-sizes=1,4")
    upgraded = testloom("tests", "list", "--json").objects
    testloom("store", "verify")
    path.unlink()
    testloom("init", "--no-templates")
    testloom.write("old.py", "def test_it(): return ${batch_size}")
    testloom("template", "add", "old.py", "--family=vision")
    testloom("model", "add", "net", "--family=vision")
    testloom("plan", "--model=net", "--hardware=cpu", "--batch-sizes=1,4")
    fresh = testloom("tests", "list", "--json").objects
    ids = [[test["test_id"] for test in each] for each in (kept, upgraded, fresh)]
    assert ids[0] == ids[1] == ids[2]


def test_outcomes_of_before_are_kept_and_a_journal_taken_in_by_half_is_not_doubled(testloom):
    run_id = "20260101-000000000-0000"
    path = testloom.folder / "testloom.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute((REPOSITORY / "tests" / "regress" / "schema_4.sql").read_text("utf-8"))
        ids = [str(row[0]) for row in connection.execute("select test_id from tests order by batch_size").fetchall()]
    # What that testloom wrote, which was killed before the second outcome was in the store.
    lines = [{"type": "run", "run_id": run_id, "plan_id": 1, "started_at_us": 1767225600000000, "engine": "local",
              "python": "python3", "host": "host", "environment": {"python": "3.11"}}]  # fmt: skip
    for test_id, batch_size in zip(ids, (1, 4)):
        lines.append({"type": "outcome", "test_id": test_id, "case": f"net/cpu/old[batch_size={batch_size}]", "attempt": 1,
                      "outcome": "passed", "started_at_us": 1767225601000000, "duration_s": 0.5,
                      "peak_memory_bytes": None})  # fmt: skip
    testloom.write(f"testloom.duckdb.runs/{run_id}.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    testloom("model", "add", "other", "--family=vision")  # takes it in
    testloom("store", "verify")
    with duckdb.connect(str(path), read_only=True) as connection:
        outcomes = connection.execute(
            "select test_id::varchar, repetition, attempt, outcome, model_name, result from outcomes order by \"case\""
        ).fetchall()
    assert outcomes == [
        (ids[0], 1, 1, "passed", None, '{"latency_s": {"p50": 0.5}}'),
        (ids[1], 1, 1, "passed", None, None),
    ]
    assert [test["last_outcome"] for test in testloom("tests", "list", "--json").objects] == ["passed", "passed"]
