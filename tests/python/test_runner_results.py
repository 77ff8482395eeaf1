"""Holds the runner to its promise that whatever a test returns becomes strict, bounded ASCII JSON."""

import sys

import pytest
from test_runner import run_test

# Stand-ins that answer as numpy's and torch's objects do, so that the rules hold whichever library is there.
LIBRARY = """
import collections, dataclasses, enum, pathlib, typing

def like(module, name, **members):
    return type(name, members.pop("bases", ()), {"__module__": module, **members})

def array(values, shape, dtype="float32", tolist=None):
    return like("numpy", "ndarray", shape=shape, dtype=dtype, tolist=tolist or (lambda self: values))()

def refuse(self):
    raise NotImplementedError("no data here")

class Color(enum.Enum):
    RED = "red"
class Level(enum.IntEnum):
    HIGH = 3
class Word(str, enum.Enum):
    YES = "yes"
@dataclasses.dataclass
class Point:
    kind: typing.ClassVar[int] = 1
    x: float
    more: list = dataclasses.field(default_factory=list)
class Broken:
    def __repr__(self):
        raise SystemExit("no repr")
class Loud(str):
    def __str__(self):
        raise ValueError("no text")
class HashableBroken(Broken):
    __str__ = Broken.__repr__
class Endless(list):
    def __iter__(self):
        while True:
            yield 1
Size = like("torch", "Size", bases=(tuple,))
Dtype = like("torch", "dtype", __repr__=lambda self: "torch.float16", __str__=lambda self: "torch.float16")
Device = like("torch", "device", __repr__=lambda self: "device(type='cuda')", __str__=lambda self: "cuda")
Scalar = like("numpy", "float32", shape=(), tolist=lambda self: 1.5)
NotANumber = like("numpy", "float32", shape=(), tolist=lambda self: float("nan"))
NumpyFalse = like("numpy", "bool_", shape=(), tolist=lambda self: False, __eq__=lambda self, other: other is False)
LongDouble = like("numpy", "longdouble", shape=(), tolist=lambda self: self, __float__=lambda self: 2.5)
loop = {"list": []}
loop["list"].append(loop)
shared = [1]
deep = []
for _ in range(100_000):
    deep = [deep]
wide = 0
for _ in range(200):
    wide = [wide, wide]
"""


def result_of(folder, expression, prelude=LIBRARY):
    finished = run_test(folder, f"{prelude}\ndef test_it():\n    return {{'value': {expression}}}\n")
    assert (finished.record["outcome"], finished.stderr) == ("passed", "")
    return finished.record["result"]


def nested(depth, value):
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("[True, None, -1, 2.5, 'text']", [True, None, -1, 2.5, "text"]),
        ("[float('nan'), float('inf'), [-float('inf')]]", ["NaN", "Infinity", ["-Infinity"]]),
        ("{'a': {'b': float('nan')}}", {"a": {"b": "NaN"}}),
        ("[2 ** 64 - 1, -2 ** 63]", [2**64 - 1, -(2**63)]),
        ("[2 ** 64, -2 ** 63 - 1]", [str(2**64), str(-(2**63) - 1)]),
        ("1 << 100_000", "<integer of 100001 bits>"),
        ("Size((2, 3))", [2, 3]),
        ("[Dtype(), Device()]", ["torch.float16", "cuda"]),
        ("array([[1, 2]], (1, 2))", [[1, 2]]),
        ("array([0] * 1000, (10, 100))", [0] * 1000),
        ("array(None, (10, 101), tolist=refuse)", {"shape": [10, 101], "dtype": "float32"}),
        ("array(None, (2,), Dtype(), tolist=refuse)", {"shape": [2], "dtype": "torch.float16"}),
        ("array(None, (10 ** 9, 0))", {"shape": [10**9, 0], "dtype": "float32"}),
        ("array([float('nan')], (1,))", ["NaN"]),
        ("[Scalar(), NotANumber(), NumpyFalse(), LongDouble()]", [1.5, "NaN", False, 2.5]),
        ("[b'abc', bytearray(4), memoryview(b'12345')]", [{"bytes": 3}, {"bytes": 4}, {"bytes": 5}]),
        ("Point(1.0, [Point(2.0)])", {"x": 1.0, "more": [{"x": 2.0, "more": []}]}),
        ("[Color.RED, Level.HIGH, Word.YES]", ["red", 3, "yes"]),
        ("pathlib.Path('a/b')", "a/b"),
        ("[{3, 1, 2}, frozenset('ba')]", [[1, 2, 3], ["a", "b"]]),
        ("{1, 'a', None}", ["a", 1, None]),
        ("(1, collections.namedtuple('Pair', 'a b')(2, 3))", [1, [2, 3]]),
        ("collections.Counter('aab')", {"a": 2, "b": 1}),
        ("{1: 'a', None: 'b', (1, 2): 'c', True + 1.5: 'd'}", {"1": "a", "None": "b", "(1, 2)": "c", "2.5": "d"}),
        ("{1: 'a', '1': 'b'}", {"1": "a", "1_": "b"}),
        ("{Loud('k'): Loud('v')}", {"k": "v"}),
        ("{HashableBroken(): 1}", {"<unprintable HashableBroken>": 1}),
        ("[1 + 2j, range(3), int, ...]", ["(1+2j)", "range(0, 3)", "<class 'int'>", "Ellipsis"]),
        ("Broken()", "<unrepresentable Broken>"),
        ("loop", {"list": ["<cycle>"]}),
        ("[shared, shared]", [[1], [1]]),
        ("deep", nested(30, "<too deep>")),
        ("'\\u00e9 \\U0001f600 \\0'", "\u00e9 \U0001f600 \0"),
        ("'a\\ud83d\\ude00b\\udcff'", "a\\ud83d\\ude00b\\udcff"),
        ("{'\\udc80': 1}", {"\\udc80": 1}),
        ("__import__('unittest.mock').mock.Mock(name='model').__class__", "<class 'unittest.mock.Mock'>"),
    ],
)
def test_a_value_becomes_json(tmp_path, expression, expected):
    assert result_of(tmp_path, expression) == {"value": expected}


