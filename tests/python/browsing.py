"""Opens reports in a real headless Chromium. Every page is held to what is true of each: nothing written to the
console, no error, no request besides the report's own file, no dialog. It hands out `Browser`, `Reader`, and
what tests of reports share."""

import re
import shutil
import urllib.parse
from contextlib import contextmanager

from cli_driver import REPOSITORY
from playwright.sync_api import sync_playwright

SCREENSHOTS = REPOSITORY / "build" / "report-screenshots"
AXE = REPOSITORY / "web" / "report" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}


def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "no Chromium is installed: scripts/setup installs it"
    return path


class Browser:
    def __init__(self):
        self.playwright = sync_playwright().start()
        self.chromium = self.playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])

    def close(self):
        self.chromium.close()
        self.playwright.stop()

    @contextmanager
    def reading(self, file, scheme="light", viewport=None):
        """A report that is open in a page of its own."""
        context = self.chromium.new_context(color_scheme=scheme, viewport=viewport or WIDE)
        trouble, requests = [], []
        try:
            page = context.new_page()
            page.on("console", lambda message: trouble.append(f"console {message.type}: {message.text}"))
            page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
            page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
            page.on("request", lambda request: requests.append(request.url))
            page.set_default_timeout(10_000)
            yield Reader(page, file)
            page.wait_for_timeout(50)  # for what was written to the console last
        finally:
            context.close()
        assert trouble == []
        assert {url.partition("#")[0] for url in requests} == {file.as_uri()}


class Reader:
    """One page, and what can be read from it."""

    def __init__(self, page, file):
        self.page, self.file = page, file
        self.go("")

    def go(self, route):
        """Opens a route as if somebody had followed a link to it from elsewhere."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.file.as_uri()}#/{route}")
        self.page.locator("main .page").wait_for()

    @property
    def route(self):
        return self.page.evaluate("location.hash")

    def texts(self, selector):
        return [text.strip() for text in self.page.locator(selector).all_inner_texts()]

    def text(self, selector):
        (only,) = self.texts(selector)
        return only

    def facts(self):
        facts = [re.fullmatch(r"([\d,]+)\s*(\w+)", text).groups() for text in self.texts(".fact")]
        return {label: int(count.replace(",", "")) for count, label in facts}

    def counts(self):
        """What the filter's boxes say: how many tests by outcome."""
        words = self.page.locator(".chip input").evaluate_all("boxes => boxes.map(box => box.value)")
        return dict(zip(words, (int(text.replace(",", "")) for text in self.texts(".chip .count"))))

    def cells(self):
        """The cells in view that have tests, as (model, hardware type, batch size): the words of the cell."""
        labels = self.page.locator(".heat-cell:not(.none)").evaluate_all(
            "all => all.map(one => one.getAttribute('aria-label'))"
        )
        found = {}
        for label in labels:
            place, _, words = label.partition(": ")
            model, hardware, batch = place.partition(" ")[2].rsplit(", ", 2)
            found[model, hardware, int(batch.removeprefix("batch "))] = words
        return found

    def rows(self, selector):
        """The texts of a table's cells, row by row."""
        return self.page.locator(f"{selector} tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        )

    def focused(self):
        """What has the focus: its text or label."""
        return self.page.evaluate(
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
        )

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(150)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def violations(self):
        """What axe-core finds against the accessibility guidelines."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        return [(each["id"], each["nodes"][0]["html"]) for each in found]

    def overflow(self):
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


def found(reader):
    """How many tests and models the overview says that it shows."""
    tests, models = re.fullmatch(r"([\d,]+) tests? of ([\d,]+) models?", reader.text(".found")).groups()
    return int(tests.replace(",", "")), int(models.replace(",", ""))


def quoted(text):
    """A name as it stands in an address."""
    return urllib.parse.quote(text, safe="")
