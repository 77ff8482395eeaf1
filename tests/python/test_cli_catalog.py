"""Keeps templates and models through the program: versions, history, removal, mapping, detection."""

import pytest
from cli_driver import PASSES, digest

CHANGED = PASSES.replace('"success": True', '"success": not None')


def template(store, name="latency"):
    return next(each for each in store("template", "list", "--json").objects if each["template_name"] == name)


def history(store):
    return store.query("select template_id, version, content from template_versions order by template_id, version")


def test_init_ships_templates_and_a_second_one_changes_nothing(testloom):
    testloom("init")
    listed = testloom("template", "list", "--json").objects
    families = {"text_embedding", "text_generation", "vision", "audio", "multimodal"}
    assert {each["model_family"] for each in listed if not each["is_partial"]} == families
    assert {each["model_family"] for each in listed if each["is_partial"]} == {"any"}
    assert all(each["hardware_type"] is None for each in listed)
    before = digest(testloom.folder / "testloom.duckdb")
    said = testloom("init")
    assert "nothing was changed" in said.stdout + said.stderr
    assert digest(testloom.folder / "testloom.duckdb") == before
    assert testloom("template", "list", "--json").objects == listed


def test_init_can_leave_the_store_empty(testloom):
    testloom("init", "--no-templates")
    assert testloom("template", "list", "--json").objects == []
    assert testloom("model", "list", "--json").objects == []


def test_the_shipped_templates_pass_the_check(testloom):
    testloom("init")
    for each in testloom("template", "list", "--json").objects:
        shown = testloom("template", "show", each["template_id"])
        testloom.write(f"{each['template_name']}.py", shown.stdout)
        testloom("template", "check", f"{each['template_name']}.py")


def test_the_same_content_keeps_its_version(store):
    assert "ID 1" in store.template("latency").stdout
    first = template(store)
    store.template("latency")
    assert template(store) == first and first["version"] == 1
    assert len(history(store)) == 1


def test_changed_content_is_the_next_version_under_the_same_id(store):
    store.template("latency")
    store.template("other")
    store.template("latency", CHANGED)
    after = template(store)
    assert (after["template_id"], after["version"]) == (1, 2)
    assert [row for row in history(store) if row[0] == 1] == [(1, 1, PASSES), (1, 2, CHANGED)]
    assert store("template", "show", "latency").stdout == CHANGED
    store.template("latency", PASSES)
    assert template(store)["version"] == 3 and len(history(store)) == 4


def test_another_family_or_hardware_is_another_variant(store):
    store.template("latency")
    store.template("latency", PASSES, "vision")
    store.template("latency", PASSES, "vision", "--hardware", "cuda")
    listed = store("template", "list", "--json").objects
    assert [(each["template_id"], each["model_family"], each["hardware_type"]) for each in listed] == [
        (1, "text_embedding", None),
        (2, "vision", None),
        (3, "vision", "cuda"),
    ]
    said = store("template", "show", "latency", code=2)
    assert "1" in said.stderr and "3" in said.stderr


def test_a_description_is_kept_and_changed(store):
    store.template("latency", PASSES, "vision", "--description", "how long, à peu près")
    assert template(store)["description"] == "how long, à peu près"
    store.template("latency", PASSES, "vision", "--description", "another")
    assert (template(store)["description"], template(store)["version"]) == ("another", 1)


def test_a_template_takes_the_name_of_its_file(store):
    store.write("folder/my.latency.py", PASSES)
    store("template", "add", "folder/my.latency.py", "--family", "vision")
    assert template(store, "my.latency")["template_id"] == 1


def test_content_is_kept_to_the_byte(store):
    text = "# é \u2028 \t $$ ${model_name}\r\ndef test_it():\r\n    return {'a': '\u0001'}"
    store.template("odd", text)
    assert store("template", "show", "odd", "--json").object["content"] == text


