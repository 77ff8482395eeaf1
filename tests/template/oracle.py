"""Holds rendered templates against CPython, which decides what a value has become.

Reads JSON lines from the file named on the command line, or from standard input for "-", each {"id", "kind",
"plain", "old", "hostile"}: one template rendered with a harmless value, `old`, and rendered again with others:
`hostile` is pairs of a value and the text for it. A case of kind "any", whose template is random, is passed over
when the harmless text is no Python. Checks that each text compiles, that its syntax tree is the harmless one's
except for the leaves that hold the value, that these are exactly the value, and that lines and tokens are the
same in number and type. Prints one line a difference (the first hundred), then the count of renders; exits with 1
when there was a difference. Works on Python 3.8 to 3.13 without any package.

What is asked of the harmless text is worked out once; a text whose tree has the harmless one's shape is compared
as flat lists. Only where the shapes differ, as for a list in place of a text, are the trees walked side by side.
"""

import ast
import io
import json
import keyword
import re
import sys
import tokenize
import warnings

MOST_SHOWN = 100


class Difference(Exception):
    pass


# --- trees


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


class Flat:
    """A tree as two lists: its shape, in which no value comes up, and its leaves."""

    def __init__(self, tree):
        self.shape = []
        self.leaves = []
        self.in_constant = []
        self.add(tree)

    def add(self, node):
        kind = type(node)
        self.shape.append(kind)
        if kind is ast.Constant:
            self.shape.append(node.kind)
            self.add_leaf(node.value, True)
            return
        if kind is ast.JoinedStr:
            parts = fstring_parts(node.values)
            self.shape.append(len(parts))
            for part in parts:
                self.add(part)
            return
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                self.add(value)
            elif type(value) is list:
                self.shape.append(len(value))
                for item in value:
                    self.add(item) if isinstance(item, ast.AST) else self.add_leaf(item, False)
            else:
                self.add_leaf(value, False)

    def add_leaf(self, value, in_constant):
        self.shape.append(type(value))
        self.leaves.append(value)
        self.in_constant.append(in_constant)


def literal(node):
    """The value that the text of a value has; raises ValueError for any other expression."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value
    if isinstance(node, ast.List):
        return [literal(item) for item in node.elts]
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {literal(key): literal(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
        if len(node.args) == 1 and getattr(node.args[0], "value", None) == "nan":
            return float("nan")
    raise ValueError("no literal")


def same_value(a, b):
    """Equal with all types and signs, nan to itself."""
    return repr(a) == repr(b)


def is_value(node, value):
    try:
        return isinstance(node, ast.expr) and same_value(literal(node), value)
    except (ValueError, TypeError):
        return False


def differing_leaves(plain, hostile, old, new):
    """(is_constant, leaf, leaf) where they differ; raises where the trees differ in more than values."""
    pairs = []
    stack = [(False, plain, hostile)]
    while stack:
        is_constant, a, b = stack.pop()
        if isinstance(a, ast.expr) and not isinstance(a, ast.JoinedStr) and is_value(a, old) and is_value(b, new):
            pairs.append((True, old, new))
            continue
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


# --- values


def holds(leaf, value):
    return type(leaf) is type(value) and same_value(leaf, value)


def expected_leaf(leaf, old, new):
    """What the harmless leaf must have become, or None when it does not hold the harmless value."""
    if not isinstance(old, str) and holds(leaf, old):
        return new
    if isinstance(leaf, str):
        return leaf.replace(str(old), str(new)) if str(old) in leaf else None
    if isinstance(leaf, bytes):
        return leaf.replace(str(old).encode(), str(new).encode()) if str(old).encode() in leaf else None
    return None


def check_name(before, after, old, new, names):
    # What no name can hold is written as '_', with a hash behind it.
    pattern = "_?%s_[0-9a-f]{8}|%s" % (re.sub(r"\W", "_", str(old)), re.escape(str(old)))
    if not isinstance(before, str) or not re.search(pattern, before):
        raise Difference("a leaf without the value changed: %r to %r" % (before, after))
    for name in after.split(".") if "." in before else [after]:
        if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name) or name == "__debug__":
            raise Difference("%r is no name" % after)
    fixed = "[A-Za-z0-9_]+".join(re.escape(part) for part in re.split(pattern, before))
    if not re.fullmatch(fixed, after):
        raise Difference("the fixed part of the name changed: %r to %r" % (before, after))
    value = names.setdefault((before, after), str(new))
    if value != str(new):
        raise Difference("%r and %r both become %r" % (value, new, after))


# --- texts


def parse(text):
    """The tree as a file of these bytes would give it, encoding declaration included."""
    source = text.encode()
    compile(source, "rendered.py", "exec", dont_inherit=True)
    return ast.parse(source, type_comments=True)


def token_types(text):
    """Exact types; parts of f-strings' text and the sign and parentheses of a negative number are not counted."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    names = tokenize.tok_name
    types = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = names[token.exact_type if token.type == tokenize.OP else token.type]
        if name != "FSTRING_MIDDLE":
            types.append(name)
    joined, shorter = None, " ".join(types)
    while joined != shorter:
        joined, shorter = shorter, re.sub(r"LPAR (?:MINUS )?NUMBER RPAR", "NUMBER", shorter)
    return joined


