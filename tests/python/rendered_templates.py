"""Shipped templates as tests of them use them: `rendered` gives a template's text for some values, `imported` that text
as a module, `call` runs the test function of one."""

import importlib.util

from cli_driver import REPOSITORY

import testloom

TEMPLATES = REPOSITORY / "templates"


def rendered(template, **values):
    """The text of the template, for the family of its name where `values` has none."""
    path = TEMPLATES / f"{template}.py"
    defaults = {
        "model_name": "tiny",
        "model_family": template,
        "model_location": "no-such-folder",
        "model": {},
        "task": "",
        "hardware_type": "cpu",
        "device": "cpu",
        "batch_size": 1,
        "test_id": "00000000-0000-8000-8000-000000000000",
        "template_name": template,
    }
    return testloom.render_template(path.read_text(encoding="utf-8"), {**defaults, **values}, path=str(path))


def imported(folder, template, **values):
    """Returns the rendered template as a module."""
    path = folder / f"rendered_{template}.py"
    path.write_text(rendered(template, **values), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(module):
    [name] = [name for name in vars(module) if name.startswith("test_")]
    return getattr(module, name)()
