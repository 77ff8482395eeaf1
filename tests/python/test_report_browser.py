"""The HTML report in a real browser: what it shows against what the store says; filtering, links, the back button."""

import re

import pytest
from browsing import found, quoted
from report_example import FAILING


def choose(reader, outcome):
    reader.page.locator(f".chip input[value={outcome}]").check()


# --- the overview


def test_the_overview_counts_what_the_store_holds(reader, example):
    outcomes = dict(example.ask("SELECT outcome, count(*) FROM latest GROUP BY outcome"))
    ((models,),) = example.ask("SELECT count(DISTINCT model_name) FROM latest")
    failing = sum(count for word, count in outcomes.items() if word in FAILING)
    assert reader.facts() == {"tests": example.tests, "models": models, "failing": failing, "runs": example.runs}
    assert reader.counts() == outcomes
    assert found(reader) == (example.tests, models)
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
            assert float(said[1].replace(",", "")) * units[said[2] or said[3]] == pytest.approx(
                expected[place], rel=0.006
            )
        else:
            assert place not in expected
        shown += 1 if said or minutes else 0
    assert shown > 150
    assert f"by={by}" in reader.route


def test_cells_show_how_far_predictions_were_off(reader, example):
    expected = {
        tuple(place): ratios
        for *place, ratios in example.ask(
            "SELECT model_name, hardware_type, batch_size, list((estimated_memory_bytes - CASE hardware_type "
            "WHEN 'cuda' THEN 700e6 WHEN 'rocm' THEN 700e6 WHEN 'mps' THEN 100e6 ELSE 0 END) / "
            "coalesce(peak_device_memory_bytes, peak_memory_bytes)) FROM latest WHERE outcome = 'passed' GROUP BY ALL"
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
    expected = dict(
        example.ask("SELECT outcome, count(*) FROM latest WHERE template_name = 'prefill' GROUP BY outcome")
    )
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


def test_a_models_page_lists_its_tests(reader, example):
    well = example.passing_model()
    reader.go(f"model/{quoted(well)}")
    rows = reader.rows(".data tbody")
    listed = sorted((row[1], row[2], int(row[3]), row[0].split("\n")[1]) for row in rows)
    expected = example.ask(
        f"SELECT template_name, hardware_type, batch_size, outcome FROM latest WHERE model_name = '{well}'"
    )
    assert listed == sorted((*place, outcome.replace("_", " ")) for *place, outcome in expected)
    ids = {row[-1].split()[0] for row in rows}
    assert ids == {str(each)[:18] for (each,) in example.ask(f"SELECT test_id FROM latest WHERE model_name = '{well}'")}


def test_a_models_plots_hold_its_figures(reader, example):
    well = example.passing_model()
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
    latency = reader.page.locator(".numbers table").first.evaluate(
        "table => [...table.rows].map(row => [...row.cells].map(cell => cell.innerText))"
    )
    column = latency[0].index("cpu")
    shown = {row[0]: row[column] for row in latency[1:]}
    expected = example.ask(
        f"SELECT batch_size, p50 FROM latest WHERE model_name = '{well}' AND template_name = '{template}' AND hardware_type = 'cpu'"
    )
    assert len(expected) == 7 == len(shown)
    for batch, p50 in expected:
        said = re.fullmatch(r"([\d.,]+) (µs|ms|s)", shown[str(batch)])
        assert float(said[1].replace(",", "")) * {"µs": 1e-6, "ms": 1e-3, "s": 1}[said[2]] == pytest.approx(
            p50, rel=0.006
        )


def test_an_address_of_no_model_says_so(reader):
    reader.go("model/no%20such%20model")
    assert reader.text("h1") == "No such model"
    reader.page.get_by_role("link", name="Back to the overview").click()
    reader.page.locator(".heat").wait_for()
    for broken in ("model/%E0%A4%A", "nowhere/at/all", "failures?cause=99999", "trends/no%20case", "constructor", "?by=constructor"):
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
    assert sorted(count for count, each in zip(counts, outcomes) if each == "oom") == sorted(
        count for (count,) in groups
    )


def test_a_cause_shows_texts_and_the_command_that_repeats_one(reader, example):
    reader.go("failures")
    card = reader.page.locator(".cause").filter(has_text="ValueError").first
    card.locator("summary").first.click()
    reader.page.wait_for_function("location.hash.includes('cause=')")  # the browser tells of it in its own time
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
    table = reader.page.locator(".panel").filter(has=reader.page.get_by_role("heading", name=f"{example.runs} runs"))
    rows = table.locator("tbody tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")
    shown = {
        row[0]: dict(reversed(pair) for pair in re.findall(r"(\d+) ([a-z ]+[a-z])", row[4].replace(",", "")))
        for row in rows
    }
    assert {run: {word: int(count) for word, count in counts.items()} for run, counts in shown.items()} == expected


def test_the_trend_of_one_case(reader, example):
    ((case,),) = example.ask("SELECT \"case\" FROM latest WHERE outcome = 'passed' ORDER BY 1 LIMIT 1")
    reader.go(f"trends/{quoted(case)}")
    reader.page.locator(".numbers summary").first.click()
    figures = [row[1] for row in reader.rows(".numbers:first-of-type table >> nth=0 >> tbody") if len(row) == 2][
        : example.runs
    ]
    expected = [
        p50
        for (p50,) in example.ask(
            f"SELECT (result->>'$.latency_s.p50')::DOUBLE FROM outcomes WHERE \"case\" = '{case}' ORDER BY run_id"
        )
    ]
    units = {"µs": 1e-6, "ms": 1e-3, "s": 1}
    shown = [float(text.split()[0].replace(",", "")) * units[text.split()[1]] for text in figures]
    assert shown == pytest.approx(expected, rel=0.011) and len(shown) == example.runs


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
