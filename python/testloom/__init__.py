"""testloom: tests for many models, hardware types and batch sizes from a few templates.

The core is C++ (``testloom._core``); this package hands it out to Python.

* ``render_template``, ``check_template``: the template language, without a store.
* ``detect_family``: the family and task that a model's name tells.
* ``Store``: a DuckDB file with templates, mappings and planned tests.
* ``TestGeneratorIntegration``: templates in, tests out, submitted to a coordinator where there is one.
* ``CoordinatorClient``: submits tests over HTTP.
* ``Error`` and its kinds: everything that testloom itself raises.
"""

from testloom._core import (
    CoordinatorError,
    EngineError,
    Error,
    SpecError,
    Store,
    StoreError,
    TemplateError,
    UsageError,
    check_template,
    detect_family,
    render_template,
)
from testloom._core import version as __version__
from testloom.coordinator_client import CoordinatorClient
from testloom.submission import Submission
from testloom.test_generator import TestGeneratorIntegration

__all__ = [
    "CoordinatorClient",
    "CoordinatorError",
    "EngineError",
    "Error",
    "SpecError",
    "Store",
    "StoreError",
    "Submission",
    "TemplateError",
    "TestGeneratorIntegration",
    "UsageError",
    "__version__",
    "check_template",
    "detect_family",
    "render_template",
]
