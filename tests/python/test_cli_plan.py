"""Plans by flags: which variant applies where, ids, dependencies, priority, memory, removal, skipped cells."""

import itertools
import random
import uuid

import pytest
from cli_driver import PASSES, Program, digest

FAMILY = "text_embedding"


def marked(mark):
    return PASSES + f"# {mark}\n"


def ids(store, *more):
    return {case: test["test_id"] for case, test in store.tests(*more).items()}


@pytest.fixture(scope="module")
def prepared(fresh_store):
    store = fresh_store()
    for hardware in (None, "cpu", "cuda"):
        store.template("latency", marked(hardware), FAMILY, *([f"--hardware={hardware}"] if hardware else []))
    store.template("memory")
    store.template("only_cuda", PASSES, FAMILY, "--hardware=cuda")
    store.template("latency", marked("vision"), "vision")
    return store


@pytest.fixture
def variants(prepared, tmp_path):
    """Template `latency` in three variants, `memory` in one, `only_cuda` for one hardware type."""
    return prepared.copy(tmp_path)


def test_the_most_specific_variant_wins_and_all_names_apply(variants):
    variants("plan", "--model", "bert", "--hardware", "cpu,cuda,rocm", "--batch-sizes", "1")
    chosen = {(test["template_name"], test["hardware_type"]): test["template_id"] for test in variants.tests().values()}
    assert chosen == {
        ("latency", "cpu"): 2,
        ("latency", "cuda"): 3,
        ("latency", "rocm"): 1,
        ("memory", "cpu"): 4,
        ("memory", "cuda"): 4,
        ("memory", "rocm"): 4,
        ("only_cuda", "cuda"): 5,
    }
    for case, mark in {"bert/rocm/latency": "None", "bert/cpu/latency": "cpu", "bert/cuda/latency": "cuda"}.items():
        assert f"# {mark}" in variants("tests", "show", f"{case}[batch_size=1]").stdout


@pytest.mark.parametrize("pin, hardware", [("3", {"cuda"}), ("1", {"cpu", "cuda", "rocm"}), ("only_cuda", {"cuda"})])
def test_a_pinned_template_is_the_only_one(variants, pin, hardware):
    variants("model", "add", "mine", "--family", FAMILY, "--template", pin)
    said = variants("plan", "--model", "mine", "--hardware", "cpu,cuda,rocm", "--batch-sizes", "1", "--json")
    tests = variants.tests().values()
    assert {test["hardware_type"] for test in tests} == hardware and len({test["template_id"] for test in tests}) == 1
    assert bool(said.object["skipped"]) == (len(hardware) < 3)


def test_a_pin_must_name_one_row(variants):
    for pin, word in (("latency", "2"), ("nope", "nope"), ("99", "99")):
        said = variants("model", "add", "mine", "--family", FAMILY, "--template", pin, code=2)
        assert word in said.stderr
    assert variants("model", "list", "--json").objects == []


def test_the_same_input_gives_the_same_ids_in_any_store(tmp_path):
    texts = {"latency": PASSES, "memory": marked("memory"), "other": marked("other")}
    found = []
    for number, location in ((1, "./here"), (2, "/some/where/else")):
        folder = tmp_path / str(number)
        folder.mkdir()
        store = Program(folder)
        store("init", "--no-templates")
        names = sorted(texts, reverse=number == 2)
        for name in names:
            store.template(name, texts[name])
        store("model", "add", "mine", "--family", FAMILY, "--location", location)
        models = ["--model=bert", "--model=mine"]
        hardware, sizes = ("cpu,cuda", "1,4,16") if number == 1 else ("cuda,cpu", "16,1,4")
        store("plan", *sorted(models, reverse=number == 2), f"--hardware={hardware}", f"--batch-sizes={sizes}")
        ignored = ("template_id",)
        found.append({c: {k: v for k, v in t.items() if k not in ignored} for c, t in store.tests().items()})
    assert len(found[0]) == 36 and found[0] == found[1]


def test_ids_are_uuids_of_version_8_and_all_differ(variants):
    variants("plan", "--model", "bert", "--model", "electra", "--hardware", "cpu,cuda", "--batch-sizes", "1,2,4")
    found = ids(variants).values()
    assert len(found) == len(set(found)) == 2 * 3 * (2 + 3)
    assert {uuid.UUID(each).version for each in found} == {8}


def test_a_changed_template_changes_the_ids_of_its_tests_alone(variants):
    command = ["plan", "--model", "bert", "--hardware", "cpu,cuda"]
    variants(*command)
    before = ids(variants)
    variants.template("latency", marked("changed"), FAMILY, "--hardware=cuda")
    variants(*command, "--yes")
    after = ids(variants)
    assert before.keys() == after.keys()
    changed = {case for case in before if before[case] != after[case]}
    assert changed == {"bert/cuda/latency[batch_size=1]", "bert/cuda/latency[batch_size=4]"}


