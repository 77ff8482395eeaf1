"""`template render`: values by type, the stream of values and texts, and what becomes of lines that are wrong."""

import ast
import json
import math
import random
import subprocess

import pytest

TEST = "def test_it():\n    pass\n"
ALL = """\
#% param count: int = 1
#% param ratio: float = 0.5
#% param deep: bool = False
#% param word: str = "w"
#% param some: list = [1]
#% param more: dict = {"a": 1}
values = [${count}, ${ratio}, ${deep}, ${word}, ${some}, ${more}]
def test_it():
    pass
"""


@pytest.fixture
def values(testloom):
    testloom.write("all.py", ALL)

    def render(*settings):
        words = [word for setting in settings for word in ("--set", setting)]
        text = testloom("template", "render", "all.py", *words).stdout
        return ast.literal_eval(text.splitlines()[0].partition(" = ")[2])

    return render


def stream(program, template, lines, *more, code=0):
    """The answers to these lines, which are bytes or become JSON."""
    text = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    return program("template", "render", template, "--values", "-", *more, stdin=text, code=code).objects


def test_values_are_read_by_their_names_types(values):
    assert values() == [1, 0.5, False, "w", [1], {"a": 1}]
    assert values("count=-3", "ratio=2", "deep=true", "word=1=2", 'some=["é", null]', 'more={"k": [1.5, true]}') == [
        -3, 2.0, True, "1=2", ["é", None], {"k": [1.5, True]}
    ]  # fmt: skip
    assert values("deep=False", "word=", "some=[]", "ratio=1e-7")[1:5] == [1e-7, False, "", []]
    assert values("count=-9223372036854775808")[0] == -(2**63)


@pytest.mark.parametrize(
    "setting, words",
    [
        ("count=x", ["'count'", "integer", "'x'"]),
        ("count=", ["'count'", "integer"]),
        ("count=1.5", ["'count'", "integer"]),
        ("count=9223372036854775808", ["'count'", "too large", "64 bits"]),
        ("ratio=much", ["'ratio'", "number"]),
        ("deep=yes", ["'deep'", "boolean", "true or false"]),
        ("some=[1", ["'some'", "JSON"]),
        ("some={}", ["'some'", "list"]),
        ("more=[]", ["'more'", "dict"]),
        ('more={"a": 1e999}', ["'more'", "1e999"]),
        ("config=3", ["'config'", "dict"]),
        ("cuont=3", ["'cuont'", "did you mean 'count'?"]),
        ("count", ["'count'", "NAME=VALUE"]),
        ("=3", ["'=3'", "NAME=VALUE"]),
        (b"word=\xff", ["'word'", "UTF-8"]),
    ],
)
def test_a_bad_setting(testloom, setting, words):
    testloom.write("all.py", ALL)
    said = testloom("template", "render", "all.py", "--set", setting, code=2)
    assert said.stdout == "" and all(word in said.stderr for word in words), said


def test_a_name_is_set_once(testloom):
    testloom.write("all.py", ALL)
    assert "twice" in testloom("template", "render", "all.py", "--set", "count=1", "--set", "count=2", code=2).stderr


def test_the_text_comes_byte_for_byte(testloom):
    text = b"# \xc3\xa9\r\nx = '''\r\n'''\rdef test_it(): pass"
    testloom.write("a.py", text)
    done = subprocess.run(testloom.command("template", "render", "a.py"), cwd=testloom.folder, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, text, b"")
    assert testloom("template", "render", "a.py", "--json").object == {"text": text.decode()}


def test_values_that_follow_from_others(testloom):
    testloom.write("latency.py", "x = '${device} ${model_location} ${template_name}'\n" + TEST)

    def line(*settings):
        words = [word for setting in settings for word in ("--set", setting)]
        return testloom("template", "render", "latency.py", *words).stdout.splitlines()[0]

    assert line("hardware_type=rocm", "model_name=m") == "x = 'cuda m latency'"
    assert line("hardware_type=tpu", "model_name=m", "device=d", "model_location=l", "template_name=t") == "x = 'd l t'"
    said = testloom("template", "render", "latency.py", "--set", "model_name=m", code=3)
    assert "latency.py:1:6: no value for 'device'" in said.stderr
    answers = stream(testloom, "latency.py", [{"hardware_type": "rocm", "model_name": "m"}, {"hardware_type": "cpu"}], code=3)
    assert answers[0]["text"].startswith("x = 'cuda m latency'")
    assert answers[1]["error"]["diagnostics"][0]["message"] == "no value for 'model_location'"


