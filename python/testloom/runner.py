"""Runs one test in this interpreter and leaves its record as JSON; needs only Python 3.8 or later, on POSIX.

    PYTHON runner.py TEST_FILE RESULT_FILE

TEST_FILE is imported as the module `testloom_test` (never `__main__`), with its folder first on sys.path and sys.argv
reduced to its path. The one top-level callable `test_…` defined in it is called without arguments. The record is
written to RESULT_FILE + ".tmp" and renamed, so RESULT_FILE is either whole or absent; then the process exits
at once, whatever threads and exit handlers are left. A record that is there says everything, and no record means that
the process crashed, but for status 74: the record could not be written. The test owns stdout and stderr; the runner adds only the traceback of
what the test raised, on stderr, and there too why it could not write a record.

The record is one line of ASCII JSON, nested at most 32 levels deep:

    outcome            "passed": None was returned, or a dict whose `success` is not false
                       "failed": AssertionError, also on import, or a dict whose `success` is false
                       "oom":    MemoryError, an OutOfMemoryError of torch or another library, ENOMEM, a RuntimeError
                                 that says so, or a dict whose `success` is false and whose `error_message` says so
                       "error":  any other exception, SystemExit(0) included, another type returned, no test, several
    result             the returned dict, or null
    error              null, or {"type", "message", "traceback"}, all strings: the exception's class, with its module
                       unless built in or the test's own; its text; the traceback, with causes, from the test's first
                       frame on. Type "ReportedFailure" is a dict's own `error_message`, without a traceback;
                       "InvalidTest" is a test that breaks the rules above.
    duration_s         seconds of the call; 0 where it never came to it
    import_s           seconds of the import
    peak_memory_bytes  the most memory that this process held, or null where the system does not say
    environment        {"python", "torch", "transformers", "numpy"}: versions, null for what the test did not import

In a result, NaN and infinities become "NaN", "Infinity" and "-Infinity"; integers beyond 64 bits strings; tensors and
arrays of up to 1,000 elements nested lists, larger ones {"shape", "dtype"}; bytes {"bytes": length}; enums their
values; paths strings; sets sorted lists; dataclasses dicts; keys strings; dtypes and devices their names, and anything
else its repr. A container inside itself is "<cycle>", one too deep "<too deep>", and a lone surrogate is written out as
\\udc80. A result over 10 MB or of over a million values becomes {"truncated": true} and those of its known keys that
are small.
"""

import os
import sys

# What lies beside the runner must not shadow what the test imports; the test's own folder takes this place.
if __name__ == "__main__" and sys.path and os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):
    del sys.path[0]

# A test may replace any function of any module: what is needed after it is bound here, before it.
import errno
import importlib
import linecache
import math
import re
from enum import Enum
from importlib.machinery import SourceFileLoader
from importlib.util import decode_source, spec_from_file_location
from io import FileIO, StringIO
from json import JSONEncoder
from operator import methodcaller
from os import PathLike, _exit, close, dup, fsdecode, fspath, getpid, makedirs, replace
from os.path import dirname
from resource import RUSAGE_SELF, getrusage
from signal import ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL, SIG_IGN, SIGINT, setitimer, signal
from sys import getrecursionlimit, setrecursionlimit
from time import perf_counter
from traceback import TracebackException, format_tb

MODULE = "testloom_test"
PYTHON_VERSION = ".".join(map(str, sys.version_info[:3]))
LIBRARIES = ("torch", "transformers", "numpy")
KNOWN_KEYS = ("success", "error_message", "latency_s", "throughput_per_s")
KNOWN_KEYS += ("peak_device_memory_bytes", "output_shape", "metrics")

MAX_DEPTH = 30
MAX_ELEMENTS = 1_000
MAX_RESULT_BYTES = 10_000_000
MAX_VALUES = 1_000_000
MAX_KEPT_BYTES = 20_000
MAX_MESSAGE = 10_000
MAX_TRACEBACK = 64_000
RECURSION_LIMIT = getrecursionlimit()
# Address space that is handed back after the test, so that one which used up all of its limit can still be reported.
RESERVED_BYTES = 8 << 20
RESERVED_DESCRIPTORS = 3
UNWRITTEN_STATUS = 74  # as sysexits.h has it for errors of input and output
# Of libraries and other files that the process which this one was forked from had loaded.
shared_file_bytes = 0

