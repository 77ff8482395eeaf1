"""Holds rendered templates against CPython, which decides what a value has become.

Reads JSON lines from the file named on the command line, each {"id", "kind", "plain", "hostile", "plain_value",
"hostile_value"}: one template rendered for a harmless value and for a hostile one. Where "plain" is left out it is that
of the line before. A value is a text, a number, a boolean, or a list or dict whose only texts are "plain_leaf" and
"hostile_leaf". A case of kind "any", whose template is random, is passed over when the harmless text is no Python.

Checks that the hostile text compiles, that its syntax tree is the harmless one's except for the leaf that holds the
value, that the leaf is exactly the value, and that lines and tokens are the same in number and type. Prints one line a
difference, then the count of cases; exits with 1 when there was a difference. With --json before the file's name each
line is an object, and harmless text that is no Python is told once, not a difference. Works on Python 3.8 to 3.13
without any package.
"""

import ast
import io
import json
import keyword
import re
import sys
import tokenize
import warnings


class Difference(Exception):
    pass


def fstring_parts(values):
    """The parts of a JoinedStr with an empty constant wherever none stands between two fields.

    A constant there may come from several literals; whose prefix `u` it keeps depends on which are empty.
    """
    parts = []
    for value in values:
        is_field = isinstance(value, ast.FormattedValue)
        if is_field and (not parts or isinstance(parts[-1], ast.FormattedValue)):
            parts.append(ast.Constant(value="", kind=None))
        parts.append(value if is_field else ast.Constant(value=value.value, kind=None))
    if not parts or isinstance(parts[-1], ast.FormattedValue):
        parts.append(ast.Constant(value="", kind=None))
    return parts


def as_leaf(node):
    """A negative number, which is an operation to Python, as one constant."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return ast.Constant(value=-node.operand.value, kind=None)
    return node


def differing_leaves(plain, hostile):
    """(is_constant, leaf, leaf) where they differ; raises where the trees differ in more than leaves."""
    pairs = []
    stack = [(False, plain, hostile)]
    while stack:
        is_constant, a, b = stack.pop()
        if isinstance(b, ast.AST) and isinstance(a, ast.Constant):
            b = as_leaf(b)
        if type(a) is not type(b):
            raise Difference("a %s became a %s" % (type(a).__name__, type(b).__name__))
        if isinstance(a, ast.JoinedStr):
            stack.append((False, fstring_parts(a.values), fstring_parts(b.values)))
        elif isinstance(a, ast.AST):
            if isinstance(a, ast.Constant) and a.kind != b.kind:
                raise Difference("the kind of a constant changed")
            constant = isinstance(a, ast.Constant)
            stack.extend((constant, getattr(a, name, None), getattr(b, name, None)) for name in a._fields)
        elif isinstance(a, list):
            if len(a) != len(b):
                raise Difference("a list of %d nodes became one of %d" % (len(a), len(b)))
            stack.extend((False, x, y) for x, y in zip(a, b))
        elif a != b:
            pairs.append((is_constant, a, b))
    return pairs


def expected_leaf(leaf, case):
    """What the harmless leaf must have become, or None when it does not hold the harmless value."""
    old, new = case["plain_value"], case["hostile_value"]
    if not isinstance(leaf, (str, bytes)):
        return new if type(leaf) is type(old) and leaf == old else None
    pairs = [(str(old), str(new))]
    if "plain_leaf" in case:
        pairs.append((case["plain_leaf"], case["hostile_leaf"]))
    for before, after in pairs:
        if isinstance(leaf, bytes):
            before, after = before.encode(), after.encode()
        if before in leaf:
            return leaf.replace(before, after)
    return None


def check_name(before, after, case, names):
    old = str(case["plain_value"])
    if not isinstance(before, str) or old not in before:
        raise Difference("a leaf without the value changed: %r to %r" % (before, after))
    for name in after.split(".") if "." in before else [after]:
        if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name) or name == "__debug__":
            raise Difference("%r is no name" % after)
    fixed = "[A-Za-z0-9_]+".join(re.escape(part) for part in before.split(old))
    if not re.fullmatch(fixed, after):
        raise Difference("the fixed part of the name changed: %r to %r" % (before, after))
    value = names.setdefault((case["id"], before, after), case["hostile_value"])
    if value != case["hostile_value"]:
        raise Difference("%r and %r both become %r" % (value, case["hostile_value"], after))


def parse(text):
    """The tree as a file of these bytes would give it, encoding declaration included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(text.encode(), "rendered.py", "exec", dont_inherit=True)
        return ast.parse(text.encode(), type_comments=True)


