"""Plans from spec files: axes, list files, conditions, inclusions, samples, needs, and how mistakes are told."""

import csv
import io
import itertools

import duckdb
import pytest
from cli_driver import PASSES

FAMILY = "text_embedding"
TYPED = '#% param dtype: str = "float32"\n#% param steps: int = 1\ndef test_it():\n    return "${dtype}", ${steps}\n'


@pytest.fixture(scope="module")
def prepared(fresh_store):
    store = fresh_store()
    store.template("latency", PASSES, FAMILY)
    store.template("typed", TYPED, FAMILY)
    return store


@pytest.fixture
def store(prepared, tmp_path):
    return prepared.copy(tmp_path)


def write(store, text, name="plan.toml"):
    (store.folder / name).write_text(text, "utf-8")
    return name


def cases(store, *more):
    return set(store.tests(*more))


def test_a_spec_in_the_folder_is_taken_when_no_model_is_named(store):
    write(store, '[plan]\nmodels = ["bert"]\nhardware_types = ["cuda"]\nbatch_sizes = [2]\n', "testloom.toml")
    assert "stored as plan 1 ('testloom')" in store("plan").stdout
    assert cases(store) == {"bert/cuda/latency[batch_size=2]", "bert/cuda/typed[batch_size=2]"}


def test_flags_go_before_the_file(store):
    write(store, '[plan]\nname = "n"\nmodels = ["bert"]\nbatch_sizes = [1, 2]\n[plan.axes]\ndtype = ["a"]\n')
    store("plan", "--spec", "plan.toml", "--batch-sizes", "8", "--axis", "steps=1,2", "--template", "typed")
    assert cases(store) == {f"bert/cpu/typed[batch_size=8,dtype=a,steps={n}]" for n in (1, 2)}


def test_the_naive_product_is_what_is_planned(store):
    write(
        store,
        """
[plan]
models = ["bert", "roberta-base"]
hardware_types = ["cpu", "cuda"]
batch_sizes = { range = [1, 4], step = "x2" }
[plan.axes]
dtype = ["a", "b"]
steps = { range = [1, 3], step = 1 }
[[plan.exclude]]
where = "hardware_type = 'cpu' and dtype = 'b' or model_name = 'bert' and steps >= 2 and batch_size = 4"
""",
    )
    store("plan", "--spec", "plan.toml")
    expected = set()
    for model, hardware, batch in itertools.product(("bert", "roberta-base"), ("cpu", "cuda"), (1, 2, 4)):
        expected.add(f"{model}/{hardware}/latency[batch_size={batch}]")
        for dtype, steps in itertools.product("ab", (1, 2, 3)):
            left_out = (hardware == "cpu" and dtype == "b") or (model == "bert" and steps >= 2 and batch == 4)
            if not left_out:
                expected.add(f"{model}/{hardware}/typed[batch_size={batch},dtype={dtype},steps={steps}]")
    assert cases(store) == expected


def test_values_of_axes_reach_the_text_and_the_file_name(store):
    store("plan", "--model", "bert", "--axis", 'dtype=bf16,a b"c', "--template", "typed", "--batch-sizes", "1")
    store("tests", "render", "--out", "rendered")
    texts = {path.name: path.read_text() for path in (store.folder / "rendered" / "bert").iterdir()}
    assert set(texts) == {"test_typed_cpu_b1_dtype-bf16.py", "test_typed_cpu_b1_dtype-a_b_c.py"}
    assert 'return "a b\\"c", 1' in texts["test_typed_cpu_b1_dtype-a_b_c.py"]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json"])
def test_a_list_file_tells_names_family_and_attributes(store, suffix):
    store.template("owned", 'def test_it():\n    return "${model.owner}", ${model.size}\n', FAMILY)
    duckdb.sql(
        f"COPY (SELECT 'm' || i AS name, '{FAMILY}' AS model_family, 'owner' || i % 2 AS owner, i AS size FROM range(4) t(i)) "
        f"TO '{store.folder / ('models.' + suffix)}'"
    )
    write(store, f'[plan]\nmodels = [{{ list = "models.{suffix}" }}]\nbatch_sizes = [1]\ntemplates = ["owned"]\n')
    store("plan", "--spec", "plan.toml", "--exclude", "model.size > 2 or model.owner = 'owner1'")
    assert cases(store) == {"m0/cpu/owned[batch_size=1]", "m2/cpu/owned[batch_size=1]"}
    assert 'return "owner0", 2' in store("tests", "show", "m2/cpu/owned[batch_size=1]").stdout
    assert store("tests", "count", "--where", "model.size = 2").stdout == "1\n"