OUT_OF_MEMORY = re.compile(
    r"(?i)out of memory|can(no|')t allocate memory|unable to allocate .* for an array|\b(OutOf)?MemoryError\b"
)
encode = JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":")).encode


class InvalidTest(Exception):
    """A test file without exactly one test, or a test that returned something else than a dict or None."""

    __module__ = "builtins"  # tracebacks then show the bare name


class TooLarge(Exception):
    """A result whose JSON would be over its limit."""


class TestLoader(SourceFileLoader):
    """Loads the test from its source, neither reading nor writing cached bytecode."""

    def get_code(self, fullname):
        source = self.get_data(self.path)
        attempt(remember_lines, self.path, source)
        return compile(source, self.path, "exec", dont_inherit=True)


class TestFinder:
    """Finds the test's module, here and in processes that a test starts through multiprocessing."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != MODULE:
            return None
        return spec_from_file_location(name, sys.argv[0], loader=TestLoader(name, sys.argv[0]))


def remember_lines(path, source):
    """Keeps the lines for tracebacks; without a time stamp they stay when the file is deleted or changed."""
    linecache.cache[path] = (len(source), None, StringIO(decode_source(source)).readlines(), path)


def attempt(function, *arguments):
    """Calls the function, whatever it raises; returns what it returned, what it raised, and its seconds."""
    returned = raised = None
    start = perf_counter()
    try:
        returned = function(*arguments)
    except BaseException as error:
        raised = error
    return returned, raised, perf_counter() - start


def find_test(module):
    """Returns the module's one test; an imported function is none, and another name for the same one is no second."""
    tests = {}
    for name, value in vars(module).items():
        if name.startswith("test_") and callable(value) and getattr(value, "__module__", None) == MODULE:
            tests.setdefault(id(value), (name, value))
    if len(tests) == 1:
        return next(iter(tests.values()))[1]
    names = ", ".join(name for name, _ in tests.values()) or "none"
    raise InvalidTest(f"{module.__file__} must define one function test_..., and defines {names}")


def judge(returned, raised):
    """Returns the outcome, and the record's `error`."""
    if raised is None and returned is not None and not issubclass(type(returned), dict):
        raised = InvalidTest(f"the test returned a value of type {type_name(type(returned))}, not a dict or None")
    if raised is not None:
        return outcome_of(raised), describe(raised)
    if returned is None or not is_false(dict.get(returned, "success")):
        return "passed", None
    message = dict.get(returned, "error_message")
    message = "" if message is None else text_of(message)
    outcome = "oom" if OUT_OF_MEMORY.search(message) else "failed"
    return outcome, {"type": "ReportedFailure", "message": clip(message, MAX_MESSAGE), "traceback": ""}


def is_false(success):
    """Tells whether it equals False, as numpy's and torch's false do; an array of several truths does not."""
    equal, _, _ = attempt(lambda: bool(success == False))  # noqa: E712
    return bool(equal)


def outcome_of(raised):
    kind = type(raised)
    if issubclass(kind, MemoryError) or any(base.__name__ == "OutOfMemoryError" for base in kind.__mro__):
        return "oom"
    if issubclass(kind, AssertionError):
        return "failed"
    if issubclass(kind, OSError) and raised.errno == errno.ENOMEM:
        return "oom"
    if issubclass(kind, RuntimeError) and OUT_OF_MEMORY.search(text_of(raised)):
        return "oom"
    return "error"


def describe(raised):
    """Returns the record's `error` for an exception."""
    tree = own_frames(raised.__traceback__)
    name, message = type_name(type(raised)), text_of(raised)
    text, failure, _ = attempt(lambda: "".join(TracebackException(type(raised), raised, tree).format()))
    if failure is not None:  # older Pythons cannot format a very long chain of causes
        frames = "".join(attempt(format_tb, tree)[0] or [])
        text = f"Traceback (most recent call last):\n{frames}{name}: {message}\n"
    return {"type": name, "message": clip(message, MAX_MESSAGE), "traceback": clip(text, MAX_TRACEBACK)}


def own_frames(tree):
    """Returns the part of a traceback that begins with the test's first frame."""
    while tree is not None:
        path = tree.tb_frame.f_code.co_filename
        if path not in (own_frames.__code__.co_filename, importlib.__file__) and "<frozen importlib" not in path:
            return tree
        tree = tree.tb_next
    return None


