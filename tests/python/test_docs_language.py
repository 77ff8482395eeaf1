"""Holds docs/template-language.md to the program: every example of it renders, is refused, or is said by the program as
it stands there, and no block or table is left out.

A table's titles say what its rows are, and the heading above it the kind of output. `<!-- values: … -->` before a block
gives the values that a template is rendered with, besides those of the table of names; the next block is what it
becomes. `<!-- error: NAME -->` is a template that is refused, and the next block what is said about it. `<!-- file:
NAME -->` is a file that the consoles of its section find."""

import ast
import json
import re

import pytest
from cli_driver import REPOSITORY
from documents import blocks, code, files, play, section, session, table_rows

import testloom

LANGUAGE = (REPOSITORY / "docs" / "template-language.md").read_text("utf-8")
TEST = "\n\ndef test_it():\n    pass\n"
KINDS = {"json": "json", "yaml": "yaml", "sh": "shell", "text": "text", "python": "python"}
PLACES = ("where", "in the template", "becomes")
VALUES = ("expression", "becomes")
REFUSALS = ("template", "message", "what to do")
EXPRESSION_REFUSALS = ("expression", "message", "what to do")


def sections():
    """(heading, the ## heading above it, text) of everything below a heading, without what is below deeper ones."""
    parts = re.split(r"^(###? .*)\n", LANGUAGE, flags=re.MULTILINE)
    above = ""
    for heading, text in zip(parts[1::2], parts[2::2]):
        if heading.startswith("## "):
            above = heading.removeprefix("## ")
        yield heading.lstrip("# "), above, text


def tables():
    """(titles, kind of output, rows, heading) of every table."""
    for heading, above, text in sections():
        kind = KINDS.get(above.lower().replace("shell", "sh"), "python")
        for table in re.findall(r"(?:^\|.*\n)+", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.MULTILINE):
            titles = tuple(title.strip() for title in table.splitlines()[0].strip("|").split("|"))
            yield titles, kind, table_rows(table), heading


def rows_of(titles):
    return [(kind, row) for found, kind, rows, _ in tables() if found == titles for row in rows]


def names():
    rows = table_rows(section(LANGUAGE, "## Names"))
    return {code(name): (kind, ast.literal_eval(code(value))) for name, kind, _, value in rows}


VALUES_OF_EXAMPLES = {name: value for name, (_, value) in names().items()}


def render(template, kind="python", values=None):
    """The template's text; one in Python that has no test function gets one for the while."""
    given = {**VALUES_OF_EXAMPLES, **(values or {})}
    lacks_test = kind == "python" and "def test_" not in template
    text = testloom.render_template(template + TEST * lacks_test, given, "<template>", kind)
    return text.removesuffix(TEST) if lacks_test else text


def mistakes(template, kind="python", add=TEST):
    """(message, what to do) of each mistake, found when it is checked or else when it is rendered."""
    text = template + add * (kind == "python")
    with pytest.raises(testloom.TemplateError) as caught:
        testloom.render_template(text, VALUES_OF_EXAMPLES, "<template>", kind)
    return [(found["message"], found["hint"]) for found in caught.value.diagnostics]


def told(hint):
    return hint and code(hint)


# --- that nothing is left out


def test_every_table_is_tested():
    others = {heading for titles, _, _, heading in tables() if titles[0] not in ("where", "expression", "template")}
    assert others == {"Kinds of output", "Names", "Declarations", "Workload", "Limits"}
    counted = {titles: len(rows_of(titles)) for titles in (PLACES, VALUES, REFUSALS, EXPRESSION_REFUSALS)}
    assert counted[PLACES] >= 50 and counted[VALUES] >= 35
    assert counted[REFUSALS] >= 100 and counted[EXPRESSION_REFUSALS] >= 35


