"""Holds rendered templates against CPython, which decides what a value has become.

Reads JSON lines from the file named on the command line, each {"id", "kind", "plain", "hostile", "plain_value",
"hostile_value"}: one template rendered for a harmless value and for a hostile one. A case of kind "any", whose
template is random, is passed over when the harmless text is no Python. Checks that the hostile text
compiles, that its syntax tree is the harmless one's except for the leaf that holds the value, that the leaf is
exactly the value, and that lines and tokens are the same in number and type. Prints one line a difference, then
the count of cases; exits with 1 when there was a difference. Works on Python 3.8 to 3.13 without any package.
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
    """A negative integer, which is an operation to Python, as one constant."""
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
    if isinstance(old, int):
        if isinstance(leaf, str):
            return leaf.replace(str(old), str(new))
        return new if leaf == old else None
    if isinstance(leaf, bytes):
        return leaf.replace(old.encode(), new.encode()) if old.encode() in leaf else None
    return leaf.replace(old, new) if old in leaf else None


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
    if re.search(r"#[ \t]*type:", case["hostile"]):
        raise Difference("a type comment came about")
    for line in case["hostile"].splitlines()[:2]:
        if re.search(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", line):
            raise Difference("an encoding declaration came about: %r" % line)
    if not all(c.isprintable() or c in "\n\r\f" for c in case["hostile"]):
        # What Python calls printable differs between versions for new characters only.
        if any(ord(c) < 0xA0 and not c.isprintable() and c not in "\n\r\f\t" for c in case["hostile"]):
            raise Difference("an unprintable character stands in a comment")


def check(case, names):
    kind = case["kind"]
    try:
        plain = parse(case["plain"])
    except (SyntaxError, ValueError):
        if kind == "any":
            return False
        raise
    pairs = differing_leaves(plain, parse(case["hostile"]))
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
    if line_count(case["plain"]) != line_count(case["hostile"]):
        raise Difference("the number of lines changed")
    if token_types(case["plain"]) != token_types(case["hostile"]):
        raise Difference("the types of the tokens changed")
    return True


def main(path):
    cases = passed_over = failures = 0
    names = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            case = json.loads(line)
            cases += 1
            try:
                if not check(case, names):
                    passed_over += 1
            except (Difference, SyntaxError, ValueError, tokenize.TokenError) as error:
                failures += 1
                print("%s with %a: %s: %s" % (case["id"], case["hostile_value"], type(error).__name__, ascii(str(error))))
    version = sys.version.split()[0]
    print("%d cases on Python %s, %d passed over, %d differences" % (cases, version, passed_over, failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
