"""Rendered folders: names, manifest, what is refused, and what a second rendering touches."""

import json
import os
import re
from pathlib import Path

import pytest
from cli_driver import PASSES, contents, tree

PART = re.compile(r"[A-Za-z0-9_.-]{1,200}")


def manifest(folder):
    lines = (folder / "manifest.jsonl").read_bytes().decode("ascii").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def prepared(fresh_store):
    store = fresh_store()
    store.template("latency")
    store("model", "add", "my-net", "--family", "text_embedding")
    store("plan", "--model", "bert", "--model", "my-net", "--hardware", "cpu,cuda", "--batch-sizes", "1,4")
    return store


@pytest.fixture
def planned(prepared, tmp_path):
    return prepared.copy(tmp_path)


def test_files_lie_by_model_and_are_named_by_template_hardware_and_batch(planned):
    planned("tests", "render", "--out", "a/new/folder")
    out = planned.folder / "a/new/folder"
    expected = {f"{m}/test_latency_{h}_b{b}.py" for m in ("bert", "my-net") for h in ("cpu", "cuda") for b in (1, 4)}
    assert {str(path.relative_to(out)) for path in out.rglob("*.py")} == expected
    entries = manifest(out)
    assert {entry["path"] for entry in entries} == expected
    tests = planned.tests()
    for entry in entries:
        assert tests[entry["case"]]["test_id"] == entry["test_id"]
        shown = planned("tests", "show", entry["test_id"], "--json").object["content"]
        assert (out / entry["path"]).read_bytes() == shown.encode()


def test_only_the_chosen_hardware_is_rendered(planned):
    planned("tests", "render", "--output-dir", "out", "--hardware", "cuda")
    assert len(manifest(planned.folder / "out")) == 4
    assert all("_cuda_" in entry["path"] for entry in manifest(planned.folder / "out"))


def test_names_that_would_meet_get_folders_and_files_of_their_own(store):
    models = ["a/b", "a_b", "a b", "a-b", "A/B", "..", ".", "/etc/passwd", "é", "è", "x" * 300, "x" * 301, "con"]
    models += ["manifest.jsonl", ".testloom-rendered", "-x", "~", "a__b", "a/b/", "a\nb", "a\\b", "", "a.", "a.py"]
    models.remove("")
    for name in ("l", "l_cpu", "l/x", "l_x", "l x", "é", "n" * 200, "n" * 199 + "m"):
        store.template(name)
    for model in models:
        store("model", "add", "--family", "text_embedding", "--", model)
    hardware = ["cpu", "cpu_b1", "cpu.x", "h" * 64]
    store("plan", *[f"--model={model}" for model in models], "--hardware", ",".join(hardware), "--batch-sizes", "1,12")
    store("tests", "render", "--out", "out")
    entries = manifest(store.folder / "out")
    paths = [entry["path"] for entry in entries]
    assert len(paths) == len({path.lower() for path in paths}) == len(models) * 8 * 4 * 2
    for path in paths:
        folder, file = path.split("/")
        assert PART.fullmatch(folder) and PART.fullmatch(file) and folder.strip(".") and not folder.startswith("-")
        assert file.startswith("test_") and file.endswith(".py")
    names = {test["test_id"]: test["model_name"] for test in store.tests().values()}
    owners = {}
    for entry in entries:
        owners.setdefault(entry["path"].split("/")[0], set()).add(names[entry["test_id"]])
    assert all(len(models) == 1 for models in owners.values())
    found = {
        str(path.relative_to(store.folder / "out")) for path in (store.folder / "out").rglob("*.py") if path.is_file()
    }
    assert found == set(paths)


def test_a_second_rendering_touches_nothing_that_is_the_same(planned):
    planned("tests", "render", "--out", "out")
    before = tree(planned.folder / "out")
    said = planned("tests", "render", "--out", "out")
    assert "0 written" in said.stdout and tree(planned.folder / "out") == before


