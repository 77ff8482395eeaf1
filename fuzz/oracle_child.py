"""Answers a fuzzer's lines, one by one: `oracle_child.py render` as tests/template/oracle.py judges a template's
renders, `oracle_child.py expression` as tests/template/expression_reference.py judges an expression; there the first
line is the values. An answer that begins with "difference" is a bug.

What an expression's bytes say to Python may be anything: only what consists of the language's own parts is evaluated,
in little memory and time.
"""

import ast
import json
import pathlib
import resource
import signal
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/template"))
import expression_reference  # noqa: E402
import oracle  # noqa: E402

METHODS = set(
    "replace upper lower title split rsplit join strip lstrip rstrip startswith endswith removeprefix removesuffix".split()
)
FUNCTIONS = {function.__name__ for function in expression_reference.FUNCTIONS}
PARTS = (
    ast.Expression, ast.Constant, ast.Name, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.BinOp, ast.BoolOp,
    ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.Call, ast.keyword, ast.ListComp, ast.GeneratorExp,
    ast.comprehension, ast.USub, ast.UAdd, ast.Not, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow,
    ast.And, ast.Or, ast.cmpop, ast.expr_context, ast.Attribute,
)  # fmt: skip


class TooLong(BaseException):
    pass


def stop(*_):
    raise TooLong


def is_ours(node, names):
    """Whether the language has this part of an expression at all."""
    if not isinstance(node, PARTS):
        return False
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, int) and not isinstance(value, bool):
            return value < 2**63
        return value is None or isinstance(value, (bool, float)) or (isinstance(value, str) and is_character_text(value))
    if isinstance(node, ast.Subscript):
        return not isinstance(node.slice, ast.Tuple)
    if isinstance(node, ast.comprehension):
        return not node.is_async
    if isinstance(node, ast.Dict):
        return None not in node.keys
    if isinstance(node, ast.keyword):
        return node.arg is not None
    if isinstance(node, ast.Name):
        return node.id.isascii() and (node.id in names or not isinstance(node.ctx, ast.Load) or len(node.id) <= 2)
    return True


def is_character_text(value):
    try:
        value.encode()
        return True
    except UnicodeEncodeError:
        return False


def in_common(text, names):
    """Whether Python reads the text as an expression of parts that the language has, used as it uses them."""
    if "\\N" in text or "#" in text or not all(c.isprintable() or c == "\t" for c in text):
        return False
    tree = ast.parse(text, mode="eval")
    sole = set()  # generators that are the only argument of a call
    called = set()  # what is called
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called.add(node.func)
            if len(node.args) == 1 and not node.keywords:
                sole.add(node.args[0])
    for node in ast.walk(tree):
        if not is_ours(node, names):
            return False
        if isinstance(node, ast.GeneratorExp) and node not in sole:
            return False
        if isinstance(node, ast.Attribute) and (node not in called or node.attr not in METHODS):
            return False
        if isinstance(node, ast.Name) and (node in called) != (node.id in FUNCTIONS):
            return False
        if isinstance(node, ast.Call) and not isinstance(node.func, (ast.Name, ast.Attribute)):
            return False
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and (node.id in names or node.id in FUNCTIONS):
            return False
    return True


def judge_expression(case, reference, names):
    text = case["e"].join("[]")
    try:
        if not in_common(text, names):
            return "not in both languages"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if case["r"] is not None:
            return "not Python"
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        return expression_reference.judge(case, reference)
    except TooLong:
        return "too long"
    except (MemoryError, RecursionError):
        return "too large"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def judge_render(case):
    try:
        harmless = oracle.Harmless(case)
    except oracle.PROBLEMS:
        return "passed over"
    for value, text in case["hostile"]:
        try:
            harmless.check(value, text)
        except oracle.PROBLEMS as error:
            return "difference: %s: %s" % (type(error).__name__, error)
    return "same"


def main(mode):
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, stop)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    lines = iter(sys.stdin.readline, "")
    reference = names = None
    if mode == "expression":
        values = json.loads(next(lines))
        reference, names = expression_reference.Reference(values), set(values)
    for line in lines:
        case = json.loads(line)
        answer = judge_expression(case, reference, names) if reference else judge_render(case)
        print(ascii(answer)[1:-1], flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
