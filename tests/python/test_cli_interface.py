"""What holds for every verb: help, suggestions, options before and after the verb, JSON, colours, no store made."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios

import pytest

VERBS = [
    "init",
    "template add",
    "template list",
    "template show",
    "template remove",
    "template check",
    "template render",
    "template vars",
    "template test",
    "model add",
    "model list",
    "model show",
    "model detect",
    "model estimate",
    "plan",
    "tests list",
    "tests show",
    "tests render",
    "tests repro",
    "run",
    "compare",
    "report",
    "triage",
    "baseline set",
    "baseline list",
    "baseline remove",
    "store verify",
    "doctor",
]


@pytest.fixture(scope="module")
def prepared(fresh_store):
    store = fresh_store()
    store.template("latency")
    store("model", "add", "modèle", "--family", "text_embedding", "--description", "ein Mädchen\n")
    store("plan", "--model", "modèle", "--hardware", "cpu,cuda", "--batch-sizes", "1,4")
    return store


@pytest.fixture
def planned(prepared, tmp_path):
    return prepared.copy(tmp_path)


@pytest.mark.parametrize("verb", [*VERBS, "template", "model", "tests", "baseline", "store"])
def test_every_verb_has_help_with_examples(testloom, verb):
    said = testloom(*verb.split(), "--help")
    examples = said.stdout.partition("Examples:\n")[2].splitlines()
    assert examples and all(line.startswith("  testloom ") for line in examples)
    assert any(line.startswith(f"  testloom {verb}") for line in examples)
    assert said.stderr == "" and list(testloom.folder.iterdir()) == []


def test_the_program_itself_has_help_and_a_version(testloom):
    assert "Exit codes:" in testloom("--help").stdout
    assert re.fullmatch(r"testloom \d+\.\d+\.\d+\n", testloom("--version").stdout)


@pytest.mark.parametrize(
    "arguments, suggestion",
    [
        ("ini", "init"),
        ("plna --model x", "plan"),
        ("dokter", "doctor"),
        ("test list", "tests"),
        ("tests lst", "list"),
        ("template chek a.py", "check"),
        ("model detct gpt2", "detect"),
        ("plan --modle x", "--model"),
        ("plan --batch-size 1", "--batch-sizes"),
        ("plan --model x --hardwere cpu", "--hardware"),
        ("tests render --uot x", "--out"),
        ("run --timout 3", "--timeout"),
        ("--stroe x tests list", "--store"),
        ("tests list --jsn", "--json"),
        ("init --no-template", "--no-templates"),
    ],
)
def test_a_mistyped_word_gets_a_suggestion(testloom, arguments, suggestion):
    said = testloom(*arguments.split(), code=2)
    assert f"'{suggestion}'" in said.stderr and said.stdout == ""


@pytest.mark.parametrize("arguments", ["", "template", "model", "tests", "--json", "init extra", "bogus", "-x", "--"])
def test_what_is_not_a_command_line_is_refused(testloom, arguments):
    said = testloom(*arguments.split(), code=2)
    if "--json" not in arguments:
        assert said.stderr.startswith("testloom: ") and len(said.stderr.splitlines()) >= 2
    assert list(testloom.folder.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        "tests list --limit -1",
        "tests list --limit many",
        "run --timeout 0",
        "run --timeout -1",
        "run --timeout soon",
        "run --timeout inf",
        "run --timeout nan",
        "run --timeout 5x",
        "run --memory lots",
        "run --memory 0",
        "run --jobs 0",
        "run --repeat -1",
        "run --retries many",
        "--wait -1 tests list",
        "--wait abc tests list",
        "--wait nan tests list",
    ],
)
def test_a_number_that_is_none_is_refused_in_words(store, arguments):
    said = store(*arguments.split(), code=2)
    option = next(word for word in arguments.split() if word.startswith("--"))
    assert option in said.stderr
    assert max(len(line) for line in said.stderr.splitlines()) < 160 and "000000" not in said.stderr


@pytest.mark.parametrize("option", ["--store", "--wait", "--hardware", "--batch-sizes", "--name"])
def test_an_option_given_twice_is_named(store, option):
    values = {"--wait": "1", "--batch-sizes": "1"}
    twice = [option, values.get(option, "cpu")] * 2
    said = store("plan", "--model", "bert", *twice, code=2)
    assert option in said.stderr and "At Most" not in said.stderr


@pytest.mark.parametrize("option", ["--store", "--model", "--batch-sizes", "--wait"])
def test_an_option_without_its_value_is_named(store, option):
    said = store("plan", option, code=2)
    assert option in said.stderr and "required TEXT" not in said.stderr and "FLOAT" not in said.stderr


@pytest.mark.parametrize("option", ["--model", "--hardware", "--batch-sizes", "--name"])
def test_an_empty_value_does_not_swallow_the_next_argument(store, option):
    store.template("latency")
    wanted = [] if option == "--model" else ["--model", "bert"]
    said = store("plan", *wanted, f"{option}=", "--dry-run", code=2)
    assert "--dry-run" not in said.stderr
    assert store("tests", "list", code=2).stdout == ""


@pytest.mark.parametrize(
    "arguments", ["--store STORE tests list", "tests --store STORE list", "tests list --store STORE"]
)
@pytest.mark.parametrize("form", ["--store {}", "--store={}"])
def test_the_store_is_taken_before_and_after_the_verb(store, arguments, form):
    store.template("latency")
    store("plan", "--model", "bert")
    (store.folder / "testloom.duckdb").rename(store.folder / "elsewhere.db")
    line = arguments.replace("--store STORE", form.format("elsewhere.db"))
    assert len(store(*line.split()).stdout.splitlines()) == 3


@pytest.mark.parametrize(
    "before, after", [("--json", ""), ("", "--json"), ("--json --wait 1", ""), ("", "--wait 1 --json")]
)
@pytest.mark.parametrize(
    "verb", ["tests list", "template list", "model list", "doctor --python PYTHON", "model detect gpt2"]
)
def test_json_and_wait_are_taken_before_and_after_the_verb(planned, bare_python, verb, before, after):
    line = f"{before} {verb} {after}".replace("PYTHON", bare_python)
    said = planned(*line.split())
    assert said.objects and all(isinstance(line, dict) for line in said.objects)


def test_the_environment_names_the_store(testloom):
    named = {"TESTLOOM_STORE": "from-environment.db"}
    testloom("init", "--no-templates", env=named)
    assert [path.name for path in testloom.folder.iterdir()] == ["from-environment.db"]
    testloom("template", "list", env=named)
    testloom("template", "list", code=4)
    said = testloom("template", "list", "--store", "from-flag.db", env=named, code=4)
    assert "from-flag.db" in said.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "init",
        "template list",
        "template show latency",
        "template check latency.py",
        "template render latency.py --set batch_size=4",
        "template vars",
        "template vars latency.py",
        "template test latency.py",
        "model list",
        "model show modèle",
        "model detect modèle",
        "model add bert-base-uncased",
        "plan --model modèle --dry-run",
        "plan --model modèle --model gpt2 --name more",
        "tests list",
        "tests show modèle/cpu/latency[batch_size=1]",
        "tests render --out rendered",
        "doctor --python PYTHON",
        "template remove latency",
        "template add latency.py --family vision",
    ],
)
def test_json_output_is_ascii_and_one_object_a_line(planned, bare_python, arguments):
    planned.write("latency.py", "def test_it():\n    return {'é': ${batch_size}}\n")
    planned.write("latency.cases.toml", "[[case]]\nname = 'é'\nvalues = {batch_size = 4}\ncontains = ['é']\n")
    said = planned(*arguments.replace("PYTHON", bare_python).split(), "--json")
    assert said.objects and all(isinstance(line, dict) for line in said.objects)


@pytest.mark.parametrize(
    "arguments, code, kind",
    [
        ("tests list --plan nope", 2, "usage"),
        ("plan --modle x", 2, "usage"),
        ("bogus", 2, "usage"),
        ("template check bad.py", 3, "template"),
        ("tests list --store nowhere.db", 4, "store"),
        ("plan --model no-family-at-all-zzz", 6, "input"),
    ],
)
def test_an_error_is_an_object_too(planned, arguments, code, kind):
    planned.write("bad.py", 'def test_it():\n    return "${modle_näme}"\n')
    said = planned(*arguments.split(), "--json", code=code)
    error = said.object["error"]
    assert kind in error["kind"] or kind == "input"
    assert error["diagnostics"] and all(each["message"] for each in error["diagnostics"])


STORELESS = ["check good.py", "render good.py", "vars good.py", "vars", "check good.py --sarif", "test good.py"]
STORELESS = [*(f"template {verb}" for verb in STORELESS), "model detect gpt2", "model estimate gpt2", "doctor --python PYTHON"]


@pytest.mark.parametrize("verb", STORELESS)
def test_verbs_that_need_no_store_make_none(testloom, bare_python, verb):
    testloom.write("good.py", "def test_it():\n    pass\n")
    testloom.write("good.cases.toml", "[[case]]\n")
    said = testloom(*verb.replace("PYTHON", bare_python).split())
    assert said.stdout and {path.name for path in testloom.folder.iterdir()} == {"good.py", "good.cases.toml"}


@pytest.mark.parametrize(
    "verb",
    [
        "template list",
        "template show latency",
        "template remove latency",
        "template add good.py --family vision",
        "model list",
        "model show bert",
        "model add bert",
        "plan --model bert",
        "plan --model bert --dry-run",
        "tests list",
        "tests show 0",
        "tests render --out rendered",
        "run",
        "report --html report.html",
    ],
)
def test_verbs_that_need_a_store_make_none_and_say_how(testloom, verb):
    testloom.write("good.py", "def test_it():\n    pass\n")
    said = testloom(*verb.split(), code=4)
    assert "testloom.duckdb" in said.stderr and "testloom init" in said.stderr
    assert [path.name for path in testloom.folder.iterdir()] == ["good.py"]


class Terminal:
    """A program on a terminal of its own, which it is asked on and interrupted from."""

    def __init__(self, program, arguments, env=None):
        self.ours, theirs = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            program.command(*arguments),
            cwd=program.folder,
            env=program.environment({"TERM": "xterm-256color", **(env or {})}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=self.take_the_terminal,
        )
        os.close(theirs)

    @staticmethod
    def take_the_terminal():
        """In the child: its terminal's Ctrl-C reaches it, also where the tests themselves were started to ignore it."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def read_until(self, wanted=None):
        """Reads until this is shown, or to the end."""
        while wanted is None or wanted not in self.shown:
            ready, _, _ = select.select([self.ours], [], [], 30)
            if not ready:
                self.process.kill()
                raise AssertionError(f"still waiting after {self.shown!r}")
            try:
                piece = os.read(self.ours, 65536)
            except OSError:
                piece = b""
            self.shown += piece
            if not piece:
                assert wanted is None, f"ended without {wanted!r}: {self.shown!r}"
                return

    def type(self, keys):
        os.write(self.ours, keys)

    def end(self):
        self.read_until()
        os.close(self.ours)
        return self.process.wait(timeout=60)