def test_every_block_is_tested():
    found = blocks(LANGUAGE)
    results = {at + 1 for at, block in enumerate(found) if block.mark in ("values", "error")}
    for at, block in enumerate(found):
        tested = at in results or block.mark in ("values", "error", "file") or block.language in ("console", "ebnf")
        assert tested, f"no test looks at the block that begins {block.text[:60]!r}"
        assert block.mark is None or at not in results
        assert at not in results or found[at - 1].mark == "error" or block.language == found[at - 1].language


# --- names and kinds of output


def test_names_are_all_there():
    known = ", ".join(names())
    assert mistakes("zebra = '${zebra}'") == [("unknown name 'zebra'", "known names: " + known)]
    for name, (kind, value) in names().items():
        assert kind == {str: "text", int: "integer", dict: "dict"}[type(value)]
        with pytest.raises(testloom.UsageError, match="must be"):
            render(f"x = ${{{name}}}", values={name: 1 if kind == "text" else "text"})


def test_kinds_of_output():
    told_by_program = mistakes("#% output sql")[0][1].removeprefix("kinds: ").split(", ")
    rows = table_rows(section(LANGUAGE, "## Kinds of output"))
    assert sorted(code(kind) for kind, _, _ in rows) == sorted(told_by_program)
    headings = {above.lower() for _, above, _ in sections()}
    for kind, _, where in rows:
        testloom.check_template(f"#% output {code(kind)}\n" + TEST * (code(kind) == "python"))
        assert re.search(r"\(#(\w+)\)", where)[1] in headings


def test_suffixes(tmp_path):
    (tmp_path / "values").write_text(json.dumps(VALUES_OF_EXAMPLES))
    examples = {kind: (code(template), code(becomes)) for kind, (_, template, becomes) in reversed(rows_of(PLACES))}
    expected = {}
    for cell, suffixes, _ in table_rows(section(LANGUAGE, "## Kinds of output")):
        template, becomes = (text + TEST * (code(cell) == "python") for text in examples[code(cell)])
        for suffix in suffixes.split(" "):
            (tmp_path / f"a{code(suffix)}").write_text(template)
            expected[f"testloom template render a{code(suffix)} --values values"] = becomes
    said = play(expected, tmp_path)
    assert [json.loads(answer)["text"] for answer in said] == list(expected.values())


# --- tables


def test_places():
    rows = [(kind, code(template), code(becomes)) for kind, (_, template, becomes) in rows_of(PLACES)]
    assert rows == [(kind, template, render(template, kind)) for kind, template, _ in rows]
    for kind, _, becomes in rows:
        if kind == "python":
            ast.parse(becomes)
        if kind == "json":
            json.loads(becomes)


def test_expressions():
    rows = [(code(expression), "x = " + code(becomes)) for _, (expression, becomes) in rows_of(VALUES)]
    assert rows == [(expression, render(f"x = ${{{expression}}}")) for expression, _ in rows]


def test_expressions_have_the_value_that_python_gives():
    class Config(dict):
        __getattr__ = dict.__getitem__

    wrapped = {name: Config(value) if type(value) is dict else value for name, value in VALUES_OF_EXAMPLES.items()}
    rows = [(code(expression), code(becomes)) for _, (expression, becomes) in rows_of(VALUES)]
    for expression, becomes in rows:
        if "identifier(" not in expression:
            assert eval(expression, {}, wrapped) == eval(becomes), expression


def test_refused_expressions():
    for _, (expression, message, hint) in rows_of(EXPRESSION_REFUSALS):
        found = mistakes(f"x = ${{{code(expression)}}}")
        assert found == [(code(message), told(hint))], expression


def test_refused_templates():
    for titles, kind, rows, heading in tables():
        if titles != REFUSALS:
            continue
        for template, message, hint in rows:
            found = mistakes(code(template), kind, "" if heading == "One test function" else TEST)
            assert found == [(code(message), told(hint))], template


def test_declarations():
    for statement, _ in table_rows(section(LANGUAGE, "### Declarations").partition("<!--")[0]):
        testloom.check_template(code(statement) + "\n", is_partial=True)


