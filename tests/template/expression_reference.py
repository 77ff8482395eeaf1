"""Holds the values of template expressions against CPython's own eval.

Reads JSON lines from the file that is named first, and looks at every n-th one where a number follows: first the values by name, then for each expression {"e": its text, "r": what testloom renders
for `[EXPRESSION]` as text, or null, "at": where its mistakes stand, as pairs of offsets in characters, "checked":
whether they were found without values}. Python must give the same repr, or an error where there is one. Where the
language differs on purpose, that is told from what happened in Python while it evaluated (an integer past 64
bits came up, ...) and counted. Prints one line a difference, then the counts; exits with 1 when there was a
difference. Works on Python 3.8 to 3.13 without any package.
"""

import ast
import collections
import itertools
import json
import re
import sys
import warnings

MOST_ITEMS = 1_000_000  # of one list or range that is gone through, in testloom
NUMBER_AND_WORD = re.compile(r"'[0-9][0-9a-zA-Z_.]*(?:and|or|if|else|in|is|not|for)[a-zA-Z]*' is not a number")
DEEPEST = 100  # brackets, operators and conditions within each other, in testloom


class Huge(Exception):
    """Something that testloom refuses for its size."""


class HugeRange(Huge):
    """A range that takes forever to go through, if anything does."""


class Watch:
    """What happened during one evaluation: which nodes had a value, and what of it is refused by design."""

    def __init__(self):
        self.evaluated = set()
        self.events = set()

    def see(self, number, value, may_be_huge=False):
        self.evaluated.add(number)
        kind = type(value)
        if kind is int:
            if not -(2**63) <= value < 2**63:
                self.events.add("past 64 bits")
        elif kind is str and " object at 0x" in value:
            self.events.add("enumerate or zip as a value")
        elif kind is complex:
            self.events.add("complex")
        elif kind is float and value != value:
            self.events.add("nan")
        elif kind is range:
            if any(not -(2**63) <= part < 2**63 for part in (value.start, value.stop, value.step)):
                self.events.add("past 64 bits")
            if not may_be_huge and range_length(value) > MOST_ITEMS:
                raise HugeRange
        return value

    def power(self, base, exponent):
        if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1 and exponent > 64:
            self.events.add("past 64 bits")
            raise Huge
        return base**exponent

    def product(self, left, right):
        for sequence, count in ((left, right), (right, left)):
            if isinstance(sequence, (str, list, tuple)) and isinstance(count, int):
                if len(sequence) * count > MOST_ITEMS:
                    raise Huge
        return left * right

    def remainder(self, left, right):
        if isinstance(left, str):
            self.events.add("% on text")
        return left % right


def range_length(value):
    return max(0, (value.stop - value.start + value.step - (1 if value.step > 0 else -1)) // value.step)


def call(name, *arguments):
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=list(arguments), keywords=[])


class Instrument(ast.NodeTransformer):
    """Puts every part of an expression through Watch.see, and what may take forever through its guards."""

    GUARDS = {ast.Pow: "_power", ast.Mult: "_product", ast.Mod: "_remainder"}

    def __init__(self, text):
        self.spans = []  # by number: where the part stands, in characters
        self.offsets = {}
        at = 0
        for index, character in enumerate(text):
            self.offsets[at] = index
            at += len(character.encode())
        self.offsets[at] = len(text)
        self.huge = set()
        self.takes_generator = False  # str() or len() is given one

    def note_huge(self, node):
        """Ranges that nobody goes through may be as long as they like."""
        if isinstance(node, ast.Subscript):
            self.huge.add(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
            self.huge.update(node.args)
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant):
            if type(node.left.value) is int and isinstance(node.ops[0], (ast.In, ast.NotIn)):
                self.huge.add(node.comparators[0])

    def visit(self, node):
        if not isinstance(node, ast.expr):
            return self.generic_visit(node)
        if isinstance(getattr(node, "ctx", None), ast.Store):
            return node
        number = len(self.spans)
        self.spans.append(
            (self.offsets[node.col_offset], self.offsets[node.end_col_offset], type(node).__name__)
        )
        self.note_huge(node)
        may_be_huge = node in self.huge
        if isinstance(node, ast.Call):
            whole = isinstance(node.func, ast.Name) and node.func.id in ("str", "len")
            self.takes_generator |= whole and any(isinstance(part, ast.GeneratorExp) for part in node.args)
            if isinstance(node.func, ast.Attribute):
                node.func.value = self.visit(node.func.value)
            node.args = [self.visit(argument) for argument in node.args]
            for keyword in node.keywords:
                keyword.value = self.visit(keyword.value)
        elif isinstance(node, ast.Slice):  # an expression since 3.9, without a value of its own
            return self.generic_visit(node)
        else:
            self.generic_visit(node)
        if isinstance(node, ast.BinOp) and type(node.op) in self.GUARDS:
            node = call(self.GUARDS[type(node.op)], node.left, node.right)
        return call("_see", ast.Constant(value=number), node, ast.Constant(value=may_be_huge))


FUNCTIONS = (len, min, max, sorted, range, enumerate, zip, str, int, float, round, abs)
NEWER = {"removeprefix": (3, 9), "removesuffix": (3, 9), "strict": (3, 10)}


