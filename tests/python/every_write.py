"""Kills verbs of `testloom` at each system call that changes the store's files, in turn: before it, after it, and after a
part of a write, as a kill does that meets one. What is left is opened, with another write after it and without, and that
opening is killed too. The store has to hold what it held before or what it holds after, to the row.
test_cli_every_write.py does it for one plan, scripts/campaign/plan-kills --every-write for every verb here."""

import collections
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import duckdb
from cli_driver import PASSES
from plan_kills import LATENCY, LIST, MEMORY, STORE

PAGE = 4096
SECOND = ["model", "add", "settled", "--family=vision"]
# What a killed process may leave beside the store: what the next verb that writes takes in or removes, and what stays:
# the copy of an old store, and a store that was not finished.
GOES = re.compile(r"testloom\.duckdb\.(wal|undo)$")
STAYS = re.compile(r"testloom\.duckdb\.(before-upgrade(-\d+)?(\.tmp)?|\d+\.new(\.wal)?)$")

ORIGINAL = """\
CREATE TABLE templates (template_id INTEGER PRIMARY KEY, template_name VARCHAR NOT NULL, model_family VARCHAR NOT NULL,
    hardware_type VARCHAR, content VARCHAR NOT NULL, description VARCHAR, created_at TIMESTAMP, updated_at TIMESTAMP,
    version INTEGER);
CREATE TABLE model_mapping (mapping_id INTEGER PRIMARY KEY, model_name VARCHAR NOT NULL, model_family VARCHAR NOT NULL,
    template_id INTEGER, description VARCHAR, FOREIGN KEY (template_id) REFERENCES templates (template_id));
INSERT INTO templates SELECT i, 'old-' || i, 'vision', NULL, 'x = ' || i, NULL, NULL, NULL, 1 FROM range(1, 400) r(i);
INSERT INTO model_mapping SELECT i, 'model-' || i, 'vision', i, NULL FROM range(1, 400) r(i);
"""


def compile_killer(folder):
    """The library that does the killing."""
    library = Path(folder) / "kill_at_write.so"
    source = Path(__file__).with_name("kill_at_write.c")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def plan(*more):
    return ["plan", "--name=killed", "--models-file", LIST, "--yes", *more]


def prepare_models(program, models):
    rows = (f"org/model-{i},vision,{i % 10}\n" for i in range(models))
    program.write(LIST, "name,model_family,size\n" + "".join(rows))


def prepare_store(program, models):
    program("init", "--no-templates")
    program.template("latency", LATENCY, "vision")
    program.template("memory", MEMORY, "vision")
    prepare_models(program, models)


def prepare_template(program, models):
    prepare_store(program, models)
    program.write("more.py", PASSES)


def prepare_plan(program, models):
    prepare_store(program, models)
    program(*plan("--batch-sizes=1,4"))
    program(*plan("--batch-sizes=2,4", "--axis=dtype=float16,bfloat16"))


def prepare_original(program, models):
    with duckdb.connect(str(program.folder / STORE)) as connection:
        connection.execute(ORIGINAL)


def prepare_scan(program, models):
    prepare_store(program, models)
    for number in range(20):
        program.write(f"found/model-{number}/config.json", '{"model_type": "vit", "hidden_size": 768}')


def prepare_run(program, models):
    """A journal of a run, and the store as it was before."""
    program("init", "--no-templates")
    program.template("latency", PASSES, "vision")
    program(*["plan", "--model", "vit", "--batch-sizes", "1,2,4"])
    shutil.copy(program.folder / STORE, program.folder / "before")
    python = program.write("bare-python", f'#!/bin/sh\nexec {shlex.quote(shutil.which("python3"))} -S -E "$@"\n')
    python.chmod(0o755)
    program("run", "--python", python)
    (program.folder / f"{STORE}.runs").rename(program.folder / "journals")
    (program.folder / "before").replace(program.folder / STORE)


# A verb's name here: what it needs, and its command line.
VERBS = {
    "init": (lambda program, models: None, ["init", "--no-templates"]),
    "template add": (prepare_template, ["template", "add", "more.py", "--family=vision"]),
    "model add": (prepare_plan, ["model", "add", "new", "--family=vision"]),
    "model scan": (prepare_scan, ["model", "scan", "found"]),
    "a first plan": (prepare_store, plan("--batch-sizes=1,4")),
    "another plan": (prepare_plan, plan("--batch-sizes=1,2,4", "--axis=dtype=float16,bfloat16")),
    "plan remove": (prepare_plan, ["plan", "remove", "2", "--yes"]),
    "upgrade": (prepare_original, ["template", "list"]),
    "ingest": (prepare_run, ["ingest", "journals"]),
}


def rows_of(path):
    """Every row of every table, but for times."""
    if not path.exists():
        return None
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, string_agg('\"' || column_name || '\"', ',') from duckdb_columns() where not internal "
            "and not column_name like '%\\_at' escape '\\' and table_name in (select table_name from duckdb_tables()) "
            "group by 1 order by 1"
        ).fetchall()
        return repr([(table, connection.execute(f"select {names} from {table} order by all").fetchall())
                     for table, names in columns])


