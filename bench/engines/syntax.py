"""Takes a template in testloom's syntax apart, so that dialects.py can write it in other engines' syntax.

Hands out parse(text), which gives a list of nodes:

    Text      what stands in the output as it is
    Value     ${expression}
    Choice    #% if, #% elif, #% else, #% endif; the branch of `else` has no condition
    Loop      #% for NAME in [...], #% endfor

Expressions are Python's, and are kept as nodes of the module ast. Only what the benchmark's templates use is
read here; the lines of statements are left out of the text, as testloom leaves them out.
"""

import ast
import dataclasses
import re
from typing import List, Optional, Tuple

STATEMENT = re.compile(r"[ \t]*#%[ \t]*(if|elif|else|endif|for|endfor)\b[ \t]*(.*)\n")
PLACEHOLDER = re.compile(r"""\$\{((?:[^{}"']|"[^"]*"|'[^']*')*)\}""")
LOOP = re.compile(r"(\w+)\s+in\s+(.*)")


@dataclasses.dataclass
class Text:
    text: str


@dataclasses.dataclass
class Value:
    expression: ast.expr


@dataclasses.dataclass
class Choice:
    branches: List[Tuple[Optional[ast.expr], list]]


@dataclasses.dataclass
class Loop:
    name: str
    items: List[ast.expr]
    body: list


def expression(text):
    return ast.parse(text.strip(), mode="eval").body


def parse(text):
    """The nodes of a whole template; ValueError for what is not understood."""
    lines = text.splitlines(keepends=True)
    nodes, index = parse_block(lines, 0)
    if index < len(lines):
        raise ValueError(f"line {index + 1} closes nothing: {lines[index].strip()}")
    return nodes


def parse_block(lines, index):
    """The nodes up to a statement that ends or continues the block, and the index of that statement's line."""
    nodes = []
    while index < len(lines):
        statement = STATEMENT.fullmatch(lines[index])
        if statement is None:
            add_line(nodes, lines[index])
            index += 1
        elif statement[1] == "if":
            node, index = parse_choice(lines, index)
            nodes.append(node)
        elif statement[1] == "for":
            node, index = parse_loop(lines, index)
            nodes.append(node)
        else:
            break
    return nodes, index


def parse_choice(lines, index):
    branches = []
    while True:
        _, keyword, rest = STATEMENT.fullmatch(lines[index]).group(0, 1, 2)
        if keyword == "endif":
            return Choice(branches), index + 1
        if keyword not in ("if", "elif", "else"):
            raise ValueError(f"line {index + 1}: {keyword} inside of a choice")
        body, index = parse_block(lines, index + 1)
        branches.append((expression(rest) if keyword != "else" else None, body))
        if index == len(lines):
            raise ValueError("an #% if is never closed")


def parse_loop(lines, index):
    name, items = LOOP.fullmatch(STATEMENT.fullmatch(lines[index])[2]).groups()
    body, index = parse_block(lines, index + 1)
    if index == len(lines) or STATEMENT.fullmatch(lines[index])[1] != "endfor":
        raise ValueError("an #% for is never closed")
    return Loop(name, expression(items).elts, body), index + 1


def add_line(nodes, line):
    """Adds the pieces of a line of text; neighbouring texts become one."""
    at = 0
    for placeholder in PLACEHOLDER.finditer(line):
        add_text(nodes, line[at : placeholder.start()])
        nodes.append(Value(expression(placeholder[1])))
        at = placeholder.end()
    add_text(nodes, line[at:])


def add_text(nodes, text):
    if "$" in text or "#%" in text:
        raise ValueError(f"not understood: {text!r}")
    if nodes and isinstance(nodes[-1], Text):
        nodes[-1] = Text(nodes[-1].text + text)
    elif text:
        nodes.append(Text(text))


def count(nodes, kind):
    """How many nodes of that kind there are, at any depth."""
    total = 0
    for node in nodes:
        total += isinstance(node, kind)
        if isinstance(node, Choice):
            total += sum(count(body, kind) for _, body in node.branches)
        elif isinstance(node, Loop):
            total += count(node.body, kind)
    return total
