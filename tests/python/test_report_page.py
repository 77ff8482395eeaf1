"""How the HTML report's pages behave and look, in a real browser: the keyboard, hostile names, light and dark, narrow
windows, accessibility, and size. A screenshot of each page is kept in build/report-screenshots/."""

import re

import duckdb
import pytest
from browsing import PHONE, found, quoted
from cli_driver import Program
from report_example import Example


# --- keyboard


def test_tab_goes_through_the_page_in_order(reader):
    stops = []
    for _ in range(9):
        reader.page.keyboard.press("Tab")
        stops.append(reader.focused().split("\n")[0])
    assert stops[0] == "Skip to the content"
    assert (
        stops[1].startswith("testloom")
        and stops[2] == "Overview"
        and stops[3].startswith("Failures")
        and stops[4] == "Trends"
    )
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
    place = lambda: page.evaluate(
        "[document.activeElement.dataset.row, document.activeElement.dataset.column].map(Number)"
    )
    steps = [
        ("ArrowRight", [0, 0]),
        ("ArrowRight", [0, 1]),
        ("ArrowDown", [1, 1]),
        ("ArrowLeft", [1, 0]),
        ("ArrowUp", [0, 0]),
        ("ArrowUp", [0, 0]),
        ("End", [0, 20]),
        ("ArrowRight", [0, 20]),
        ("Home", [0, -1]),
    ]
    for key, expected in steps:
        page.keyboard.press(key)
        assert place() == expected, key
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Control+End")
    rows = int(page.locator(".heat").get_attribute("aria-rowcount")) - 2
    assert place() == [rows - 1, 20]
    assert page.evaluate(
        "(cell => { const box = cell.getBoundingClientRect(), grid = cell.closest('.heat').getBoundingClientRect();"
        " return box.top >= grid.top && box.bottom <= grid.bottom + 1; })(document.activeElement)"
    )
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
        connection.execute(
            "INSERT INTO runs (run_id, plan_id, started_at, engine, host) VALUES ('r<b>1', 1, now(), 'local', '<i>host')"
        )
        for name in HOSTILE.values():
            connection.execute(
                'INSERT INTO outcomes (run_id, test_id, "case", attempt, outcome, started_at, model_name, hardware_type, batch_size, '
                "template_name, axes, error_type, error_message, traceback, output_tail) VALUES ('r<b>1', uuid(), $1 || "
                "'/cpu/t[batch_size=1]', 1, 'error', now(), $1, 'cpu', 1, $1, '{}', $1, $1, $1, $1)",
                [name],
            )
    program("report", "--html", "report.html")
    unseen = re.compile("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
    with browser.reading(tmp_path / "report.html") as reader:
        assert reader.facts()["models"] == len(HOSTILE)
        shown = reader.page.locator(".heat-space .heat-name bdi").evaluate_all(
            "all => all.map(each => each.textContent)"
        )
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


# --- flaky tests


def test_flaky_tests_are_counted_and_marked(browser, tmp_path):
    program = Program(tmp_path)
    program("init", "--no-templates")
    attempts = [
        ("shaky", 1, "failed"),
        ("shaky", 2, "passed"),
        ("steady", 1, "passed"),
        ("cut", 1, "interrupted"),
        ("cut", 2, "passed"),
    ]
    with duckdb.connect(str(tmp_path / "testloom.duckdb")) as connection:
        connection.execute("INSERT INTO runs (run_id, plan_id, started_at, engine) VALUES ('r1', 1, now(), 'local')")
        connection.executemany(
            'INSERT INTO outcomes (run_id, test_id, "case", attempt, outcome, started_at, model_name, hardware_type, batch_size, '
            "template_name, axes) VALUES ('r1', uuid(), $1 || '/cpu/t[batch_size=1]', $2, $3, now(), $1, 'cpu', 1, 't', '{}')",
            attempts,
        )
    program("report", "--html", "report.html")
    with browser.reading(tmp_path / "report.html") as reader:
        assert reader.facts() == {"tests": 3, "models": 3, "failing": 0, "flaky": 1, "run": 1}
        for model in ("shaky", "steady", "cut"):
            reader.go(f"model/{model}")
            assert reader.texts(".flaky") == (["flaky"] if model == "shaky" else [])


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
def test_pages_look_right_and_are_accessible(browser, example, scheme):
    grounds = {}
    with browser.reading(example.file, scheme) as reader:
        for name, route in {**PAGES, "model": f"model/{quoted(example.passing_model())}"}.items():
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


def test_pages_fit_a_phone(browser, example):
    with browser.reading(example.file, "dark", PHONE) as reader:
        for name, route in {**PAGES, "model": f"model/{quoted(example.passing_model())}"}.items():
            reader.go(route)
            reader.screenshot(f"{name}-phone")
            assert reader.overflow() <= 0, name


def test_ten_thousand_tests_stay_under_two_megabytes(tmp_path):
    example = Example(tmp_path, 10_000, 10)
    assert example.file.stat().st_size < 2_000_000
