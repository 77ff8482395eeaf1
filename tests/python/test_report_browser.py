"""The HTML report in a real browser: what it shows against what the store says, filtering, links and the back button,
the keyboard, hostile names, light and dark, narrow windows, accessibility, and that it asks for nothing from elsewhere.
A screenshot of each page is kept in build/report-screenshots/."""

import importlib.util
import re
import urllib.parse

import duckdb
import pytest
from browsing import PHONE, Browser
from cli_driver import REPOSITORY, Program

TESTS, RUNS = 2000, 5
FAILING = ("failed", "error", "oom", "timeout", "crashed")


def example_stores():
    spec = importlib.util.spec_from_file_location("report_store", REPOSITORY / "bench" / "report_store.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Example:
    """A store of plausible outcomes with its report, and questions to the store that need no testloom."""

    def __init__(self, folder, tests, runs):
        self.program = Program(folder)
        self.program("init", "--no-templates")
        self.store = folder / "testloom.duckdb"
        example_stores().fill(self.store, tests, runs)
        self.file = folder / "report.html"
        self.program("report", "--html", self.file)

    def ask(self, question):
        with duckdb.connect(str(self.store), read_only=True) as connection:
            connection.execute(
                "CREATE TEMP VIEW latest AS SELECT *, (result->>'$.latency_s.p50')::DOUBLE AS p50 FROM outcomes "
                "QUALIFY run_id = max(run_id) OVER (PARTITION BY \"case\")"
            )
            return connection.execute(question).fetchall()


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return Example(tmp_path_factory.mktemp("report"), TESTS, RUNS)


@pytest.fixture(scope="module")
def browser():
    opened = Browser()
    yield opened
    opened.close()


@pytest.fixture
def reader(browser, example):
    with browser.reading(example.file) as reader:
        yield reader


def found(reader):
    """How many tests and models the overview says that it shows."""
    tests, models = re.fullmatch(r"([\d,]+) tests? of ([\d,]+) models?", reader.text(".found")).groups()
    return int(tests.replace(",", "")), int(models.replace(",", ""))


def choose(reader, outcome):
    reader.page.locator(f".chip input[value={outcome}]").check()


# --- the overview


def test_the_overview_counts_what_the_store_holds(reader, example):
    outcomes = dict(example.ask("SELECT outcome, count(*) FROM latest GROUP BY outcome"))
    ((models,),) = example.ask("SELECT count(DISTINCT model_name) FROM latest")
    failing = sum(count for word, count in outcomes.items() if word in FAILING)
    assert reader.facts() == {"tests": TESTS, "models": models, "failing": failing, "runs": RUNS}
    assert reader.counts() == outcomes
    assert found(reader) == (TESTS, models)
    bar = reader.page.locator(".bar").get_attribute("aria-label")
    assert {tuple(part.split(" ", 1)) for part in bar.split(", ")} == {
        (str(count), word.replace("_", " ")) for word, count in outcomes.items()
    }


def test_every_cell_in_view_shows_its_tests(reader, example):
    rows = example.ask(
        "SELECT model_name, hardware_type, batch_size, count(*), count(*) FILTER (outcome IN "
        f"{FAILING}), any_value(outcome) FROM latest GROUP BY ALL"
    )
    expected = {}
    for *place, tests, failing, outcome in rows:
        one = outcome.replace("_", " ")
        expected[tuple(place)] = one if tests == 1 else f"{tests} tests, {failing} failing"
    cells = reader.cells()
    assert len(cells) > 200
    for place, words in cells.items():
        assert words.startswith(expected[place]), place


@pytest.mark.parametrize(
    "by, figure, worst",
    [
        ("latency", "p50 * 1000", "max"),
        ("throughput", "(result->>'$.throughput_per_s')::DOUBLE", "min"),
        ("memory", "coalesce(peak_device_memory_bytes, peak_memory_bytes) / 1e6", "max"),
    ],
)
def test_cells_show_figures(reader, example, by, figure, worst):
    expected = {
        tuple(place): value
        for *place, value in example.ask(
            f"SELECT model_name, hardware_type, batch_size, {worst}({figure}) FROM latest GROUP BY ALL HAVING "
            f"{worst}({figure}) IS NOT NULL"
        )
    }
    reader.page.locator("#by").select_option(by)
    units = {"µs": 1e-3, "ms": 1, "s": 1e3, "MB": 1, "GB": 1e3, "/s": 1}
    shown = 0
    for place, words in reader.cells().items():
        said = re.search(r"([\d.,]+)(?: (µs|ms|s|MB|GB)|(/s))(?: \(|$)", words)
        if minutes := re.search(r"(\d+) m (\d\d) s", words):
            assert abs(int(minutes[1]) * 60 + int(minutes[2]) - expected[place] / 1000) <= 1
        elif said:
            assert float(said[1].replace(",", "")) * units[said[2] or said[3]] == pytest.approx(expected[place], rel=0.006)
        else:
            assert place not in expected
        shown += 1 if said or minutes else 0
    assert shown > 150
    assert f"by={by}" in reader.route


def test_cells_show_how_far_predictions_were_off(reader, example):
    expected = {
        tuple(place): ratios
        for *place, ratios in example.ask(
            "SELECT model_name, hardware_type, batch_size, list(estimated_memory_bytes / coalesce(peak_device_memory_bytes, "
            "peak_memory_bytes)) FROM latest WHERE outcome = 'passed' GROUP BY ALL"
        )
    }
    reader.page.locator("#by").select_option("ratio")
    said = {place: re.search(r"([\d.]+)×", words) for place, words in reader.cells().items()}
    assert sum(1 for match in said.values() if match) > 150
    for place, match in said.items():
        assert bool(match) == (place in expected)
        if match:
            assert any(float(match[1]) == pytest.approx(ratio, abs=0.011) for ratio in expected[place])


# --- filtering, links, back


@pytest.mark.parametrize(
    "text, condition",
    [
        ("bert", "model_name ILIKE '%bert%'"),
        ("GOOGLE cuda", "model_name ILIKE '%google%' AND hardware_type = 'cuda'"),
        ("parity", "template_name = 'parity'"),
        ("llama generate rocm", "model_name LIKE '%llama%' AND template_name = 'generate' AND hardware_type = 'rocm'"),
        ("no such thing", "false"),
    ],
)
def test_filtering_by_words(reader, example, text, condition):
    ((tests, models),) = example.ask(f"SELECT count(*), count(DISTINCT model_name) FROM latest WHERE {condition}")
    reader.page.locator("#filter").fill(text)
    assert found(reader) == (tests, models)
    assert reader.page.locator(".heat").is_visible() == (tests > 0)


def test_filtering_by_outcome_and_template(reader, example):
    choose(reader, "oom")
    choose(reader, "error")
    reader.page.get_by_label("Template", exact=True).select_option("prefill")
    ((tests, models),) = example.ask(
        "SELECT count(*), count(DISTINCT model_name) FROM latest WHERE outcome IN ('oom', 'error') AND template_name = 'prefill'"
    )
    assert tests > 0 and found(reader) == (tests, models)
    # The boxes count what the other parts of the filter leave.
    expected = dict(example.ask("SELECT outcome, count(*) FROM latest WHERE template_name = 'prefill' GROUP BY outcome"))
    assert {word: count for word, count in reader.counts().items() if count} == expected


def test_an_address_brings_back_what_was_shown(reader):
    reader.page.locator("#filter").fill("bert & friends + 100%")
    reader.page.locator("#filter").fill("bert")
    choose(reader, "passed")
    reader.page.locator("#by").select_option("memory")
    reader.page.locator("#order").select_option("name")
    before, cells, route = found(reader), reader.cells(), reader.route
    reader.go(route.removeprefix("#/"))
    assert (found(reader), reader.cells()) == (before, cells)
    assert reader.page.locator("#filter").input_value() == "bert"
    assert reader.page.locator("#by").input_value() == "memory"


def test_following_a_cell_and_going_back(reader, example):
    reader.page.locator("#filter").fill("whisper")
    before = reader.route
    cell = reader.page.locator(".heat-cell:not(.none)").first
    model, hardware, batch = list(reader.cells())[0]
    cell.click()
    assert reader.text("h1") == model
    named = reader.page.locator(".named").first.inner_text()
    assert f"\t{hardware}\t{batch}\t" in named
    reader.page.go_back()
    reader.page.locator("#filter").wait_for()
    assert reader.route == before
    assert reader.page.locator("#filter").input_value() == "whisper"
    reader.page.go_forward()
    assert reader.text("h1") == model


# --- one model


@pytest.fixture(scope="module")
def well(example):
    """A model of which every test on the cpu passed, with two templates."""
    rows = example.ask(
        "SELECT model_name FROM latest WHERE hardware_type = 'cpu' GROUP BY 1 HAVING bool_and(outcome = 'passed') AND "
        "count(DISTINCT template_name) = 2 ORDER BY 1"
    )
    return rows[0][0]


def quoted(text):
    return urllib.parse.quote(text, safe="")


def test_a_models_page_lists_its_tests(reader, example, well):
    reader.go(f"model/{quoted(well)}")
    rows = reader.rows(".data tbody")
    listed = sorted((row[1], row[2], int(row[3]), row[0].split("\n")[1]) for row in rows)
    expected = example.ask(f"SELECT template_name, hardware_type, batch_size, outcome FROM latest WHERE model_name = '{well}'")
    assert listed == sorted((*place, outcome.replace("_", " ")) for *place, outcome in expected)
    ids = {row[-1].split()[0] for row in rows}
    assert ids == {str(each)[:18] for (each,) in example.ask(f"SELECT test_id FROM latest WHERE model_name = '{well}'")}


def test_a_models_plots_hold_its_figures(reader, example, well):
    reader.go(f"model/{quoted(well)}?template=parity" if "bert" in well else f"model/{quoted(well)}")
    template = reader.page.locator("#template option:checked").inner_text()
    assert reader.texts(".plot-panel figcaption b") == ["Latency p50", "Throughput", "Peak memory"]
    reader.page.locator("canvas").nth(2).wait_for()
    # Each canvas has lines in more than one colour besides the axes.
    inks = reader.page.locator("canvas").evaluate_all(
        """all => all.map(canvas => {
             const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
             const seen = new Set();
             for (let at = 0; at < data.length; at += 4)
               if (data[at + 3] === 255 && Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]) > 60)
                 seen.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
             return seen.size; })"""
    )
    assert len(inks) == 3 and min(inks) >= 2
    for details in reader.page.locator(".numbers").all():
        details.locator("summary").click()
    latency = reader.page.locator(".numbers table").first.evaluate("table => [...table.rows].map(row => [...row.cells].map(cell => cell.innerText))")
    column = latency[0].index("cpu")
    shown = {row[0]: row[column] for row in latency[1:]}
    expected = example.ask(
        f"SELECT batch_size, p50 FROM latest WHERE model_name = '{well}' AND template_name = '{template}' AND hardware_type = 'cpu'"
    )
    assert len(expected) == 7 == len(shown)
    for batch, p50 in expected:
        said = re.fullmatch(r"([\d.,]+) (µs|ms|s)", shown[str(batch)])
        assert float(said[1].replace(",", "")) * {"µs": 1e-6, "ms": 1e-3, "s": 1}[said[2]] == pytest.approx(p50, rel=0.006)


def test_an_address_of_no_model_says_so(reader):
    reader.go("model/no%20such%20model")
    assert reader.text("h1") == "No such model"
    reader.page.get_by_role("link", name="Back to the overview").click()
    reader.page.locator(".heat").wait_for()
    for broken in ("model/%E0%A4%A", "nowhere/at/all", "failures?cause=99999", "trends/no%20case"):
        reader.go(broken)


# --- failures


def test_failures_are_grouped_by_cause(reader, example):
    reader.go("failures")
    failing = reader.page.locator("section").filter(has=reader.page.get_by_role("heading", name="Failing"))
    while failing.locator(".more").is_visible():
        failing.locator(".more").click()
    counts = [int(text.replace(",", "")) for text in failing.locator("summary .count").all_inner_texts()]
    outcomes = [text.split()[-1] for text in failing.locator("summary .mark").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    by_outcome = {word: sum(count for count, each in zip(counts, outcomes) if each == word) for word in set(outcomes)}
    expected = dict(example.ask(f"SELECT outcome, count(*) FROM latest WHERE outcome IN {FAILING} GROUP BY outcome"))
    assert by_outcome == expected
    # Out-of-memory errors differ only in how much was wanted, and in the template that they come from.
    groups = example.ask("SELECT count(*) FROM latest WHERE outcome = 'oom' GROUP BY template_name")
    assert sorted(count for count, each in zip(counts, outcomes) if each == "oom") == sorted(count for (count,) in groups)


def test_a_cause_shows_texts_and_the_command_that_repeats_one(reader, example):
    reader.go("failures")
    card = reader.page.locator(".cause").filter(has_text="ValueError").first
    card.locator("summary").first.click()
    assert "cause=" in reader.route
    command = card.locator(".command code").first.inner_text()
    test_id = re.fullmatch(r"testloom tests repro ([0-9a-f-]{18})", command)[1]
    ((message, traceback, output),) = example.ask(
        f"SELECT error_message, traceback, output_tail FROM latest WHERE test_id::VARCHAR LIKE '{test_id}%'"
    )
    texts = card.locator(".sample").first.locator("pre").all_inner_texts()
    assert [text.strip() for text in texts] == [traceback.strip(), output.strip()]
    assert message in traceback
    # The same cause is open for who follows the link.
    reader.go(reader.route.removeprefix("#/"))
    assert reader.page.locator(".cause[open]").count() == 1
    reader.page.locator(".cause[open] .tests a").first.click()
    reader.page.locator(".model-name").wait_for()


def test_failures_are_filtered_too(reader, example):
    reader.go("failures?text=rocm&outcome=oom")
    ((tests,),) = example.ask("SELECT count(*) FROM latest WHERE outcome = 'oom' AND hardware_type = 'rocm'")
    assert reader.text(".found").startswith(f"{tests} tests, ")
    assert {text.split()[-1] for text in reader.texts(".cause .mark")} == {"oom"}


# --- trends


def test_trends_count_outcomes_by_run(reader, example):
    reader.go("trends")
    expected = {}
    for run, outcome, count in example.ask("SELECT run_id, outcome, count(*) FROM outcomes GROUP BY ALL"):
        expected.setdefault(run, {})[outcome.replace("_", " ")] = count
    table = reader.page.locator(".panel").filter(has=reader.page.get_by_role("heading", name=f"{RUNS} runs"))
    rows = table.locator("tbody tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")
    shown = {row[0]: dict(reversed(pair) for pair in re.findall(r"(\d+) ([a-z ]+[a-z])", row[4].replace(",", ""))) for row in rows}
    assert {run: {word: int(count) for word, count in counts.items()} for run, counts in shown.items()} == expected


def test_the_trend_of_one_case(reader, example):
    ((case,),) = example.ask("SELECT \"case\" FROM latest WHERE outcome = 'passed' ORDER BY 1 LIMIT 1")
    reader.go(f"trends/{quoted(case)}")
    reader.page.locator(".numbers summary").first.click()
    figures = [row[1] for row in reader.rows(".numbers:first-of-type table >> nth=0 >> tbody") if len(row) == 2][:RUNS]
    expected = [p50 for (p50,) in example.ask(f"SELECT (result->>'$.latency_s.p50')::DOUBLE FROM outcomes WHERE \"case\" = '{case}' ORDER BY run_id")]
    units = {"µs": 1e-6, "ms": 1e-3, "s": 1}
    shown = [float(text.split()[0].replace(",", "")) * units[text.split()[1]] for text in figures]
    assert shown == pytest.approx(expected, rel=0.011) and len(shown) == RUNS


def test_the_largest_changes_stand_first(reader, example):
    reader.go("trends")
    table = reader.page.locator(".panel").filter(has=reader.page.get_by_role("heading", name="Largest changes"))
    rows = table.locator("tbody tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")
    before_and_now = example.ask(
        "SELECT \"case\", median((result->>'$.latency_s.p50')::DOUBLE) FILTER (run_id <> last), any_value((result->>"
        "'$.latency_s.p50')::DOUBLE) FILTER (run_id = last) FROM outcomes, (SELECT max(run_id) AS last FROM outcomes) GROUP BY 1 "
        "HAVING count(result) > 1 AND bool_or(run_id = last AND result IS NOT NULL)"
    )
    ratio = {case: now / before for case, before, now in before_and_now}
    largest = max(ratio.values(), key=lambda each: max(each, 1 / each))
    assert ratio[rows[0][0]] == pytest.approx(largest, rel=0.02)
    assert float(rows[0][3].strip("+−% ")) == pytest.approx(abs(largest - 1) * 100, abs=2)
    table.get_by_label("Find a test").fill("whisper cuda")
    names = table.locator("tbody a").all_inner_texts()
    assert names and all("whisper" in each and "/cuda/" in each for each in names)


# --- keyboard


def test_tab_goes_through_the_page_in_order(reader):
    stops = []
    for _ in range(9):
        reader.page.keyboard.press("Tab")
        stops.append(reader.focused().split("\n")[0])
    assert stops[0] == "Skip to the content"
    assert stops[1].startswith("testloom") and stops[2] == "Overview" and stops[3].startswith("Failures") and stops[4] == "Trends"
    assert stops[5].startswith("Theme") and stops[6].startswith("Filter by") and stops[7] == "Template"
    outline = reader.page.evaluate("getComputedStyle(document.activeElement.closest('.chip')).outlineStyle")
    assert outline == "solid"


def test_the_skip_link_leads_to_the_content(reader):
    reader.page.keyboard.press("Tab")
    assert reader.page.locator(".skip").bounding_box()["y"] >= 0
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("document.activeElement.id") == "main"
    assert reader.page.locator(".heat").is_visible()


def test_arrow_keys_move_within_the_heat_map(reader):
    page = reader.page
    assert page.locator(".heat [tabindex='0']").count() == 1
    page.locator("#order").focus()
    page.keyboard.press("Tab")
    names = page.locator(".heat-space .heat-name").all_inner_texts()
    assert reader.focused() == names[0]
    place = lambda: page.evaluate("[document.activeElement.dataset.row, document.activeElement.dataset.column].map(Number)")
    steps = [("ArrowRight", [0, 0]), ("ArrowRight", [0, 1]), ("ArrowDown", [1, 1]), ("ArrowLeft", [1, 0]), ("ArrowUp", [0, 0]),
             ("ArrowUp", [0, 0]), ("End", [0, 20]), ("ArrowRight", [0, 20]), ("Home", [0, -1])]  # fmt: skip
    for key, expected in steps:
        page.keyboard.press(key)
        assert place() == expected, key
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Control+End")
    rows = int(page.locator(".heat").get_attribute("aria-rowcount")) - 2
    assert place() == [rows - 1, 20]
    assert page.evaluate("(cell => { const box = cell.getBoundingClientRect(), grid = cell.closest('.heat').getBoundingClientRect();"
                         " return box.top >= grid.top && box.bottom <= grid.bottom + 1; })(document.activeElement)")  # fmt: skip
    page.keyboard.press("PageUp")
    assert 0 < place()[0] < rows - 1
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    words = reader.focused()
    assert page.locator("#heat-status").inner_text() in words
    model = page.locator(".heat-space .heat-name").first.inner_text()
    page.keyboard.press("Enter")
    assert reader.text("h1") == model
    assert page.evaluate("document.activeElement.id") == "main"


# --- hostile names

HOSTILE = {
    "markup": "</script><img src=x onerror=alert(1)><script>alert(2)</script>",
    "comment": "<!--<script>",
    "quotes": "\"'`${alert(3)}\\",
    "bidi": "evil\u202egnp.exe\u2066",
    "separators": "a\u2028b\u2029c",
    "controls": "bell\x07 escape\x1b[31m line\nbreak",
    "slashes": "a/b?c=d&e#f%20g%",
    "hebrew": "שלום/עולם",
    "long": "long-" * 800,
    "prototype": "__proto__",
}


def test_hostile_names_are_shown_as_text(browser, tmp_path):
    program = Program(tmp_path)
    program("init", "--no-templates")
    with duckdb.connect(str(tmp_path / "testloom.duckdb")) as connection:
        connection.execute("INSERT INTO runs (run_id, plan_id, started_at, engine, host) VALUES ('r<b>1', 1, now(), 'local', '<i>host')")
        for name in HOSTILE.values():
            connection.execute(
                "INSERT INTO outcomes (run_id, test_id, \"case\", attempt, outcome, started_at, model_name, hardware_type, batch_size, "
                "template_name, axes, error_type, error_message, traceback, output_tail) VALUES ('r<b>1', uuid(), $1 || "
                "'/cpu/t[batch_size=1]', 1, 'error', now(), $1, 'cpu', 1, $1, '{}', $1, $1, $1, $1)",
                [name],
            )
    program("report", "--html", "report.html")
    unseen = re.compile("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
    with browser.reading(tmp_path / "report.html") as reader:
        assert reader.facts()["models"] == len(HOSTILE)
        shown = reader.page.locator(".heat-space .heat-name bdi").evaluate_all("all => all.map(each => each.textContent)")
        assert len(shown) == len(HOSTILE) and not any(unseen.search(name) for name in shown)
        assert HOSTILE["markup"][:30] in "".join(shown)
        reader.screenshot("hostile-overview")
        for name in HOSTILE.values():
            reader.go(f"model/{quoted(name)}")
            title = reader.text("h1")
            assert not unseen.search(title) and title != "No such model"
            assert reader.page.locator(".data tbody tr").count() == 1
            reader.page.get_by_role("link", name="Overview").first.click()
            reader.page.locator("#filter").fill(name)
            assert found(reader)[0] >= 1
        reader.go("failures")
        for card in reader.page.locator(".cause").all():
            card.locator("summary").click()
        reader.page.locator(".sample").nth(len(HOSTILE) - 1).wait_for()
        assert reader.page.locator(".sample").count() == len(HOSTILE)
        reader.screenshot("hostile-failures")
        assert reader.page.locator("main img, main script, main b i").count() == 0


# --- how it looks

PAGES = {
    "overview": "",
    "latency": "?by=latency",
    "ratio": "?by=ratio&order=name",
    "nothing": "?text=no%20such",
    "failures": "failures?cause=0",
    "trends": "trends",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_look_right_and_are_accessible(browser, example, well, scheme):
    grounds = {}
    with browser.reading(example.file, scheme) as reader:
        for name, route in {**PAGES, "model": f"model/{quoted(well)}"}.items():
            reader.go(route)
            reader.screenshot(f"{name}-{scheme}")
            assert reader.violations() == [], name
            grounds[name] = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
        (ground,) = set(grounds.values())
        lightness = sum(int(part) for part in re.findall(r"\d+", ground)[:3])
        assert (lightness > 600) == (scheme == "light") and (lightness < 150) == (scheme == "dark")


def test_the_theme_can_be_chosen(reader):
    ground = lambda: reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = ground()
    button = reader.page.locator(".theme")
    assert button.inner_text() == "Theme: system"
    button.click()
    assert (button.inner_text(), ground()) == ("Theme: light", light)
    button.click()
    assert button.inner_text() == "Theme: dark" and ground() != light
    reader.go("trends")
    assert button.inner_text() == "Theme: dark" and ground() != light


def test_pages_fit_a_phone(browser, example, well):
    with browser.reading(example.file, "dark", PHONE) as reader:
        for name, route in {**PAGES, "model": f"model/{quoted(well)}"}.items():
            reader.go(route)
            reader.screenshot(f"{name}-phone")
            assert reader.overflow() <= 0, name


def test_ten_thousand_tests_stay_under_two_megabytes(tmp_path):
    example = Example(tmp_path, 10_000, 10)
    assert example.file.stat().st_size < 2_000_000
