"""The oracle of the C++ tests, with the same command line: src/template/oracle.py, which the program holds too."""

import pathlib
import runpy

runpy.run_path(str(pathlib.Path(__file__).resolve().parents[2] / "src" / "template" / "oracle.py"), run_name="__main__")