def type_name(kind):
    """Returns a class's name, with its module unless that is Python's own or the test's."""
    module, name = type.__getattribute__(kind, "__module__"), kind.__qualname__
    return name if module in ("builtins", MODULE) else f"{module}.{name}"


def text_of(value):
    text, failure, _ = attempt(str, value)
    return text if failure is None else f"<unprintable {type(value).__name__}>"


def clip(text, limit):
    """Returns text that JSON can carry, its middle left out where it is longer than the limit."""
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"
    return clean(text)


def clean(text):
    """Returns the text with lone surrogates written out, since no JSON text can hold them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


class Plain:
    """Makes of any value what JSON can hold; raises TooLarge when that comes to more than `budget` bytes."""

    def __init__(self, budget):
        self.budget = budget
        self.around = set()

    def __call__(self, value, depth=0):
        self.spend(MAX_RESULT_BYTES // MAX_VALUES)
        try:
            return self.convert(value, depth)
        except TooLarge:
            raise
        except BaseException:
            return self.text(f"<unrepresentable {type(value).__name__}>")

    def spend(self, size):
        self.budget -= size
        if self.budget < 0:
            raise TooLarge

    def convert(self, value, depth):
        kind = type(value)
        if value is None or kind is bool:
            return value
        if depth > MAX_DEPTH:
            return "<too deep>"
        if issubclass(kind, Enum):
            return self(value.value, depth + 1)
        if issubclass(kind, str):
            return self.text(str.__str__(value))
        if issubclass(kind, int):
            return self.integer(int(value))
        if issubclass(kind, float):
            return self.real(float(value))
        if issubclass(kind, (bytes, bytearray, memoryview)):
            return {"bytes": memoryview(value).nbytes}
        if issubclass(kind, PathLike):
            return self.text(fsdecode(fspath(value)))
        if id(value) in self.around:
            return "<cycle>"
        self.around.add(id(value))
        try:
            return self.compound(value, kind, depth + 1)
        finally:
            self.around.discard(id(value))

    def compound(self, value, kind, depth):
        if issubclass(kind, dict):
            return self.pairs(list(dict.items(value)), depth)
        if issubclass(kind, (list, tuple)):
            return [self(item, depth) for item in value]
        if issubclass(kind, (set, frozenset)):
            ordered, failure, _ = attempt(sorted, value)
            return [self(item, depth) for item in (ordered if failure is None else sorted(value, key=repr))]
        if hasattr(kind, "__dataclass_fields__"):
            from dataclasses import fields  # loaded already, since there is a dataclass

            names = [field.name for field in fields(value)]
            return self.pairs([(name, getattr(value, name)) for name in names if hasattr(value, name)], depth)
        if not issubclass(kind, type) and hasattr(value, "tolist") and hasattr(value, "shape"):
            return self.array(value, kind, depth)
        library = str(kind.__module__).partition(".")[0]
        return self.text(clip(str(value) if library in ("torch", "numpy") else repr(value), MAX_MESSAGE))

    def pairs(self, pairs, depth):
        plain = {}
        for key, value in pairs:
            name = self.text(str.__str__(key) if isinstance(key, str) else text_of(key))
            while name in plain:
                name += "_"
            plain[name] = self(value, depth)
        return plain

    def array(self, value, kind, depth):
        shape = [int(size) for size in value.shape]
        if math.prod(max(size, 1) for size in shape) <= MAX_ELEMENTS:
            listed, failure, _ = attempt(value.tolist)
            if failure is None:
                long_double = type(listed) is kind and kind.__module__ == "numpy"
                return self(float(listed) if long_double else listed, depth)
        return {"shape": self(shape, depth), "dtype": self.text(text_of(getattr(value, "dtype", None)))}

    def integer(self, value):
        if -(1 << 63) <= value < 1 << 64:
            return value
        return self.text(str(value)) if value.bit_length() < 4096 else f"<integer of {value.bit_length()} bits>"

    def real(self, value):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"

    def text(self, text):
        self.spend(len(text))
        return clean(text)


def plain_result(returned):
    """Returns the result as JSON can hold it, cut down where it is too large."""
    plain, failure, _ = attempt(Plain(MAX_RESULT_BYTES), returned)
    if failure is None and len(encode(plain)) <= MAX_RESULT_BYTES:
        return plain
    kept = {"truncated": True}
    for key in KNOWN_KEYS:
        value = dict.get(returned, key)
        if issubclass(type(value), str):
            value = clip(str.__str__(value), MAX_MESSAGE)
        small, failure, _ = attempt(Plain(MAX_KEPT_BYTES), value)
        if failure is None and value is not None:
            kept[key] = small
    return kept


def peak_memory():
    """Returns the peak in bytes; the kernel's own mark, since getrusage counts what the parent held before exec.

    A forked process maps the pages of libraries only as it touches them: it counts as if it had loaded them itself.
    """
    held, mapped = memory_mark("VmHWM"), memory_mark("RssFile")
    if held is not None:
        return held + max(0, shared_file_bytes - (mapped or 0))
    return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def memory_mark(name):
    """Returns a line of /proc/self/status in bytes, or None."""
    status, _, _ = attempt(lambda: FileIO("/proc/self/status").readall())
    mark = re.search(rb"^%s:\s*(\d+) kB" % name.encode(), status or b"", re.MULTILINE)
    return int(mark.group(1)) * 1024 if mark else None


def version_of(library):
    version = getattr(sys.modules[library], "__version__", None)
    return clip(str(version), 100) if isinstance(version, str) else None


def fill(record, returned, raised):
    """Puts into the record what came out, the surest first; what fails leaves the rest as it was."""
    record["peak_memory_bytes"] = attempt(peak_memory)[0]
    for library in LIBRARIES:
        record["environment"][library] = attempt(version_of, library)[0]
    record["outcome"], record["error"] = judge(returned, raised)
    if issubclass(type(returned), dict):
        record["result"] = plain_result(returned)


def write_record(result_file, record):
    data = (encode(record) + "\n").encode("ascii")
    attempt(makedirs, dirname(result_file), 0o777, True)
    with FileIO(result_file + ".tmp", "w") as partial:
        while data:
            data = data[partial.write(data) :]
    replace(result_file + ".tmp", result_file)


def disarm():
    """Takes back what a test may have left that would interrupt the rest."""
    for timer in (ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF):
        setitimer(timer, 0)
    signal(SIGINT, SIG_IGN)
    setrecursionlimit(RECURSION_LIMIT)


def say(text):
    """Lets out what the test printed, and the text after it."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__):
        attempt(methodcaller("flush"), stream)
    attempt(lambda: sys.__stderr__.write(text))
    attempt(methodcaller("flush"), sys.__stderr__)