def test_a_plan_keeps_the_versions_it_was_made_with(store):
    store.template("latency")
    store("plan", "--model", "bert", "--batch-sizes", "1")
    store.template("latency", CHANGED)
    shown = store("tests", "show", "bert/cpu/latency[batch_size=1]")
    assert '"success": True' in shown.stdout and "not None" not in shown.stdout
    store("plan", "--model", "bert", "--batch-sizes", "1", "--yes")
    assert "not None" in store("tests", "show", "bert/cpu/latency[batch_size=1]").stdout


def test_removing_a_template_hides_it_and_leaves_its_plans(store):
    store.template("latency")
    store.template("other")
    store("plan", "--model", "bert")
    before = store.tests()
    store("template", "remove", "latency")
    assert [each["template_name"] for each in store("template", "list", "--json").objects] == ["other"]
    assert store.tests() == before
    assert '"success"' in store("tests", "show", "bert/cpu/latency[batch_size=1]").stdout
    store("tests", "render", "--out", "rendered")
    assert len(list((store.folder / "rendered").rglob("*.py"))) == 4
    assert "there is no template" in store("template", "remove", "latency", code=2).stderr
    store("plan", "--model", "bert", "--name", "later")
    assert {test["template_name"] for test in store.tests("--plan", "later").values()} == {"other"}


def test_a_removed_template_comes_back_under_its_id(store):
    store.template("latency")
    store("template", "remove", "1")
    said = store.template("latency")
    assert template(store)["template_id"] == 1
    assert "has this content already" not in said.stdout


def test_a_name_that_is_a_number_is_not_taken_for_an_id(store):
    store.template("latency")
    store.template("1")
    shown = store("template", "show", "2", "--json").object
    assert shown["template_name"] == "1"


def test_checking_says_each_file(testloom):
    testloom.write("a.py", PASSES)
    testloom.write("b.py", 'def test_it():\n    return "${modle_name}"\n')
    testloom.write("c.py", 'def test_it():\n    return "${model_name"\n')
    said = testloom("template", "check", "a.py", "b.py", "c.py", code=3)
    assert said.stdout == "a.py: ok\n"
    assert "b.py:2:15: " in said.stderr and "'model_name'" in said.stderr and "c.py:2:13: " in said.stderr
    testloom("template", "check", "a.py")


@pytest.mark.parametrize(
    "text, where, word",
    [
        ("def test_it():\n    return ${nope}\n", "2:14", "nope"),
        ("def test_it():\n    return '${model_name\n", "2:13", "closed"),
        ("def test_it():\n    return ${}\n", "2:", "name"),
        ("def check_it():\n    pass\n", "", "test_"),
        ("def test_a():\n    pass\ndef test_b():\n    pass\n", "3:", "test_b"),
        ("def test_it(model):\n    pass\n", "1:", "argument"),
        ("class A:\n    def test_it(self):\n        pass\n", "", "test_"),
        ("async def test_it():\n    pass\n", "", "test_"),
        ("def test_it():\n    return '${model_name}\n", "2:", "string"),
        ('def test_it():\n    """${model_name}\n', "2:", "string"),
        ("def test_it():\n    return (1\n", "2:", "("),
    ],
)
def test_a_template_that_could_not_run_is_refused_when_added(store, text, where, word):
    before = digest(store.folder / "testloom.duckdb")
    store.write("bad.py", text)
    said = store("template", "add", "bad.py", "--family", "vision", code=3)
    assert f"bad.py:{where}" in said.stderr and word in said.stderr
    assert store("template", "check", "bad.py", code=3).stderr == said.stderr
    assert digest(store.folder / "testloom.duckdb") == before


def test_models_are_detected_mapped_and_remapped(store):
    store("model", "add", "bert-base-uncased")
    store("model", "add", "my-net", "--family", "vision", "--location", "./my-net", "--description", "mine")
    listed = {each["model_name"]: each for each in store("model", "list", "--json").objects}
    assert listed["bert-base-uncased"]["model_family"] == "text_embedding"
    assert listed["bert-base-uncased"]["origin"] == "name"
    mine = listed["my-net"]
    assert (mine["model_family"], mine["origin"], mine["location"]) == ("vision", "mapping", "./my-net")
    store("model", "add", "my-net", "--family", "audio")
    again = store("model", "show", "my-net", "--json").object
    assert again["model_family"] == "audio" and again["location"] == "./my-net"
    assert len(store("model", "list", "--json").objects) == 2