def line_count(text):
    return len(re.split("\r\n|\r|\n", text))


def check_comment(text):
    declared = tokenize.detect_encoding(io.BytesIO(text.encode()).readline)[0]
    if declared != "utf-8":
        raise Difference("the encoding became %r" % declared)
    if re.search(r"#[ \t]*type:", text):
        raise Difference("a type comment came about")
    for line in text.splitlines()[:2]:
        if re.search(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", line):
            raise Difference("an encoding declaration came about: %r" % line)
    if not all(c.isprintable() or c in "\n\r\f" for c in text):
        # What Python calls printable differs between versions for new characters only.
        if any(ord(c) < 0xA0 and not c.isprintable() and c not in "\n\r\f\t" for c in text):
            raise Difference("an unprintable character stands in a comment")


class Harmless:
    """One template's harmless text, with what every other text is held against."""

    def __init__(self, case):
        self.kind, self.old = case["kind"], case["old"]
        self.tree = parse(case["plain"])
        self.flat = Flat(self.tree)
        self.lines = line_count(case["plain"])
        self.tokens = token_types(case["plain"])
        self.names = {}

    def is_one_token(self, new):
        """Whether both values are one token where they are an operand, and of one type."""
        return type(new) is type(self.old) and type(new) in (str, int, float, bool) and new == new

    def differing(self, tree, new):
        flat = Flat(tree)
        if flat.shape != self.flat.shape:
            return differing_leaves(self.tree, tree, self.old, new)
        if flat.leaves == self.flat.leaves:
            return []
        pairs = zip(self.flat.in_constant, self.flat.leaves, flat.leaves)
        return [pair for pair in pairs if pair[1] != pair[2]]

    def check(self, new, text):
        pairs = self.differing(parse(text), new)
        if self.kind == "comment":
            if pairs:
                raise Difference("a comment changed the tree: %r" % (pairs[0],))
            check_comment(text)
        if self.kind in ("leaf", "name") and not pairs and not same_value(self.old, new):
            raise Difference("the value is nowhere")
        for is_constant, before, after in pairs:
            if is_constant != (self.kind == "leaf") and self.kind != "any":
                raise Difference("the value is a leaf of the wrong kind: %r" % (after,))
            if not is_constant:
                check_name(before, after, self.old, new, self.names)
            elif not holds(after, new if holds(before, self.old) else expected_leaf(before, self.old, new)):
                raise Difference("%r became %r" % (before, after))
        if line_count(text) != self.lines:
            raise Difference("the number of lines changed")
        if self.is_one_token(new) and token_types(text) != self.tokens:
            raise Difference("the types of the tokens changed")


PROBLEMS = (Difference, SyntaxError, ValueError, tokenize.TokenError, RecursionError)


class Tally:
    def __init__(self):
        self.renders = self.passed_over = self.differences = 0

    def tell(self, case, value, text, error):
        self.differences += 1
        if self.differences <= MOST_SHOWN:
            print("%s with %a: %s: %s\n  %a" % (ascii(case["id"]), value, type(error).__name__, ascii(str(error)), text))

    def take(self, case):
        self.renders += len(case["hostile"])
        try:
            harmless = Harmless(case)
        except PROBLEMS as error:
            if case["kind"] == "any":
                self.passed_over += len(case["hostile"])
            else:
                self.tell(case, case["old"], case["plain"], error)
            return
        for value, text in case["hostile"]:
            try:
                harmless.check(value, text)
            except PROBLEMS as error:
                self.tell(case, value, text, error)


def main(path):
    warnings.simplefilter("ignore")
    tally = Tally()
    with sys.stdin if path == "-" else open(path, encoding="ascii") as lines:
        for line in lines:
            tally.take(json.loads(line))
    version = sys.version.split()[0]
    print(
        "%d renders on Python %s, %d passed over, %d differences"
        % (tally.renders, version, tally.passed_over, tally.differences)
    )
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
