"""Takes documents apart for the tests that hold them to the program: sections, tables, fenced blocks and console
sessions, which are played. `<!-- KEYWORD: ARGUMENT -->` before a block is its mark."""

import os
import re
import subprocess
import sys
from pathlib import Path

from cli_driver import OURS, REPOSITORY

BLOCK = re.compile(r"(?:^<!-- (\w+): ?([^\n]*?) ?-->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block:
    """A fenced block: its language, its text, and the mark before it."""

    def __init__(self, match):
        self.mark, self.argument, self.language, self.text = match.groups()


def blocks(text):
    return [Block(match) for match in BLOCK.finditer(text)]


def section(text, title):
    """The text below a heading, up to the next one of its level."""
    level = title.split(" ")[0]
    found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^{level} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {title!r}"
    return found[1]


def table_rows(text):
    """The cells of the tables' rows, without the blanks around them and without the rows of titles."""
    lines = [line[1:-1] for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)] for line in lines]
    rules = [at for at, row in enumerate(rows) if set("".join(row)) == {"-"}]
    titles = {at - 1 for at in rules}
    return [row for at, row in enumerate(rows) if at not in titles and at not in rules]


def code(cell):
    """The text of a cell that is code, several lines with <br> between."""
    lines = [re.fullmatch(r"``(.*) ``|`([^`]*)`", line) for line in cell.split("<br>")]
    assert all(lines), f"{cell!r} is not code"
    return "\n".join(line[1] or line[2] for line in lines)


def files(text, folder):
    for block in blocks(text):
        if block.mark == "file":
            (folder / block.argument).write_text(block.text, "utf-8")


def environment():
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    program = Path(os.environ.get("TESTLOOM") or REPOSITORY / ".venv" / "bin" / "testloom")
    return {**kept, "PATH": os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), kept["PATH"]])}


def session(text):
    """The commands of the console blocks and what stands below each."""
    lines = "".join(block.text for block in blocks(text) if block.language == "console")
    parts = re.split(r"^\$ (.*)\n", lines, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2]))


def play(commands, folder):
    """What each command says when all go through one shell in that folder."""
    mark = "@@ end of one command @@\n"
    script = "exec 2>&1\n" + "".join(f"{command}\nprintf '%s' '{mark}'\n" for command in commands)
    played = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )
    return played.stdout.split(mark)[:-1]