def test_a_model_nobody_knows_is_unknown_and_says_what_to_do(store):
    said = store("model", "add", "zzz-unheard-of")
    assert "unknown" in said.stdout and "--family" in said.stdout
    assert store("model", "show", "zzz-unheard-of", "--json").object["model_family"] == "unknown"


@pytest.mark.parametrize(
    "name, family",
    [
        ("bert-base-uncased", "text_embedding"),
        ("sentence-transformers/all-MiniLM-L6-v2", "text_embedding"),
        ("gpt2", "text_generation"),
        ("meta-llama/Llama-2-7b-hf", "text_generation"),
        ("t5-small", "text_generation"),
        ("google/vit-base-patch16-224", "vision"),
        ("microsoft/resnet-50", "vision"),
        ("openai/whisper-tiny", "audio"),
        ("facebook/wav2vec2-base-960h", "audio"),
        ("openai/clip-vit-base-patch32", "multimodal"),
        ("llava-hf/llava-1.5-7b-hf", "multimodal"),
        ("albertonia", "unknown"),
        ("invitation", "unknown"),
        ("zzz", "unknown"),
    ],
)
def test_families_are_detected_from_whole_tokens(testloom, name, family):
    assert testloom("model", "detect", "--json", name).object["model_family"] == family


def test_names_to_detect_come_from_standard_input_too(testloom):
    names = ["gpt2", "google/vit-base-patch16-224", "modèle", "-x"]
    said = testloom("model", "detect", "--json", "-", stdin="\n".join(names).encode())
    assert [each["model_name"] for each in said.objects] == names
    assert testloom("model", "detect", "--json", "-").objects == []
    assert testloom("model", "detect", "-", stdin=b"gpt2\n").stdout == "text_generation\tgpt2\n"


def test_folders_are_judged_by_their_files(testloom):
    folder = testloom.folder / "gpt2-like"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["BertForMaskedLM"], "model_type": "bert"}')
    for name in ["gpt2-like", "./gpt2-like", str(folder)]:
        said = testloom("model", "detect", "--json", name).object
        assert (said["model_family"], said["task"], said["origin"]) == ("text_embedding", "fill-mask", "config")
        assert testloom("model", "detect", "--json", "-", stdin=name.encode()).object == said
    (folder / "config.json").write_text("{")
    said = testloom("model", "detect", "--json", "gpt2-like")
    assert said.object["model_family"] == "text_generation" and said.object["origin"] == "name"
    assert "config.json" in said.stderr and "note:" in said.stderr


def test_what_the_hubs_cache_has_is_judged_by_its_files(testloom):
    snapshot = testloom.folder / "hub" / "models--acme--zzz" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text('{"model_type": "vit"}')
    said = testloom("model", "detect", "--json", "acme/zzz", env={"HF_HUB_CACHE": str(testloom.folder / "hub")})
    assert (said.object["model_family"], said.object["origin"]) == ("vision", "config")
    assert testloom("model", "detect", "--json", "acme/zzz").object["model_family"] == "unknown"


def test_unknown_names_come_with_candidates(testloom):
    assert testloom("model", "detect", "--json", "acme/lama-7b").object["candidates"] == ["llama"]
    assert "perhaps llama" in testloom("model", "detect", "acme/lama-7b").stdout
    assert "candidates" not in testloom("model", "detect", "--json", "gpt2").object


def test_lines_may_end_as_on_windows(testloom):
    said = testloom("model", "detect", "--json", "-", stdin=b"gpt2\r\nvit\r\n")
    assert [each["model_name"] for each in said.objects] == ["gpt2", "vit"]


def test_showing_what_is_not_there(store):
    for verb in ("template show nope", "template remove 7", "model show nope", "tests show 0"):
        said = store(*verb.split(), code=2)
        assert f"'{verb.split()[-1]}'" in said.stderr and "list" in said.stderr
