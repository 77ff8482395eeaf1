"""Files that tests leave to each other: where a test saves them, and what one that needs it is told, for real runs."""

import json
from pathlib import Path

import pytest

SAVES = """\
def test_saves():
    import os
    folder = os.environ["TESTLOOM_ARTIFACTS"]
    assert os.path.isabs(folder) and os.listdir(folder) == []
    with open(os.path.join(folder, "by.txt"), "w") as file:
        file.write("${hardware_type} ${batch_size}")
"""
# What a test is told, with the text that it finds in each folder.
TOLD = """\
def test_told():
    import json, os
    needs = json.loads(os.environ["TESTLOOM_NEEDS"], object_pairs_hook=list)
    assert len({name for name, _ in needs}) == len(needs), needs
    read = lambda folder: open(os.path.join(folder, "by.txt")).read()
    return {name: read(folder) for name, folder in needs}
"""
PARAMETER = '#% param width: int = 1 in [1, 2]\n'


@pytest.fixture
def ran(bare_python):
    def run(program, *more, code=0):
        *outcomes, _ = program("run", "--python", bare_python, "--json", *more, code=code).objects
        return {each["case"]: each for each in outcomes}

    return run


def told(outcomes, case):
    return {name: text for name, text in outcomes[case]["result"].items() if name != "success"}


def test_a_test_finds_the_files_of_what_it_needs_by_name_and_by_case(store, ran):
    store.template("saves", SAVES)
    store.template("told", "#% needs saves\n" + TOLD)
    store("plan", "--model", "bert", "--batch-sizes", "1,4")
    outcomes = ran(store)
    for size in (1, 4):
        case = f"bert/cpu/saves[batch_size={size}]"
        assert told(outcomes, f"bert/cpu/told[batch_size={size}]") == {"saves": f"cpu {size}", case: f"cpu {size}"}
        folder = store.folder / "testloom.duckdb.runs" / outcomes[case]["artifacts"]
        assert (folder / "by.txt").read_text() == f"cpu {size}"
        assert "artifacts" not in outcomes[f"bert/cpu/told[batch_size={size}]"]


def test_several_tests_of_one_template_go_by_their_cases_alone(store, ran):
    store.template("saves", PARAMETER + SAVES.replace("${batch_size}", "${width}"))
    store.template("told", "#% needs saves width=2\n#% needs saves width=1\n" + TOLD)
    store("plan", "--model", "bert", "--batch-sizes", "1", "--axis", "width=1,2")
    assert told(ran(store), "bert/cpu/told[batch_size=1]") == {
        "bert/cpu/saves[batch_size=1,width=1]": "cpu 1",
        "bert/cpu/saves[batch_size=1,width=2]": "cpu 2",
    }


def test_the_files_of_the_next_smaller_batch_are_there_too(store, ran):
    store.template("both", SAVES + TOLD.replace("def test_told():\n", ""))
    store("plan", "--model", "bert", "--batch-sizes", "1,4")
    outcomes = ran(store)
    assert told(outcomes, "bert/cpu/both[batch_size=1]") == {}
    assert told(outcomes, "bert/cpu/both[batch_size=4]") == {"both": "cpu 1", "bert/cpu/both[batch_size=1]": "cpu 1"}


def test_what_saved_nothing_is_not_among_them(store, ran):
    store.template("saves", "def test_saves():\n    return None\n")
    store.template("told", "#% needs saves\n" + TOLD)
    store("plan", "--model", "bert", "--batch-sizes", "1")
    outcomes = ran(store)
    assert told(outcomes, "bert/cpu/told[batch_size=1]") == {}
    assert not list((store.folder / "testloom.duckdb.runs").glob("*.artifacts"))


def test_only_the_attempt_that_passed_leaves_its_files(store, ran):
    mark = store.folder / "mark"
    store.template("saves", f"{SAVES}    first = not os.path.exists({str(mark)!r})\n"
                   f"    open({str(mark)!r}, 'w').close()\n    assert not first\n")
    store.template("told", "#% needs saves\n" + TOLD)
    store("plan", "--model", "bert", "--batch-sizes", "1")
    outcomes = ran(store, "--retries", "1")
    assert outcomes["bert/cpu/saves[batch_size=1]"]["attempt"] == 2
    assert told(outcomes, "bert/cpu/told[batch_size=1]")["saves"] == "cpu 1"


def test_what_is_not_selected_gives_the_files_of_its_last_run(store, ran):
    store.template("saves", SAVES)
    store.template("told", "#% needs saves\n" + TOLD)
    name = "org/it's \"the\" mödel\n"
    store("model", "add", name, "--family", "text_embedding")
    store("plan", "--model", name, "--batch-sizes", "1")
    ran(store, "--where", "template_name = 'saves'")
    outcomes = ran(store, "--where", "template_name = 'told'")
    (only,) = outcomes.values()
    assert told(outcomes, only["case"]) == {"saves": "cpu 1", only["case"].replace("told", "saves"): "cpu 1"}