def token_types(text):
    """Exact types; parts of f-strings' text and the sign and parentheses of a negative number are not counted."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    types = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.exact_type]
        if name != "FSTRING_MIDDLE":
            types.append(name)
    joined = " ".join(types)
    return re.sub(r"LPAR (?:MINUS )?NUMBER RPAR", "NUMBER", joined)


def line_count(text):
    return len(re.split("\r\n|\r|\n", text))


def check_comment(case):
    declared = tokenize.detect_encoding(io.BytesIO(case["hostile"].encode()).readline)[0]
    if declared != "utf-8":
        raise Difference("the encoding became %r" % declared)
    type_comment = r"#[ \t]*type:"
    if len(re.findall(type_comment, case["hostile"])) > len(re.findall(type_comment, case["plain"])):
        raise Difference("a type comment came about")
    for line, plain in zip(case["hostile"].splitlines()[:2], case["plain"].splitlines()):
        declaration = r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)"
        if re.search(declaration, line) and not re.search(declaration, plain):
            raise Difference("an encoding declaration came about: %r" % line)
    if not all(c.isprintable() or c in "\n\r\f" for c in case["hostile"]):
        # What Python calls printable differs between versions for new characters only.
        if any(ord(c) < 0xA0 and not c.isprintable() and c not in "\n\r\f\t" for c in case["hostile"]):
            raise Difference("an unprintable character stands in a comment")


class Plain:
    """The harmless text of a case, taken apart once for all the values that it is held against."""

    def __init__(self, text):
        self.text = text
        self.tree = parse(text)
        self.lines = line_count(text)
        self.tokens = token_types(text)


def check(case, plain, names):
    kind = case["kind"]
    pairs = differing_leaves(plain.tree, parse(case["hostile"]))
    if kind == "comment":
        if pairs:
            raise Difference("a comment changed the tree: %r" % (pairs[0],))
        check_comment(case)
    same = case["plain_value"] == case["hostile_value"]
    if kind in ("leaf", "name") and not pairs and not same:
        raise Difference("the value is nowhere")
    for is_constant, before, after in pairs:
        if is_constant != (kind == "leaf") and kind != "any":
            raise Difference("the value is a leaf of the wrong kind: %r" % (after,))
        if not is_constant:
            check_name(before, after, case, names)
        elif type(before) is not type(after) or expected_leaf(before, case) != after:
            raise Difference("%r became %r" % (before, after))
    if plain.lines != line_count(case["hostile"]):
        raise Difference("the number of lines changed")
    if plain.tokens != token_types(case["hostile"]):
        raise Difference("the types of the tokens changed")


class Report:
    """Says what was found, to people or to the program."""

    def __init__(self, is_json):
        self.is_json = is_json
        self.cases = self.passed_over = self.differences = 0
        self.untold = set()

    def difference(self, case, error):
        self.differences += 1
        kind = "" if isinstance(error, Difference) else type(error).__name__ + ": "
        if self.is_json:
            print(json.dumps({"id": case["id"], "value": case["hostile_value"], "difference": kind + str(error)}))
        else:
            name = type(error).__name__
            print("%s with %a: %s: %s" % (case["id"], case["hostile_value"], name, ascii(str(error))))

    def no_python(self, case, error):
        if self.is_json and not self.passed_over:
            print(json.dumps({"id": case["id"], "no_python": "%s: %s" % (type(error).__name__, error)}))
        self.passed_over += 1

    def end(self):
        counts = (self.cases, sys.version.split()[0], self.passed_over, self.differences)
        if self.is_json:
            print(json.dumps(dict(zip(("cases", "python", "passed_over", "differences"), counts))))
        else:
            print("%d cases on Python %s, %d passed over, %d differences" % counts)


REFUSED = (Difference, SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError)


def main(path, is_json=False):
    report = Report(is_json)
    names = {}
    plain = text = failure = None
    with open(path, encoding="ascii") as lines:
        for line in lines:
            case = json.loads(line)
            case.setdefault("plain", text)
            report.cases += 1
            if case["plain"] != text:
                text, plain, failure = case["plain"], None, None
                try:
                    plain = Plain(text)
                except REFUSED as error:
                    failure = error
            try:
                if plain:
                    check(case, plain, names)
                elif is_json or case["kind"] == "any":
                    report.no_python(case, failure)
                else:
                    raise failure
            except REFUSED as error:
                report.difference(case, error)
    report.end()
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[-1], "--json" in sys.argv[1:-1]))