def main(result_file):
    """Runs the test of sys.argv[0]; ends the process."""
    pid = getpid()
    reserve = bytearray(RESERVED_BYTES)
    descriptors = [dup(2) for _ in range(RESERVED_DESCRIPTORS)]
    returned, duration_s = None, 0.0
    module, raised, import_s = attempt(importlib.import_module, MODULE)
    if raised is None:
        test, raised, _ = attempt(find_test, module)
    if raised is None:
        returned, raised, duration_s = attempt(test)
    if getpid() != pid:  # the child of a test that forked: it ends as any Python, and the record is its parent's
        if raised is not None:
            raise raised
        return
    del reserve
    for descriptor in descriptors:  # a test may have closed them, or used up all others
        attempt(close, descriptor)
    attempt(disarm)
    record = {
        "outcome": "error",
        "result": None,
        "error": {"type": type(raised).__name__, "message": "", "traceback": ""},
        "duration_s": duration_s,
        "import_s": import_s,
        "peak_memory_bytes": None,
        "environment": {"python": PYTHON_VERSION},
    }
    attempt(fill, record, returned, raised)
    _, unwritten, _ = attempt(write_record, result_file, record)
    say(record["error"]["traceback"] if record["error"] else "")
    if unwritten is not None:
        say(f"cannot write {result_file}: {text_of(unwritten)}\n")
    _exit(0 if unwritten is None else UNWRITTEN_STATUS)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: runner.py TEST_FILE RESULT_FILE")
    sys.argv[:], result = [os.path.abspath(sys.argv[1])], os.path.abspath(sys.argv[2])
    sys.path.insert(0, os.path.dirname(sys.argv[0]))
if __name__ in ("__main__", "__mp_main__"):  # the second is multiprocessing's, in a process that it starts afresh
    sys.meta_path.insert(0, TestFinder)
if __name__ == "__main__":
    main(result)