def random_value(random, depth=0):
    kind = random.randrange(8 if depth < 4 else 6)
    if kind == 0:
        return random.choice([True, False, None])
    if kind == 1:
        return random.choice([0, -1, 2**63 - 1, -(2**63), random.randrange(-(10**12), 10**12)])
    if kind == 2:
        return random.choice([0.1, -0.0, 1e16, 1e-5, 5e-324, 1.7976931348623157e308, random.uniform(-1e9, 1e9)])
    if kind < 6:
        return "".join(chr(random.choice([0, 9, 10, 13, 34, 39, 92, 123, 233, 0x2028, 0x1F600, 65])) for _ in range(4))
    if kind == 6:
        return [random_value(random, depth + 1) for _ in range(3)]
    return {str(random.randrange(9)): random_value(random, depth + 1) for _ in range(3)}


def test_a_thousand_lines_against_pythons_own_values(testloom):
    testloom.write("all.py", "value = ${config}\ntext = '''${config}'''\n" + TEST)
    chance = random.Random(5)
    lines = [{"config": {"key": random_value(chance)}} for _ in range(1000)]
    answers = stream(testloom, "all.py", lines)
    assert len(answers) == 1000
    for line, answer in zip(lines, answers):
        tree = ast.parse(answer["text"])
        value, text = (ast.literal_eval(statement.value) for statement in tree.body[:2])
        assert value == line["config"] and repr(value) == repr(line["config"])
        assert text == str(line["config"])


def test_json_is_read_as_python_reads_it(testloom):
    testloom.write("a.txt", "${config}")
    lines = [
        b'{"config": {"a": 1, "b": 2, "a": 3}}',
        b'{"config": {"a": 1}, "config": {"c": [1E5, 1e-400, -0, -0.0, 123456789012345678.0, 0.1]}}',
        b'{"config": {"\\u00e9\\ud83d\\ude00": "\\u0000\\/\\b"}}',
        b' {"config" : { } }\r',
        b'{"config": {' + b", ".join(b'"%d": 1, "x": %d' % (n, n) for n in range(50)) + b"}}",
    ]
    answers = stream(testloom, "a.txt", lines)
    assert [each["text"] for each in answers] == [str(json.loads(line)["config"]) for line in lines]


BAD_LINES = {
    "no JSON": (b"nope", 1),
    "cut off": (b'{"model_name": "a', 18),
    "a list": (b"[]", 1),
    "a number": (b"3", 1),
    "something behind": (b"{} {}", 4),
    "lone surrogate": (b'{"model_name": "\\ud800"}', 23),
    "second half alone": (b'{"model_name": "\\udc00"}', None),
    "not UTF-8": (b'{"model_name": "\xff"}', 17),
    "control character": (b'{"model_name": "\x01"}', 17),
    "past 64 bits": (b'{"batch_size": 9223372036854775808}', None),
    "far past 64 bits": (b'{"unknown": 123456789012345678901234567890}', None),
    "past the doubles": (b'{"unknown": 1e999}', None),
    "not a constant": (b'{"unknown": NaN}', 13),
    "too deep": (b"[" * 5000 + b"]" * 5000, None),
    "wrong type": (b'{"batch_size": "4"}', 0),
    "fraction": (b'{"batch_size": 4.0}', 0),
    "null": (b'{"batch_size": null}', 0),
}