MISTAKES = {
    "unknown column": ('where = "batchsize = 1"', "plan.toml:4:10: unknown column 'batchsize'", "did you mean 'batch_size'?"),
    "subquery": ("where = \"exists (select 1 from read_csv('/etc/passwd'))\"", "plan.toml:4:10:", "a condition cannot"),
    "second statement": ('where = "true; drop table templates"', "plan.toml:4:", ""),
    "no condition": ('where = ""', "plan.toml:4:", "empty"),
    "unknown key": ('were = "true"', "plan.toml:4:1: unknown key 'were'", "did you mean 'where'?"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_nothing_is_written(store, name):
    text, place, hint = MISTAKES[name]
    write(store, f'[plan]\nmodels = ["bert"]\n[[plan.exclude]]\n{text}\n')
    said = store("plan", "--spec", "plan.toml", code=6)
    assert place in said.stderr and hint in said.stderr and said.stdout == ""
    store("tests", "list", code=2)


def test_a_condition_that_fails_on_a_row_says_so(store):
    write(store, '[plan]\nmodels = ["bert"]\n[[plan.exclude]]\nwhere = "CAST(model_name AS INTEGER) = 1"\n')
    said = store("plan", "--spec", "plan.toml", code=6)
    assert "plan.toml:4:10: the condition fails on a row" in said.stderr and "Stack Trace" not in said.stderr


def test_removing_tests_needs_a_yes(store):
    store("plan", "--model", "bert", "--batch-sizes", "1,2")
    before = store("tests", "list", "--format", "csv").stdout
    store("plan", "--model", "bert", "--batch-sizes", "1", code=2)
    assert store("tests", "list", "--format", "csv").stdout == before


def test_planning_twice_gives_the_same_bytes(store, prepared, tmp_path_factory):
    other = prepared.copy(tmp_path_factory.mktemp("other"))
    for each in (store, other):
        each("plan", "--model", "bert", "--model", "roberta-base", "--axis", "dtype=a,b", "--hardware", "cuda,cpu")
    first, second = (each("tests", "list", "--format", "csv").stdout for each in (store, other))
    assert first == second and len(list(csv.DictReader(io.StringIO(first)))) == 24


def test_a_sample_covers_every_pair(store):
    write(
        store,
        """
[plan]
models = ["bert", "roberta-base", "all-MiniLM-L6-v2", "e5-small"]
templates = ["typed"]
hardware_types = ["cpu", "cuda", "rocm"]
batch_sizes = [1, 2, 4]
axes = { dtype = ["a", "b", "c"] }
sample = { pairwise = true }
""",
    )
    said = store("plan", "--spec", "plan.toml").stdout
    assert "sampled from 108 tests" in said
    rows = [
        (t["model_name"], t["hardware_type"], t["batch_size"], t["axes"]["dtype"]) for t in store.tests().values()
    ]
    assert len(rows) <= 15
    values = [sorted({row[i] for row in rows}) for i in range(4)]
    assert [len(v) for v in values] == [4, 3, 3, 3]
    for i, j in itertools.combinations(range(4), 2):
        assert {(row[i], row[j]) for row in rows} == set(itertools.product(values[i], values[j]))


def test_what_is_needed_comes_first_and_runs_first(store):
    store.template("second", "#% needs latency\n" + PASSES, FAMILY)
    store("plan", "--model", "bert", "--template", "second", "--batch-sizes", "1")
    tests = store.tests()
    needed, needing = tests["bert/cpu/latency[batch_size=1]"], tests["bert/cpu/second[batch_size=1]"]
    assert needed["is_reference"] and needing["dependencies"] == [needed["test_id"]]
    with duckdb.connect(str(store.folder / "testloom.duckdb"), read_only=True) as connection:
        (dependencies,) = connection.execute("SELECT dependencies::VARCHAR[] FROM tests WHERE template_name = 'second'").fetchone()
    assert dependencies == [needed["test_id"]]


def test_a_sample_of_more_cells_than_could_be_laid_out_covers_every_pair(store):
    """3^30 cells; against pairs that are told to be impossible one by one."""
    names = [f"p{i:02}" for i in range(30)]
    store.template(
        "wide",
        "".join(f"#% param {name}: int = 0\n" for name in names[:-1])
        + "#% param p29: int in [0, 1] = 0\n"
        + "def test_it():\n    return ${batch_size}, "
        + ", ".join(f"${{{name}}}" for name in names)
        + "\n",
        FAMILY,
    )
    spec = """
[plan]
models = ["a", "b", "c"]
templates = ["wide"]
hardware_types = ["cpu", "cuda"]
batch_sizes = [1, 64]
limits = { memory_gb = { cuda = 4 } }
exclude = [
  { where = "p00 = 1 and p01 = 2", reason = "pair" },
  { where = "p02 = p03 and p04 = 0 or p05 + p06 + p07 = 6 and hardware_type = 'cpu'", reason = "wide" },
]
sample = { pairwise = true }
[plan.axes]
""" + "".join(f"{name} = [0, 1, 2]\n" for name in names)
    for name in "abc":
        store("model", "add", name, "--family", FAMILY)
    write(store, spec)
    store("plan", "--spec", "plan.toml")
    axes = ["hardware_type", "batch_size", *names]
    rows = [{**t, **t["axes"]} for t in store.tests().values()]
    assert {row["model_name"] for row in rows} == {"a", "b", "c"} and len(rows) < 40
    values = {"hardware_type": ["cpu", "cuda"], "batch_size": [1, 64], **{name: [0, 1, 2] for name in names}}
    impossible = {(("hardware_type", "cuda"), ("batch_size", 64)), (("p00", 1), ("p01", 2))}
    for a, b in itertools.combinations(axes, 2):
        wanted = set(itertools.product(values[a], values[b]))
        wanted = {pair for pair in wanted if ((a, pair[0]), (b, pair[1])) not in impossible and not (b == "p29" and pair[1] == 2)}
        assert {(row[a], row[b]) for row in rows} == wanted, (a, b)
    for name in ("a", "b", "c"):
        for axis in axes:
            have = {row[axis] for row in rows if row["model_name"] == name}
            assert have == set(values[axis]) - ({2} if axis == "p29" else set())
    for row in rows:
        assert not (row["p02"] == row["p03"] and row["p04"] == 0)
        assert not (row["p05"] == row["p06"] == row["p07"] == 2 and row["hardware_type"] == "cpu")
    assert "p29" in store("plan", "show", "--json").stdout  # what is skipped, and why
    write(store, spec.replace("pairwise = true", "tests = 50, seed = 3"))
    store("plan", "--spec", "plan.toml", "--yes")
    assert len(store.tests()) == 50
    wide = " + ".join(names[:15])
    write(store, spec.replace("p00 = 1 and p01 = 2", f"{wide} = 9"))
    assert "plan.toml:9:14: the axes of this condition have more than 4000000 values together" in store(
        "plan", "--spec", "plan.toml", "--yes", code=6
    ).stderr


def test_rubbish_rows_of_a_list_are_told_with_their_lines(store):
    rows = [f"bert-{i},{i}" for i in range(1, 501)]
    cases = {
        "wide": ("name,size\n" + "\n".join(rows[:100] + ["x,1,2,3,4"] + rows[100:] + ["y,1,2"]) + "\n", 102, "this row has 5 values, but the first line names 2 columns"),
        "quote": ('name,size\nbert-a,1\n"bert-b,2\nbert-c,3\n', 3, "this row has a quote that is never closed"),
        "type": ("name,size\n" + "\n".join(f"bert-{i},{i}" for i in range(30000)) + "\nbert-x,many\n", 30002, "Could not convert string \"many\" to 'BIGINT'"),
        "bytes": ("name\nbert-a\nbert-\udcff\n", 3, "not utf-8"),
    }
    for name, (text, line, message) in cases.items():
        (store.folder / "m.csv").write_bytes(text.encode(errors="surrogateescape"))
        said = store("plan", "--models-file", "m.csv", code=6).stderr
        assert f"m.csv:{line}:1: " in said and message in said, (name, said)
        assert "there are 2" in said if name == "wide" else True
    for text in ("name;size\nbert-a;1\n", "name\tsize\nbert-a\t1\n", "\ufeff\"name\"\r\nbert-a\r\n", "name\nbert-a\n"):
        (store.folder / "m.csv").write_text(text)
        store("plan", "--models-file", "m.csv", "--dry-run")


def test_parquet_holds_what_csv_holds(store):
    """All columns of all rows, in the same order, more rows than DuckDB takes at once."""
    (store.folder / "models.csv").write_text("name\n" + "".join(f"bert-{i}\n" for i in range(3000)))
    store("plan", "--models-file", "models.csv", "--axis", "dtype=a,b", "--batch-sizes", "1,4")
    for where in ("", "batch_size = 4", "batch_size = 9"):
        chosen = ("--where", where) if where else ()
        store("tests", "list", "--format", "parquet", "--out", "tests.parquet", *chosen)
        listed = list(csv.reader(io.StringIO(store("tests", "list", "--format", "csv", *chosen).stdout)))
        with duckdb.connect() as connection:
            rows = connection.execute(
                "SELECT * REPLACE (test_id::VARCHAR AS test_id, array_to_string(dependencies, ' ') AS dependencies, "
                f"coalesce(last_outcome, '') AS last_outcome, coalesce(estimated_time_s::VARCHAR, '') AS estimated_time_s) FROM '{store.folder / 'tests.parquet'}'"
            ).fetchall()
            names = [column[0] for column in connection.description]
            types = [str(column[1]) for column in connection.execute(f"FROM '{store.folder / 'tests.parquet'}'").description]
        plain = lambda value: str(value).lower() if isinstance(value, bool) else repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
        assert names == listed[0]
        assert [[plain(value) for value in row] for row in rows] == listed[1:]
        assert [types[names.index(name)] for name in ("test_id", "batch_size")] == ["UUID", "BIGINT"]
        assert len(rows) == {"": 18000, "batch_size = 4": 9000, "batch_size = 9": 0}[where]


def test_plans_are_listed_shown_and_removed(store):
    store("plan", "--model", "bert", "--name", "a")
    store("plan", "--model", "bert", "--name", "b", "--batch-sizes", "1")
    assert [plan["name"] for plan in store("plan", "list", "--json").objects] == ["a", "b"]
    assert store("plan", "show", "a", "--json").object["tests"] == 4
    store("plan", "remove", "b", code=2)
    store("plan", "remove", "b", "--yes")
    assert [plan["name"] for plan in store("plan", "list", "--json").objects] == ["a"]
    with duckdb.connect(str(store.folder / "testloom.duckdb"), read_only=True) as connection:
        for table in ("test_rows", "plan_cells", "combos", "plan_models", "needs", "plan_skips"):
            assert connection.execute(f"SELECT count(*) FROM {table} WHERE plan_id = 2").fetchone() == (0,), table


def test_explain_says_why_a_test_is_there_or_not(store):
    store("plan", "--model", "bert", "--hardware", "cpu,cuda", "--axis", "dtype=a,b", "--exclude", "dtype = 'b' and model_name = 'bert'")
    said = store("explain", "bert", "--hardware", "cuda", "--batch-size", "4", "--json").object
    assert [t["case"] for t in said["tests"]] == ["bert/cuda/latency[batch_size=4]", "bert/cuda/typed[batch_size=4,dtype=a]"]
    assert said["tests"][0]["after"] == ["bert/cuda/latency[batch_size=1]"]
    assert said["missing"] == ["cuda/typed[batch_size=4,dtype=b]: excluded by: dtype = 'b' and model_name = 'bert'"]
    assert {t["template_name"] for t in said["templates"] if t["chosen"]} == {"latency", "typed"}
    outside = store("explain", "bert", "--batch-size", "64", "--json").object
    assert outside["tests"] == [] and outside["missing"] == ["the plan has no cell with batch size '64': it has 1, 4"]
    other = store("explain", "gpt2", "--json").object
    assert not other["in_plan"] and other["model_family"] == "text_generation"


def test_folders_in_a_list_count_from_it(store):
    for folder in ("lists/nets/one", "nets/two", "org/hub-id"):
        (store.folder / folder).mkdir(parents=True)
    (store.folder / "lists" / "it's.gguf").write_bytes(b"")
    rows = ["a,nets/one", "b,./nets/one", "c,../nets/two", "d,it's.gguf", "e,org/hub-id", "f,/elsewhere", "g,", "h,it's"]
    rows = [f"{row},{FAMILY}" for row in rows]
    store.write("lists/models.csv", "name,location,model_family\n" + "\n".join(rows) + "\n")
    store("model", "import", "lists/models.csv")
    found = {each["model_name"]: each["location"] for each in store("model", "list", "--json").objects}
    here = store.folder.resolve()
    assert found == {
        "a": f"{here}/lists/nets/one",
        "b": f"{here}/lists/nets/one",
        "c": f"{here}/nets/two",
        "d": f"{here}/lists/it's.gguf",
        "e": "org/hub-id",
        "f": "/elsewhere",
        "g": None,
        "h": "it's",
    }
    store.template("owned", "def test_it():\n    return {}\n", FAMILY)
    write(store, '[plan]\nmodels = [{ list = "lists/models.csv" }]\nbatch_sizes = [1]\n')
    store("plan", "--spec", "plan.toml")
    assert dict(store.query("select model_name, model_location from plan_models")) == {**found, "g": "g"}


def test_a_list_is_taken_into_the_store(store):
    (store.folder / "m.csv").write_text(f"name,model_family,location,owner\nx/one,{FAMILY},/models/one,ann\nx/two,,,bob\n")
    assert store("model", "import", "m.csv").stdout == "took in 2 models, 1 of them mapped to a family\n"
    assert store("model", "show", "x/one", "--json").object["model_family"] == FAMILY
    (store.folder / "m.csv").write_text("name,model_family\nx/two,vision\nx/one,\n")
    store("model", "import", "m.csv")
    families = {m["model_name"]: m["model_family"] for m in store("model", "list", "--json").objects}
    assert families == {"x/one": FAMILY, "x/two": "vision"}
    (store.folder / "m.csv").write_text("model_family\nvision\n")
    assert "has no column 'name'" in store("model", "import", "m.csv", code=6).stderr


def test_differences_and_the_order_go_by_case(store):
    store("plan", "--model", "bert", "--batch-sizes", "1,2", "--template", "latency", "--name", "a")
    store("plan", "--model", "bert", "--batch-sizes", "2,4", "--template", "latency", "--name", "b")
    said = store("plan", "diff", "a", "b", "--json").objects
    assert said == [
        {"case": "bert/cpu/latency[batch_size=4]", "how": "added"},
        {"case": "bert/cpu/latency[batch_size=1]", "how": "removed"},
    ]
    assert store("tests", "list", "--order").stdout.splitlines() == [
        "bert/cpu/latency[batch_size=2]",
        "bert/cpu/latency[batch_size=4]",
    ]


def test_time_is_predicted_from_tests_that_ran(store):
    assert store("plan", "--model", "bert", "--json").object["predicted_seconds"] is None
    with duckdb.connect(str(store.folder / "testloom.duckdb")) as connection:
        for at, (case, seconds) in enumerate(
            [
                ("a/b/cpu/latency[batch_size=1]", 2),
                ("c/cpu/latency[batch_size=1]", 4),
                ("d/cpu/latency[batch_size=1]", 100),
                ("x/cuda/typed[batch_size=2,dtype=a]", 7),
            ]
        ):
            connection.execute(
                'INSERT INTO outcomes (run_id, test_id, "case", attempt, outcome, started_at, duration_s) '
                "VALUES ('r', uuid(), ?, 1, 'passed', now(), ?)",
                [case, seconds],
            )
    # latency at 1: the median 4, at 2 as on its hardware 4; typed at 2 as the template elsewhere: 7
    planned = store("plan", "--model", "bert", "--batch-sizes", "1,2", "--json", "--yes").object
    assert planned["predicted_seconds"] == 4 + 4 + 7 + 7
    store.template("new", PASSES, FAMILY)  # has not run: as long as the others
    said = store("plan", "--model", "bert", "--batch-sizes", "1,2", "--dry-run").stdout
    assert "predicted time 33.0 s one after another, by earlier runs of the templates of 66 % of the tests" in said
    said = store("plan", "--model", "bert", "--template", "new", "--dry-run").stdout
    assert "predicted time" not in said
    assert "predicted time 22.0 s" in store("plan", "show").stdout


def test_only_what_changed_is_run(store, tmp_path):
    store("plan", "--model", "bert", "--batch-sizes", "1", "--template", "latency")
    assert "1 passed" in store("run", "--changed").stdout
    again = store("run", "--changed")
    assert "nothing to run" in again.stderr
    store.template("latency", PASSES + "# edited\n", FAMILY)
    store("plan", "--model", "bert", "--batch-sizes", "1", "--template", "latency")
    assert "1 passed" in store("run", "--changed").stdout
