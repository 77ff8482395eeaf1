"""Writes a template's nodes (syntax.py) in the syntax of other engines.

Hands out `jinja`, `tera`, `go` and `fmt`, each a function from nodes to a text. Tags stand exactly where their
line of testloom's syntax began, without a line of their own: so no engine needs to trim anything, and all
give the same bytes.
"""

import ast

from syntax import Choice, Text, Value

# Every name of a template, in the order of fmt's arguments (fmt_engine.cpp).
NAMES = (
    "model_name",
    "model_family",
    "model_location",
    "task",
    "hardware_type",
    "device",
    "batch_size",
    "test_id",
    "template_name",
)


def replace_call(node):
    """(text, old, new) of `text.replace(old, new)`, None for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "replace":
        old, new = (argument.value for argument in node.args)
        return node.func.value, old, new
    return None


def quoted(text):
    """A text literal, as all of these languages read it."""
    if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        raise ValueError(f"no literal for {text!r}")
    return f'"{text}"'


def constant(node):
    return quoted(node.value) if isinstance(node.value, str) else repr(node.value)


class Tags:
    """What engines with {{ value }} and {% tag %} have in common; a subclass says how expressions look."""

    chain_tags = {"if": "{%% if %s %%}", "elif": "{%% elif %s %%}", "else": "{%% else %%}", "end": "{%% endif %%}"}
    loop_tags = ("{%% for %s in [%s] %%}", "{% endfor %}", ", ")
    operators = {ast.Eq: "==", ast.NotEq: "!=", ast.Or: "or", ast.And: "and"}

    def __call__(self, nodes):
        return "".join(self.node(node) for node in nodes)

    def node(self, node):
        if isinstance(node, Text):
            if any(mark in node.text for mark in ("{{", "{%", "{#")):
                raise ValueError("the text holds what begins a tag in other engines")
            return node.text
        if isinstance(node, Value):
            return "{{ " + self.expression(node.expression) + " }}"
        if isinstance(node, Choice):
            return self.choice(node)
        begin, end, comma = self.loop_tags
        return begin % (node.name, comma.join(map(self.expression, node.items))) + self(node.body) + end

    def choice(self, choice):
        out = []
        for index, (condition, body) in enumerate(choice.branches):
            keyword = "else" if condition is None else "elif" if index else "if"
            tag = self.chain_tags[keyword]
            out.append(tag % (() if condition is None else self.expression(condition)) + self(body))
        return "".join(out) + self.chain_tags["end"] % ()

    def expression(self, node):
        if isinstance(node, ast.Constant):
            return constant(node)
        if isinstance(node, ast.Name):
            return self.name(node.id)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self.operation(self.operators[type(node.ops[0])], [node.left, node.comparators[0]])
        if isinstance(node, ast.BoolOp):
            return self.operation(self.operators[type(node.op)], node.values)
        if replace_call(node):
            return self.replace(*replace_call(node))
        raise ValueError(f"not understood: {ast.dump(node)}")

    def name(self, name):
        return name

    def operation(self, operator, operands):
        return f" {operator} ".join(map(self.expression, operands))


class Jinja(Tags):
    """Jinja2 and minijinja."""

    def replace(self, text, old, new):
        return f"{self.expression(text)}|replace({quoted(old)}, {quoted(new)})"


class Tera(Tags):
    def replace(self, text, old, new):
        return f"{self.expression(text)} | replace(from={quoted(old)}, to={quoted(new)})"


class Go(Tags):
    """Go's text/template, with the functions `list` and `replace` of go/main.go."""

    chain_tags = {"if": "{{if %s}}", "elif": "{{else if %s}}", "else": "{{else}}", "end": "{{end}}"}
    loop_tags = ("{{range $%s := list %s}}", "{{end}}", " ")
    operators = {ast.Eq: "eq", ast.NotEq: "ne", ast.Or: "or", ast.And: "and"}

    def name(self, name):
        return f"$.{name}" if name in NAMES else f"${name}"

    def operation(self, operator, operands):
        return f"({operator} {' '.join(map(self.expression, operands))})"

    def replace(self, text, old, new):
        return f"replace {self.expression(text)} {quoted(old)} {quoted(new)}"


def fmt(nodes):
    """A format string for fmt, with numbered arguments; only texts and names can be written so."""
    out = []
    for node in nodes:
        if isinstance(node, Text):
            out.append(node.text.replace("{", "{{").replace("}", "}}"))
        elif isinstance(node, Value) and isinstance(node.expression, ast.Name):
            out.append("{%d}" % NAMES.index(node.expression.id))
        else:
            raise ValueError("fmt knows names and nothing else")
    return "".join(out)


jinja, tera, go = Jinja(), Tera(), Go()