class Reference:
    def __init__(self, values):
        self.names = {"__builtins__": {}}
        self.names.update({function.__name__: function for function in FUNCTIONS})
        self.names.update(values)

    def evaluate(self, text, must_end):
        """(repr or None, error or None, watch, instrument) of `[text]`; `must_end`: it is known to end."""
        watch = Watch()
        # Within brackets, which the offsets leave out, as in the template.
        tree = ast.parse(text.join("[]"), mode="eval")
        instrument = Instrument(text.join("[]"))
        plain = compile(tree, "expression", "eval")
        tree = ast.fix_missing_locations(instrument.visit(ast.parse(text.join("[]"), mode="eval")))
        guards = {"_see": watch.see, "_power": watch.power, "_product": watch.product, "_remainder": watch.remainder}
        try:
            try:
                eval(compile(tree, "watched", "eval"), {**self.names, **guards})
            except HugeRange:
                if not must_end:
                    raise
            return repr(eval(plain, dict(self.names))), None, watch, instrument
        except Exception as error:
            return None, error, watch, instrument


def nesting(text):
    """At least how deep the expression is nested: its brackets, which no tree shows, and its tree."""
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    levels, nodes = 0, [ast.parse(text, mode="eval")]
    while nodes:
        levels, nodes = levels + 1, [child for node in nodes for child in ast.iter_child_nodes(node)]
    return deepest + levels


def was_evaluated(begin, end, watch, instrument):
    """Whether the largest part within a mistake's place had a value."""
    inside = [
        (span[1] - span[0], -number)
        for number, span in enumerate(instrument.spans)
        if span[0] >= begin and span[1] <= end and span[2] != "Slice"
    ]
    return not inside or -max(inside)[1] in watch.evaluated


def differs_by_version(text, expected, error, case):
    """Whether Python 3.11, which the language follows, would do something else here."""
    version = sys.version_info[:2]
    if error is not None:
        newer = [word for word, first in NEWER.items() if word in text and version < first]
        return any("'%s'" % word in str(error) or "no keyword" in str(error) for word in newer)
    if version == (3, 8) and "replace" in text and case["r"] not in (None, expected):
        return True  # ''.replace('', 'a', 1) is ''
    return version >= (3, 12) and case["r"] is None and "integer as 'reverse'" in case["why"]


def judge(case, reference):
    """What the case is an example of; begins with "difference" when it should not be."""
    text, rendered = case["e"], case["r"]
    try:
        expected, error, watch, instrument = reference.evaluate(text, rendered is not None)
    except (SyntaxError, ValueError) as problem:
        return "both refuse the syntax" if rendered is None else "difference: Python refuses: %s" % problem
    if instrument.takes_generator:
        return "a generator as a value" if rendered is None else "difference: a generator, but testloom gives %s" % rendered
    if watch.events - {"nan"}:
        event = min(watch.events - {"nan"})
        return event if rendered is None else "difference: %s, but testloom gives %s" % (event, rendered)
    if isinstance(error, Huge):
        return "too large" if rendered is None else "difference: too large, but testloom gives %s" % rendered
    if differs_by_version(text, expected, error, case):
        return "another version of Python"
    if isinstance(error, OverflowError) and "to C int" in str(error) and "reverse=" in text:
        return "reverse past a C int"
    if error is not None:
        return "both fail" if rendered is None else "difference: %r, but testloom gives %s" % (error, rendered)
    if rendered is not None:
        return "equal" if rendered == expected else "difference: %s, but testloom gives %s" % (expected, rendered)
    if " object at 0x" in expected and ("<enumerate" in expected or "<zip" in expected):
        return "enumerate or zip as a value"
    if "this expression is nested more than" in case["why"] and nesting(text.join("[]")) > DEEPEST:
        return "nested too deep"
    if NUMBER_AND_WORD.search(case["why"]):
        return "a word right after a number"  # newer Pythons warn of it
    if "zip() is strict" in case["why"]:
        return "zip compares lengths at once"
    if "compares only with None" in case["why"]:
        return "is without None, True or False"
    if case["checked"] and case["at"] and not any(was_evaluated(b + 1, e + 1, watch, instrument) for b, e in case["at"]):
        return "types that never meet"
    return "difference: %s, but testloom refuses: %s" % (expected, case["why"])


def main(path, stride=1):
    warnings.simplefilter("ignore")
    counts = collections.Counter()
    with open(path, encoding="ascii") as lines:
        reference = Reference(json.loads(next(lines)))
        for line in itertools.islice(lines, 0, None, int(stride)):
            case = json.loads(line)
            verdict = judge(case, reference)
            if verdict.startswith("difference"):
                counts["differences"] += 1
                if counts["differences"] <= 25:
                    print("%s\n  %s" % (ascii(case["e"]), ascii(verdict)))
            else:
                counts[verdict] += 1
    print("Python %s:" % sys.version.split()[0], ", ".join("%s %d" % (v, k) for v, k in counts.most_common()))
    return 1 if counts["differences"] or counts["equal"] < sum(counts.values()) // 3 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