def parts_of(call):
    """After how many of its bytes a call is cut: 0 is before it, -1 after it."""
    name, size, _ = call.split()
    size = int(size)
    if "write" not in name or size < 2:
        return [0, -1]
    return [0, -1, PAGE, size - PAGE, size // 2] if size > 2 * PAGE else [0, -1, size // 2]


def kills_of(calls):
    return [(call, part) for call, text in enumerate(calls, 1) for part in parts_of(text)]


def how_killed(call, part, calls):
    how = "before" if part == 0 else "after" if part < 0 else f"after {part} bytes of"
    return f"killed {how} call {call}, {calls[call - 1]}"


class EveryWrite:
    """One verb, killed at each of its calls in a folder of its own."""

    def __init__(self, program, library, verb, models):
        prepare, self.command = VERBS[verb]
        prepare(program, models)
        self.verb, self.library = verb, library
        self.first = program
        self.work = program.copy(program.folder.parent / f"{program.folder.name}-work")
        self.counts = collections.Counter()
        self.allowed = {path.name for path in self.first.folder.iterdir()}
        before = rows_of(self.path())
        self.calls = self.kill_at(0, 0, self.command)
        after = rows_of(self.path())
        assert before != after and self.stray() == set(), self.stray()
        self.known = {before: "old", after: "new"}
        for folder, name in ((self.first.folder, "old"), (self.save("after"), "new")):
            self.reset(folder)
            if self.path().exists():
                self.work(*SECOND)
                self.known.setdefault(rows_of(self.path()), name)

    def path(self):
        return self.work.folder / STORE

    def stray(self):
        """The files that are not there to stay."""
        names = {path.name for path in self.work.folder.iterdir()} - self.allowed - {STORE, "calls"}
        return {name for name in names if not STAYS.match(name)}

    def reset(self, folder):
        """The work folder as this one is."""
        shutil.rmtree(self.work.folder)
        shutil.copytree(folder, self.work.folder)

    def save(self, name):
        folder = self.first.folder.parent / f"{self.first.folder.name}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        return Path(shutil.copytree(self.work.folder, folder))

    def kill_at(self, call, part, command):
        """Kills the command at this call, or not at all where it is 0; returns its calls."""
        log = self.work.folder / "calls"
        log.unlink(missing_ok=True)
        settings = {"LD_PRELOAD": self.library, "KILL_AT_FILES": self.path(), "KILL_AT_LOG": log}
        settings |= {"KILL_AT": call, "KILL_AT_BYTES": part}
        ended = subprocess.run(
            self.work.command(*command),
            cwd=self.work.folder,
            env=self.work.environment({name: str(value) for name, value in settings.items()}),
            capture_output=True,
            timeout=120,
        )
        # Threads may make a call more or less than the time before.
        assert ended.returncode in ((0, -signal.SIGKILL) if call else (0,)), ended.stderr.decode()
        return log.read_text().splitlines() if log.exists() else []

    def look(self, what, then=None):
        """Opens what is left; returns whether it is old or new. `then` is a verb that writes, before the look."""
        if not self.path().exists():
            assert self.known.get(None), f"{what}: the store is gone"
            return self.known[None]
        strange = [name for name in self.stray() if not GOES.match(name)]
        assert not strange, f"{what}: files that are left: {strange}"
        for command in [then, ["store", "verify"]] if then else [["store", "verify"]]:
            ended = subprocess.run(
                self.work.command(*command), cwd=self.work.folder, env=self.work.environment(), capture_output=True
            )
            assert ended.returncode == 0, f"{what}, then {' '.join(command)}: {ended.stderr.decode()}"
        found = self.known.get(rows_of(self.path()))
        assert found, f"{what}: neither the rows before nor those after"
        return found

    def kill(self, call, part, then=True, second=lambda: False):
        """One kill, and what becomes of it; also what another write, and the verb again, make of it where `then` is
        set. `second` says of each kill of the opening after it whether to do it."""
        self.reset(self.first.folder)
        self.kill_at(call, part, self.command)
        what = f"{self.verb}: {how_killed(call, part, self.calls)}"
        killed = self.save("killed")
        self.counts[self.look(what)] += 1
        if then and self.path().exists():
            self.reset(killed)
            self.look(what, SECOND)
            assert not self.stray(), f"{what}: {self.stray()} are left by a verb that came to its end"
            # The verb itself goes on from there: it has its effect, or says that there is nothing to do.
            self.reset(killed)
            subprocess.run(
                self.work.command(*self.command),
                cwd=self.work.folder,
                env=self.work.environment(),
                capture_output=True,
            )
            assert self.look(f"{what}, then again") == "new"
        if not then or not (killed / STORE).exists():
            return
        self.reset(killed)
        calls = self.kill_at(0, 0, SECOND)
        for again, again_part in kills_of(calls):
            if second():
                self.reset(killed)
                self.kill_at(again, again_part, SECOND)
                self.counts["at a second opening"] += 1
                self.look(f"{what}; {how_killed(again, again_part, calls)} of the next verb")
