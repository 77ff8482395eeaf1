"""Random specs: what the program plans is what loops over models, cells and conditions make of them."""

import os
from random import Random

import naive_plan
import pytest

FAMILY = "text_embedding"
ROUNDS = int(os.environ.get("TESTLOOM_NAIVE_PLANS", "60"))


@pytest.fixture(scope="module")
def prepared(fresh_store):
    store = fresh_store()
    for name in ("plain", "typed", "sized", "parity", "after"):
        store.template(name, naive_plan.template_text(name), FAMILY)
    for name in naive_plan.MODELS:
        store("model", "add", name, "--family", FAMILY)
    return store


@pytest.mark.parametrize("part", range(4))
def test_random_specs_are_planned_as_loops_would(prepared, tmp_path, part):
    store = prepared.copy(tmp_path)
    for seed in range(part, ROUNDS, 4):
        spec = naive_plan.random_spec(Random(seed))
        text = naive_plan.toml_of(spec)
        (store.folder / "plan.toml").write_text(text)
        wanted = naive_plan.naive_tests(spec)
        done = store("plan", "--spec", "plan.toml", f"--name=n{seed}", code=0 if wanted else 6)
        if not wanted:
            assert "no test" in done.stderr
            continue
        tests = store.tests("--plan", f"n{seed}")
        cases = {test["test_id"]: case for case, test in tests.items()}
        found = {case: (t["is_reference"], {cases[each] for each in t["dependencies"]}) for case, t in tests.items()}
        assert found == wanted, f"seed {seed}\n{text}"
        store("store", "verify")