def test_a_description_changes_no_id_and_a_family_does(variants):
    variants("model", "add", "mine", "--family", FAMILY)
    variants("plan", "--model", "mine")
    before = ids(variants)
    variants("model", "add", "mine", "--family", FAMILY, "--description", "mine")
    variants.template("memory", PASSES, FAMILY, "--description", "some")
    variants("plan", "--model", "mine")
    assert ids(variants) == before
    variants("model", "add", "mine", "--family", "vision")
    variants("plan", "--model", "mine", "--yes")
    after = ids(variants)
    assert after.keys() < before.keys() and not set(after.values()) & set(before.values())


def test_tests_chain_by_ascending_batch_size(variants):
    variants("plan", "--model", "bert", "--hardware", "cuda,cpu", "--batch-sizes", "64,1,16,4")
    tests = variants.tests()
    for hardware, template in itertools.product(("cpu", "cuda"), ("latency", "memory")):
        previous = []
        for size in (1, 4, 16, 64):
            test = tests[f"bert/{hardware}/{template}[batch_size={size}]"]
            assert test["dependencies"] == previous
            previous = [test["test_id"]]


PRIORITIES = {"cpu": 6, "cuda": 4, "rocm": 4, "mps": 5, "tpu-9": 5}


def test_priorities_are_those_of_the_formula(store):
    store.template("latency")
    sizes = {1: 1, 2: 0, 4: 0, 15: 0, 16: -1, 17: -1, 64: -1}
    listed = ",".join(map(str, sizes))
    store("plan", "--model", "bert", "--hardware", ",".join(PRIORITIES), "--batch-sizes", listed)
    tests = store.tests()
    assert len(tests) == len(PRIORITIES) * len(sizes)
    for test in tests.values():
        assert test["priority"] == PRIORITIES[test["hardware_type"]] + sizes[test["batch_size"]], test


PRIORS = {"text_generation": 4, "vision": 2, "multimodal": 6, "audio": 3, "text_embedding": 1, "diffusion": 1, "odd": 1}


def test_memory_without_any_figure_is_the_prior_of_the_family(store):
    for family in PRIORS:
        store.template("latency", PASSES, family)
        store("model", "add", f"mine-{family}", "--family", family)
    store("plan", "--model", "mine-*", "--batch-sizes", "1,2,4,8,100")
    tests = store.tests()
    assert len(tests) == len(PRIORS) * 5
    for test in tests.values():
        expected = max(0.5, PRIORS[test["model_family"]] * test["batch_size"] / 4)
        assert (test["estimated_memory_gb"], test["estimate_origin"]) == (pytest.approx(expected), "prior"), test


def test_models_are_chosen_by_globs_over_known_names(store):
    store.template("latency")
    for name in ("bert-a", "bert-b", "xbert", "org/bert-c"):
        store("model", "add", name, "--family", FAMILY)

    def planned(*globs):
        more = [f"--model={glob}" for glob in globs]
        store("plan", *more, "--batch-sizes=1", "--name", "-".join(globs))
        return {test["model_name"] for test in store.tests("--plan", "-".join(globs)).values()}

    assert planned("bert-*") == {"bert-a", "bert-b"}
    assert planned("bert-?", "xbert") == {"bert-a", "bert-b", "xbert"}
    assert planned("*bert*", "bert-a") == {"bert-a", "bert-b", "xbert", "org/bert-c"}
    said = store("plan", "--model", "nothing*", code=2)
    assert "nothing*" in said.stderr and "model list" in said.stderr


def test_a_known_name_with_the_characters_of_a_glob_is_that_model(store):
    store.template("latency")
    for name in ("a*", "ab", "a[b]", "[x]"):
        store("model", "add", name, "--family", FAMILY)
    store("plan", "--model", "a*", "--model", "a[b]", "--model", "[x]")
    assert {test["model_name"] for test in store.tests().values()} == {"a*", "a[b]", "[x]"}


def test_cells_without_a_variant_are_skipped_and_counted(variants):
    said = variants(
        "plan", "--model=bert", "--model=gpt2", "--model=zzz", "--hardware=cpu,cuda", "--batch-sizes=1,4", "--json"
    )
    plan = said.object
    assert plan["tests"] == len(variants.tests()) == 10
    text = variants("plan", "--model=bert", "--model=gpt2", "--model=zzz", "--dry-run").stdout
    assert "gpt2" in text and "zzz" in text and "text_generation" in text and "unknown" in text
    assert "skipped" in text


def test_when_nothing_applies_the_plan_is_refused_with_the_reasons(variants):
    before = digest(variants.folder / "testloom.duckdb")
    said = variants("plan", "--model", "gpt2", "--model", "zzz", code=6)
    assert "gpt2" in said.stderr and "zzz" in said.stderr and "--family" in said.stderr
    assert digest(variants.folder / "testloom.duckdb") == before