def test_a_second_rendering_writes_only_what_changed_and_removes_what_is_gone(planned):
    planned("tests", "render", "--out", "out")
    out = planned.folder / "out"
    planned.template("latency", PASSES + "# for cuda\n", "text_embedding", "--hardware", "cuda")
    planned("plan", "--model", "bert", "--hardware", "cpu,cuda", "--batch-sizes", "1,4", "--yes")
    notes = out / "my-net" / "notes.txt"
    notes.write_text("mine")
    before = tree(out)
    planned("tests", "render", "--out", "out")
    after = tree(out)
    same = {"bert/test_latency_cpu_b1.py", "bert/test_latency_cpu_b4.py"}
    changed = {"bert/test_latency_cuda_b1.py", "bert/test_latency_cuda_b4.py"}
    assert {path for path in after if path.endswith(".py")} == same | changed
    assert all(before[path] == after[path] for path in same)
    assert all(before[path][0] != after[path][0] for path in changed)
    assert notes.read_text() == "mine"


def test_a_file_that_was_edited_or_lost_is_written_again(planned):
    planned("tests", "render", "--out", "out")
    out = planned.folder / "out"
    fresh = contents(out)
    (out / "bert" / "test_latency_cpu_b1.py").write_text("edited")
    (out / "bert" / "test_latency_cpu_b4.py").unlink()
    (out / "manifest.jsonl").unlink()
    planned("tests", "render", "--out", "out")
    assert contents(out) == fresh


def test_rendering_elsewhere_gives_the_same_bytes(planned):
    planned("tests", "render", "--out", "one")
    planned("tests", "render", "--out", "two", "--json")
    assert contents(planned.folder / "one") == contents(planned.folder / "two")


@pytest.mark.parametrize(
    "out",
    [".", "./", "..", "/", "ABSOLUTE", "PARENT", "sub/..", "foreign", "foreign/", "file", "linked", "to-foreign", ""],
)
def test_a_folder_that_is_not_for_rendering_is_refused_and_left(planned, out):
    (planned.folder / "sub").mkdir()
    planned.write("foreign/precious.txt", "keep me")
    planned.write("file", "a file")
    (planned.folder / "linked").symlink_to(planned.folder)
    (planned.folder / "to-foreign").symlink_to("foreign")
    before = contents(planned.folder)
    name = out.replace("ABSOLUTE", str(planned.folder)).replace("PARENT", str(planned.folder.parent))
    said = planned("tests", "render", "--out", name, code=2)
    assert f"'{name}'" in said.stderr and len(said.stderr.splitlines()) == 2
    assert contents(planned.folder) == before


def test_a_parent_is_refused_even_when_it_bears_the_mark(planned):
    planned("tests", "render", "--out", "out")
    below = planned.folder / "out" / "below"
    below.mkdir()
    store = planned.folder / "testloom.duckdb"
    for name in (".", "..", planned.folder / "out"):
        planned("tests", "render", "--out", name, "--store", store, folder=below, code=2)


def test_an_empty_folder_and_a_link_to_one_are_fine(planned):
    (planned.folder / "empty").mkdir()
    (planned.folder / "other").mkdir()
    (planned.folder / "link").symlink_to("other")
    planned("tests", "render", "--out", "empty")
    planned("tests", "render", "--out", "link")
    assert contents(planned.folder / "empty") == contents(planned.folder / "other")


def test_a_link_inside_is_not_followed_out_of_the_folder(planned):
    planned("tests", "render", "--out", "out")
    for path in sorted((planned.folder / "out" / "bert").iterdir()):
        path.unlink()
    (planned.folder / "out" / "bert").rmdir()
    (planned.folder / "outside").mkdir()
    (planned.folder / "out" / "bert").symlink_to(planned.folder / "outside")
    process = planned.start("tests", "render", "--out", "out")
    process.communicate(timeout=60)
    assert list((planned.folder / "outside").iterdir()) == []


def test_nothing_is_rendered_without_tests(store, planned):
    said = planned("tests", "render", "--out", "out", "--hardware", "mps", code=2)
    assert "mps" in said.stderr and not Path(planned.folder / "out").exists()


def test_rendered_files_are_found_by_pytest_names_and_readable_by_all(planned):
    os.umask(0o022)
    planned("tests", "render", "--out", "out")
    for path in (planned.folder / "out").rglob("*.py"):
        assert path.stat().st_mode & 0o777 == 0o644