def on_a_terminal(program, arguments, env=None):
    terminal = Terminal(program, arguments, env)
    return terminal.end(), terminal.shown


def test_colours_appear_on_a_terminal_only_and_can_be_turned_off(planned, bare_python):
    command = ["run", "--python", bare_python, "--hardware", "cpu"]
    code, coloured = on_a_terminal(planned, command)
    assert code == 0 and b"\x1b[" in coloured
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, plain = on_a_terminal(planned, command, env=env)
        assert code == 0 and not re.search(rb"\x1b\[[0-9;]*m", plain) and b"passed" in plain


def test_an_error_has_no_colour_under_no_color(testloom):
    code, shown = on_a_terminal(testloom, ["bogus"], env={"NO_COLOR": "1"})
    assert code == 2 and b"\x1b" not in shown


SMALLER = ["plan", "--model", "modèle", "--batch-sizes", "1", "--hardware", "cpu,cuda"]


@pytest.mark.parametrize(
    "typed, left",
    [(b"y\n", 2), (b"yes\n", 2), (b"Y\n", 2), (b"n\n", 4), (b"\nn\n", 4), (b"maybe\nn\n", 4), (b"\x04", 4)],
)
def test_a_terminal_is_asked_before_tests_are_removed(planned, typed, left):
    terminal = Terminal(planned, SMALLER)
    terminal.read_until(b"Go on?")
    terminal.type(typed)
    assert terminal.end() == 0
    assert len(planned.tests()) == left, terminal.shown


def test_a_question_can_be_interrupted(planned):
    terminal = Terminal(planned, SMALLER)
    terminal.read_until(b"Go on?")
    terminal.type(b"\x03")
    assert terminal.end() in (130, -signal.SIGINT)
    assert len(planned.tests()) == 4


def test_nobody_waits_for_a_question_that_is_open(planned):
    terminal = Terminal(planned, SMALLER)
    terminal.read_until(b"Go on?")
    planned("tests", "list", "--wait", "0")
    planned("model", "add", "another", "--wait", "0")
    terminal.type(b"n\n")
    assert terminal.end() == 0
