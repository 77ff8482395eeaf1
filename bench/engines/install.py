"""Builds or installs every engine into the benchmark's folder.

Hands out ENGINES, in the order of the table. An engine's `install` gets the folder and gives an Installed, or
raises Unavailable with the reason; what compilers and package managers say goes to logs/ in the folder.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
from functools import partial
from typing import Callable, Dict, List

import dialects
import pieces

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COMPILER = os.environ.get("CXX", "g++")
FLAGS = ["-std=c++20", "-O3", "-DNDEBUG", f"-I{HERE}"]
GO_PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/go/bin"))  # as in cmake/DuckDB.cmake


class Unavailable(Exception):
    """The engine cannot be had on this machine."""


@dataclasses.dataclass
class Installed:
    commands: Dict[int, List[str]]  # by the input's number
    version: str


@dataclasses.dataclass(frozen=True)
class Engine:
    key: str  # for file names
    name: str
    write: Callable  # nodes -> the template in the engine's syntax; None: testloom's own
    install: Callable  # (folder, inputs) -> Installed
    inputs: tuple = (1, 2)


def say(*command):
    """The first line of what a command prints; "unknown" when it is not there or fails."""
    try:
        said = subprocess.check_output(command, cwd=ROOT, stderr=subprocess.DEVNULL, text=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"
    return said.partition("\n")[0].strip()


def run(folder, log, *command, **options):
    """Runs a step of an installation; Unavailable with the place of its output when it fails."""
    path = folder / "logs" / f"{log}.log"
    with open(path, "ab") as file:
        file.write((" ".join(map(str, command)) + "\n").encode())
        file.flush()
        try:
            done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False, **options)
        except FileNotFoundError:
            raise Unavailable(f"no {command[0]} on this machine") from None
    if done.returncode != 0:
        raise Unavailable(f"{command[0]} failed, see {path}")


def build(folder, log, program, source, *flags, also=()):
    """Compiles one program, unless it is newer than its source, every header and the files in `also`."""
    made_from = [HERE / source, *HERE.glob("*.h"), *also]
    if program.exists() and program.stat().st_mtime > max(file.stat().st_mtime for file in made_from):
        return
    run(folder, log, COMPILER, *FLAGS, HERE / source, "-o", program, *flags, "-lboost_json")


def compiler_version():
    return f"{os.path.basename(COMPILER)} {say(COMPILER, '-dumpfullversion')}"


def install_floor(program, flags, folder, inputs):
    commands = {}
    for source in inputs:
        place = folder / f"floor{source.number}"
        place.mkdir(exist_ok=True)
        header, text = place / "pieces.h", pieces.pieces(source.nodes)
        if not header.exists() or header.read_text("ascii") != text:
            header.write_text(text, encoding="ascii")
        build(folder, "floor", place / program, "floor.cpp", f"-I{place}", *flags, also=[header])
        commands[source.number] = [place / program]
    return Installed(commands, compiler_version())


def install_testloom(folder, inputs):
    """The libraries as this source tree has them, built as released."""
    libraries = folder / "testloom-build"
    if not (libraries / "build.ninja").exists():
        off = [f"-DTESTLOOM_{part}=OFF" for part in ("TESTS", "PROGRAM", "PYTHON_MODULE")]
        release = [f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_BUILD_TYPE=Release", *off]
        run(folder, "testloom", "cmake", "-S", ROOT, "-B", libraries, "-G", "Ninja", *release)
    run(folder, "testloom", "cmake", "--build", libraries, "--target", "testloom_template", "testloom_base")
    flags = [f"-I{ROOT / 'include'}", f"-L{libraries}", "-ltestloom_template", "-ltestloom_base", "-lfmt"]
    made_from = [*libraries.glob("*.a"), *ROOT.glob("include/testloom/*.h")]
    program = folder / "testloom_engine"
    build(folder, "testloom", program, "testloom_engine.cpp", *flags, also=made_from)
    version = f"commit {say('git', 'describe', '--always', '--dirty')}, {compiler_version()}"
    return Installed({source.number: [program] for source in inputs}, version)


def install_fmt(folder, inputs):
    program = folder / "fmt_engine"
    build(folder, "fmt", program, "fmt_engine.cpp", "-lfmt")
    version = f"{say('pkg-config', '--modversion', 'fmt')}, {compiler_version()}"
    return Installed({source.number: [program] for source in inputs}, version)


def install_rust(crate, folder, inputs):
    """The crate is copied, since cargo writes its lock file beside the sources."""
    copy = folder / "rust"
    shutil.copytree(HERE / "rust", copy, dirs_exist_ok=True)
    run(folder, crate, "cargo", "build", "--release", "--bin", f"{crate}_engine", cwd=copy)
    program = copy / "target/release" / f"{crate}_engine"
    version = re.search(rf'name = "{crate}"\nversion = "(.*)"', (copy / "Cargo.lock").read_text("utf-8"))[1]
    rust = " ".join(say("rustc", "--version").split()[:2])
    return Installed({source.number: [program] for source in inputs}, f"{version}, {rust}")


def install_go(folder, inputs):
    go = shutil.which("go", path=GO_PLACES)
    if go is None:
        raise Unavailable("no go on this machine")
    program = folder / "go_engine"
    environment = {**os.environ, "GOCACHE": str(folder / "go-cache")}
    run(folder, "go", go, "build", "-o", program, ".", cwd=HERE / "go", env=environment)
    return Installed({source.number: [program] for source in inputs}, say(go, "env", "GOVERSION"))


def install_python(package, folder, inputs):
    """`package` is what pip installs, with its version; empty for str.replace, which needs none."""
    python = folder / "venv/bin/python"
    if not python.exists():
        run(folder, "python", sys.executable, "-m", "venv", folder / "venv")
    if package:
        run(folder, "python", python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package)
    name, _, version = package.partition("==")
    command = [python, HERE / f"{name or 'replace'}_engine.py"]
    interpreter = f"CPython {sys.version.split()[0]}"
    version = f"{version}, {interpreter}" if package else interpreter
    return Installed({source.number: command for source in inputs}, version)


ENGINES = (
    Engine("floor", "floor: loop of memcpy", None, partial(install_floor, "floor", ())),
    Engine("straight", "straight-line memcpy", None, partial(install_floor, "straight", ("-DSTRAIGHT_LINE",))),
    Engine("testloom", "testloom", None, install_testloom),
    Engine("minijinja-rust", "minijinja (Rust)", dialects.jinja, partial(install_rust, "minijinja")),
    Engine("tera", "tera (Rust)", dialects.tera, partial(install_rust, "tera")),
    Engine("go", "text/template (Go)", dialects.go, install_go),
    Engine("minijinja-python", "minijinja (Python)", dialects.jinja, partial(install_python, "minijinja==3.1.0")),
    Engine("jinja2", "Jinja2 (Python)", dialects.jinja, partial(install_python, "jinja2==3.1.6")),
    Engine("replace", "str.replace (Python)", None, partial(install_python, ""), (1,)),
    Engine("fmt", "fmt, run-time format", dialects.fmt, install_fmt, (1,)),
)