@pytest.mark.parametrize("line, column", BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_answered_and_the_stream_goes_on(testloom, line, column):
    testloom.write("a.txt", "${batch_size}")
    good = {"batch_size": 4, "unknown": [None], "model_name": "\0"}
    answers = stream(testloom, "a.txt", [good, b"", line, b"  \t", good], code=6)
    assert [list(each) for each in answers] == [["text"], ["error"], ["text"]]
    error = answers[1]["error"]
    (found,) = error["diagnostics"]
    assert error["kind"] == "spec" and (found["path"], found["line"]) == ("<stdin>", 3)
    assert column is None or found["column"] == column


def test_exit_codes_of_a_stream(testloom):
    testloom.write("a.txt", "${batch_size}")
    assert stream(testloom, "a.txt", []) == []
    assert stream(testloom, "a.txt", [{"batch_size": 1}]) == [{"text": "1"}]
    (answer,) = stream(testloom, "a.txt", [{}], code=3)
    assert answer["error"]["kind"] == "template" and answer["error"]["diagnostics"][0]["path"] == "a.txt"
    assert len(stream(testloom, "a.txt", [b"no", {}], code=6)) == 2


def test_settings_are_defaults_of_every_line(testloom):
    testloom.write("a.txt", "${batch_size} ${task}")
    answers = stream(testloom, "a.txt", [{}, {"task": "b"}, {}], "--set", "task=a", "--set", "batch_size=3")
    assert [each["text"] for each in answers] == ["3 a", "3 b", "3 a"]


def test_a_value_of_one_line_is_gone_in_the_next(testloom):
    testloom.write("a.txt", "#% param word: str = \"w\"\n${word}${task}")
    answers = stream(testloom, "a.txt", [{"word": "x", "task": "t"}, {"task": "u"}, {"word": "y"}], code=3)
    assert [each.get("text") for each in answers] == ["xt", "wu", None]


def test_a_reader_can_wait_for_each_answer(testloom):
    testloom.write("a.txt", "${batch_size}")
    process = testloom.start("template", "render", "a.txt", "--values", "-", stdin=subprocess.PIPE)
    try:
        for number in range(300):
            process.stdin.write(b'{"batch_size": %d}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"text": str(number)}
        process.stdin.write(b'{"batch_')
        process.stdin.flush()
        process.stdin.write(b'size": 1}')
        process.stdin.close()
        assert process.stdout.read() == b'{"text": "1"}\n' and process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait(timeout=60)


def test_many_lines_and_a_long_one(testloom):
    testloom.write("a.txt", "${task}")
    long = "x" * 3_000_000
    answers = stream(testloom, "a.txt", [{"task": "a"}] * 20_000 + [{"task": long}] + [{"task": "b"}] * 3)
    assert [each["text"] for each in answers[-5:]] == ["a", long, "b", "b", "b"]


def test_a_line_past_the_limit_is_passed_over(testloom):
    testloom.write("a.txt", "${task}")
    answers = stream(testloom, "a.txt", [b'{"task": "' + b"x" * (70 << 20) + b'"}', {"task": "b"}], code=6)
    assert "longer" in answers[0]["error"]["diagnostics"][0]["message"] and answers[1] == {"text": "b"}


def test_nobody_reads_the_answers(testloom):
    testloom.write("a.txt", "${task}")
    process = testloom.start("template", "render", "a.txt", "--values", "-", stdin=subprocess.PIPE)
    process.stdout.close()
    try:
        process.stdin.write(b'{"task": "a"}\n' * 200_000)
        process.stdin.close()
    except BrokenPipeError:
        pass
    assert process.wait(timeout=60) == 0 and process.stderr.read() == b""


@pytest.mark.parametrize("path, words", [("missing.jsonl", ["missing.jsonl"]), (".", ["directory", "JSON lines"])])
def test_values_that_cannot_be_read(testloom, path, words):
    testloom.write("a.txt", "${task}")
    said = testloom("template", "render", "a.txt", "--values", path, code=6)
    assert said.stdout == "" and all(word in said.stderr for word in words) and len(said.stderr.splitlines()) == 2


def test_a_template_with_mistakes_reads_no_values(testloom):
    testloom.write("a.txt", "${tsak}")
    said = testloom("template", "render", "a.txt", "--values", "-", stdin=b"{}\n", code=3)
    assert said.stdout == "" and "a.txt:1:3" in said.stderr


def test_numbers_are_the_nearest_ones(testloom):
    testloom.write("a.txt", "${config.x}")
    chance = random.Random(7)
    numbers = [chance.uniform(0, 1) * 10.0 ** chance.randrange(-320, 308) for _ in range(2000)]
    answers = stream(testloom, "a.txt", [{"config": {"x": number}} for number in numbers])
    assert [each["text"] for each in answers] == [repr(number) for number in numbers]
    assert all(math.isfinite(number) for number in numbers)


def test_the_variant_of_the_store_is_that_of_the_cell(testloom):
    testloom("init", "--no-templates")
    testloom.write("_h.py", "KIND = 'any'\n")
    testloom("template", "add", "_h.py")
    testloom.write("_h.py", "KIND = 'cuda'\n")
    testloom("template", "add", "_h.py", "--hardware=cuda")
    (testloom.folder / "_h.py").unlink()
    testloom.write("u.py", "#% include _h\ndef test_it():\n    return KIND\n")
    for hardware, kind in ("cpu", "any"), ("cuda", "cuda"):
        said = testloom("template", "render", "u.py", f"--set=hardware_type={hardware}")
        assert said.stdout.startswith(f"KIND = '{kind}'\n")