def test_a_dry_run_writes_nothing(variants):
    before = digest(variants.folder / "testloom.duckdb")
    said = variants("plan", "--model", "bert", "--dry-run")
    assert "nothing was written" in said.stdout and digest(variants.folder / "testloom.duckdb") == before
    said = variants("plan", "--model", "bert", "--dry-run", "--json").object
    assert said["stored"] is False and said["tests"] == 4
    assert "plan" in variants("tests", "list", code=2).stderr


def test_removing_tests_needs_a_yes(variants):
    variants("plan", "--model", "bert", "--batch-sizes", "1,4")
    before, cases = digest(variants.folder / "testloom.duckdb"), ids(variants)
    said = variants("plan", "--model", "bert", "--batch-sizes", "1", code=2)
    assert "--yes" in said.stderr and "2 tests" in said.stderr
    assert digest(variants.folder / "testloom.duckdb") == before and ids(variants) == cases
    assert "--yes" in variants("plan", "--model", "bert", "--batch-sizes", "1", "--json", code=2).stdout
    variants("plan", "--model", "bert", "--batch-sizes", "1", "--dry-run")
    variants("plan", "--model", "bert", "--batch-sizes", "1,4,8")
    variants("plan", "--model", "bert", "--batch-sizes", "1", "--yes")
    assert len(ids(variants)) == 2
    variants("plan", "--model", "bert", "--batch-sizes", "8", "--name", "another")
    assert len(ids(variants, "--plan", "another")) == 2 and len(ids(variants, "--plan", "flags")) == 2


def test_planning_again_changes_nothing(variants):
    variants("plan", "--model", "bert", "--batch-sizes", "1,4")
    before, tests = digest(variants.folder / "testloom.duckdb"), variants("tests", "list", "--json").stdout
    said = variants("plan", "--model", "bert", "--batch-sizes", "4,1", "--json").object
    assert said["diff"]["added"] == said["diff"]["removed"] == said["diff"]["changed"] == 0
    assert variants("tests", "list", "--json").stdout == tests
    assert digest(variants.folder / "testloom.duckdb") == before


def test_a_plan_is_named_by_its_name_or_number(variants):
    variants("plan", "--model", "bert", "--batch-sizes", "1")
    variants("plan", "--model", "bert", "--batch-sizes", "1,2", "--name", "two sizes")
    assert len(ids(variants)) == len(ids(variants, "--plan", "two sizes")) == len(ids(variants, "--plan", "2")) == 4
    assert len(ids(variants, "--plan", "1")) == 2
    assert "'nope'" in variants("tests", "list", "--plan", "nope", code=2).stderr
    assert "''" in variants("tests", "list", "--plan", "", code=2).stderr


@pytest.mark.parametrize("name", ["", "1", "42", "a\nb", "\x1b[31mred", "x" * 5000])
def test_a_plan_has_a_name_that_can_be_told_apart(variants, name):
    before = digest(variants.folder / "testloom.duckdb")
    said = variants("plan", "--model", "bert", "--name", name, code=2)
    assert "name" in said.stderr and digest(variants.folder / "testloom.duckdb") == before


def test_tests_are_listed_by_hardware_and_limit(variants):
    variants("plan", "--model", "bert", "--hardware", "cpu,cuda,rocm", "--batch-sizes", "1")
    assert {test["hardware_type"] for test in variants.tests("--hardware", "cpu,rocm").values()} == {"cpu", "rocm"}
    assert len(variants.tests("--limit", "3")) == 3 and variants.tests("--limit", "0") == {}
    assert list(variants.tests("--limit", "3")) == list(variants.tests())[:3]


def test_a_test_is_shown_by_id_beginning_or_case(variants):
    variants("plan", "--model", "bert", "--hardware", "cuda", "--batch-sizes", "1")
    for case, test in variants.tests().items():
        for name in (case, test["test_id"], test["test_id"][:13]):
            assert variants("tests", "show", name, "--json").object["test_id"] == test["test_id"]
    assert "several" in variants("tests", "show", test["test_id"][:8], code=2).stderr


def test_listing_a_thousand_tests_keeps_every_figure(store):
    store.template("latency")
    store("model", "add", "net", "--family", FAMILY)
    chosen = random.Random(3).sample(range(1, 100000), 250)
    store("plan", "--model=net", "--hardware=cpu,cuda,rocm,mps", f"--batch-sizes={','.join(map(str, chosen))}")
    tests = store.tests()
    assert len(tests) == 1000 and {test["batch_size"] for test in tests.values()} == set(chosen)
    by_id = {test["test_id"]: test for test in tests.values()}
    for test in tests.values():
        smaller = [size for size in chosen if size < test["batch_size"]]
        assert [by_id[each]["batch_size"] for each in test["dependencies"]] == ([max(smaller)] if smaller else [])
        assert test["estimated_memory_gb"] == pytest.approx(max(0.5, test["batch_size"] / 4))