def test_workload_keys():
    rows = {code(key): takes for key, takes, _ in table_rows(section(LANGUAGE, "### Workload"))}
    assert mistakes("#% workload zebra=1")[0][1] == "its keys: " + ", ".join(rows)
    for key, takes in rows.items():
        known = re.findall("`(.*?)`", takes)
        told_by_program = "it takes one of " + ", ".join(known) if known else f"it takes {takes}"
        assert mistakes(f"#% workload {key}=None") == [(f"'{key}' cannot be None", told_by_program)]


def limit_breakers():
    """A template for each row of the table of limits that goes past it by the least."""
    yield "a" * ((1 << 20) + 1)
    yield "a\0"
    yield "#% if True\n" * 65 + "#% endif\n" * 65
    yield "${" + "-" * 101 + "1}"
    yield "#% output python\nx = " + "(" * 201 + ")" * 201
    yield "${[0] * 1000001}"
    yield "${'a' * 16777217}"
    yield "#% for n in range(17)\n${'a' * 1048576}\n#% endfor\n"
    yield "#% for n in range(1000000)\n#% for m in range(10)\n#% endfor\n#% endfor\n"
    yield "#% for n in range(40)\n#% set x = str(n) * 8000000\n#% endfor\n"


def test_limits():
    rows = table_rows(section(LANGUAGE, "## Limits"))
    found = [mistakes(template, "text")[0][0] for template in limit_breakers()]
    assert [code(message) for _, _, message in rows] == found
    for template in ("#% if True\n" * 64 + "#% endif\n" * 64, "${" + "-" * 98 + "1}", "${len([0] * 1000000)}"):
        render(template, "text")


# --- blocks


def pairs(mark):
    found = blocks(LANGUAGE)
    return [(block, found[at + 1]) for at, block in enumerate(found) if block.mark == mark]


def test_rendered_examples():
    for template, becomes in pairs("values"):
        values = ast.literal_eval("{" + re.sub(r"(\w+)=", r"'\1': ", template.argument) + "}")
        kind = KINDS[template.language]
        assert render(template.text, kind, values) == becomes.text
        if kind == "python":
            ast.parse(becomes.text)
        if kind == "json":
            json.loads(becomes.text)


def test_refused_examples():
    for template, shown in pairs("error"):
        with pytest.raises(testloom.TemplateError) as caught:
            testloom.render_template(template.text, VALUES_OF_EXAMPLES, template.argument)
        assert str(caught.value) + "\n" == shown.text


@pytest.mark.parametrize("heading", ["### Blocks, extends and include", "### Workload", "### What is refused in statements"])
def test_examples_of_several_files(heading, tmp_path):
    text = section(section(LANGUAGE, "## Line statements"), heading)
    files(text, tmp_path)
    expected = session(text)
    assert expected
    said = play([command for command, _ in expected], tmp_path)
    assert [(command, shown) for (command, _), shown in zip(expected, said)] == expected


def test_grammar_names_every_statement():
    (grammar,) = (block.text for block in blocks(LANGUAGE) if block.language == "ebnf")
    rule = grammar[grammar.index("statement =") : grammar.index("\ntype ")]
    words = set(re.findall(r'"(\w+)"', rule)) - set(KINDS.values()) - {"trusted", "in"}
    assert len(words) == 20
    for word in words:
        assert all("is no statement" not in message for message, _ in mistakes(f"#% {word}\n${{zebra}}", "text"))


def test_grammar_explains_every_word_once():
    (grammar,) = (block.text for block in blocks(LANGUAGE) if block.language == "ebnf")
    explained = re.findall(r"^([a-z-]+) +=", grammar, re.MULTILINE)
    assert len(explained) == len(set(explained))
    rules = re.sub(r'"[^"]*"|\(\*.*?\*\)', "", grammar)
    used = set(re.findall(r"[a-z][a-z-]*", rules)) - set(explained)
    assert used == {"text", "anything", "word", "without", "blanks", "in", "quotes"}