def test_a_mock_is_no_array(tmp_path):
    value = result_of(tmp_path, "__import__('unittest.mock').mock.MagicMock(name='model')")["value"]
    assert isinstance(value, str) and "model" in value


def test_a_deep_record_fits_common_parsers(tmp_path):
    """Parsers limit the depth; 32 is the lowest limit in wide use."""
    text = run_test(tmp_path, f"{LIBRARY}\ndef test_it(): return {{'deep': deep}}\n").text
    depth = deepest = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    assert deepest == 32


@pytest.mark.parametrize(
    "expression", ["wide", "Endless()", "'x' * 10_000_001", "'\\u00e9' * 2_000_000", "[0] * 1_000_000"]
)
def test_a_result_that_is_too_large_keeps_what_is_small(tmp_path, expression):
    source = f"""{LIBRARY}
def test_it():
    return {{"success": False, "error_message": "slow" * 10_000, "latency_s": {{"p50": 1}}, "metrics": {expression}}}
"""
    finished = run_test(tmp_path, source)
    assert (finished.record["outcome"], len(finished.text) < 100_000) == ("failed", True)
    result = finished.record["result"]
    message = result.pop("error_message")
    if "metrics" in result:
        assert expression.startswith("'") and "characters left out" in result.pop("metrics")
    assert result == {"truncated": True, "success": False, "latency_s": {"p50": 1}}
    assert message.startswith("slow") and message.endswith("slow") and len(message) < 10_100


def test_a_result_just_within_the_limit_is_kept_whole(tmp_path):
    assert result_of(tmp_path, "'x' * 9_999_000") == {"value": "x" * 9_999_000}


def test_a_dict_that_pretends(tmp_path):
    source = """
    class Liar(dict):
        def get(self, *arguments):
            raise ValueError("no")
        items = keys = __getitem__ = __iter__ = __len__ = get
    def test_it():
        return Liar(success=False, error_message="told")
    """
    record = run_test(tmp_path, source).record
    assert (record["outcome"], record["error"]["message"]) == ("failed", "told")
    assert record["result"] == {"success": False, "error_message": "told"}


def test_what_only_claims_to_be_a_dict_is_none(tmp_path):
    record = run_test(tmp_path, "from unittest.mock import Mock\ndef test_it(): return Mock(spec=dict)\n").record
    assert (record["outcome"], record["error"]["type"]) == ("error", "InvalidTest")
    assert "unittest.mock.Mock" in record["error"]["message"]


def test_real_arrays_where_numpy_is_installed(tmp_path):
    """Without numpy the same test shows that a missing library is an error of the test alone."""
    source = """
    import numpy
    def test_it():
        return {"a": numpy.arange(3), "s": numpy.float32(1.5), "t": numpy.dtype("f4"), "big": numpy.zeros((40, 50)),
                "success": numpy.bool_(False)}
    """
    record = run_test(tmp_path, source, python=sys.executable).record
    if record["environment"]["numpy"] is None:
        assert record["error"]["type"] == "ModuleNotFoundError"
    else:
        big = {"shape": [40, 50], "dtype": "float64"}
        assert record["outcome"] == "failed"
        assert record["result"] == {"a": [0, 1, 2], "s": 1.5, "t": "float32", "big": big, "success": False}
