// Trends: how the outcomes of all tests went from run to run, and one test's latency.
import { caseName, h, name, outcomeMark } from "./dom.js";
import { historyOf, latencyChanges } from "./history.js";
import { counted, showCount, showMilliseconds, visible } from "./format.js";
import { linePlot, stackedBars } from "./plot.js";
import { routeTo } from "./route.js";

const SHOWN = 25;
const short = (run) => run.started_at.slice(5, 16);

function outcomesByRun(data, title, wanted) {
  const seen = data.outcomes.filter(
    (outcome) => wanted(outcome) && data.runs.some((run) => run.outcomes[outcome.word]),
  );
  return (
    seen.length > 0 &&
    stackedBars({
      title,
      xTitle: "run",
      xLabels: data.runs.map(short),
      show: (value) => showCount(value),
      series: seen.map((outcome) => ({
        label: outcome.label,
        token: `--o-${outcome.style}`,
        values: data.runs.map((run) => run.outcomes[outcome.word] ?? 0),
      })),
    })
  );
}

function runTable(data) {
  const row = (run) =>
    h(
      "tr",
      {},
      h("td", {}, h("code", {}, visible(run.run_id))),
      h("td", {}, `${run.started_at} UTC`),
      h("td", {}, name(run.plan, 40)),
      h("td", {}, name(run.host, 40)),
      h(
        "td",
        {},
        data.outcomes
          .map((outcome) => run.outcomes[outcome.word] && outcomeMark(outcome, showCount(run.outcomes[outcome.word])))
          .filter(Boolean),
      ),
    );
  return h(
    "section",
    { class: "panel" },
    h("div", { class: "panel-head" }, h("h2", {}, counted(data.runs.length, "run"))),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Runs" },
      h(
        "table",
        { class: "data" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Run", "Began", "Plan", "Host", "Outcomes"].map((title) => h("th", { scope: "col" }, title)),
          ),
        ),
        h("tbody", {}, data.runs.toReversed().map(row)),
      ),
    ),
  );
}

function findCase(data, wanted) {
  for (let test = 0; test < data.count; ++test) if (data.caseOf(test) === wanted) return test;
  return -1;
}

function caseTrend(data, test) {
  const results = historyOf(data, test);
  const labels = results.map(({ run }) => short(data.runs[run]));
  return h(
    "section",
    { "aria-label": "One test" },
    h("h2", { class: "subject" }, h("a", { href: routeTo("model", data.modelOf(test)) }, caseName(data.caseOf(test)))),
    linePlot({
      title: "Latency p50 over runs",
      xTitle: "run",
      xLabels: labels,
      show: showMilliseconds,
      series: [
        { label: "p50", values: results.map(({ p50_ms }) => (Number.isNaN(p50_ms) ? null : p50_ms)), hue: 0, dash: 0 },
      ],
    }),
    h(
      "ol",
      { class: "results" },
      results
        .slice(-SHOWN)
        .map(({ run, outcome }) =>
          h("li", {}, h("span", {}, short(data.runs[run])), outcomeMark(data.outcomes[outcome])),
        ),
    ),
  );
}

function changeTable(data, changes) {
  const body = h("tbody");
  const count = h("p", { class: "found", role: "status" });
  function show(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length
      ? changes.filter(({ test }) => {
          const own = data.caseOf(test).toLowerCase();
          return words.every((word) => own.includes(word));
        })
      : changes;
    count.textContent = counted(found.length, "test");
    body.replaceChildren(
      ...found
        .slice(0, SHOWN)
        .map(({ test, then, now, ratio }) =>
          h(
            "tr",
            {},
            h("td", {}, h("a", { href: routeTo("trends", data.caseOf(test)) }, caseName(data.caseOf(test), 100))),
            h("td", { class: "number" }, showMilliseconds(then)),
            h("td", { class: "number" }, showMilliseconds(now)),
            h(
              "td",
              { class: `number ${ratio > 1.05 ? "slower" : ratio < 0.95 ? "faster" : ""}` },
              `${ratio >= 1 ? "+" : "−"}${Math.abs((ratio - 1) * 100).toFixed(1)} %`,
            ),
          ),
        ),
    );
  }
  show("");
  return h(
    "section",
    { class: "panel" },
    h(
      "div",
      { class: "panel-head" },
      h("h2", {}, "Largest changes of latency"),
      h("input", {
        type: "search",
        class: "search",
        "aria-label": "Find a test",
        placeholder: "Find a test…",
        oninput: (event) => show(event.target.value),
      }),
      count,
    ),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Changes" },
      h(
        "table",
        { class: "data" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Test", "Before", "Now", "Change"].map((title, index) =>
              h("th", { scope: "col", class: index > 0 && "number" }, title),
            ),
          ),
        ),
        body,
      ),
    ),
    h("p", { class: "note" }, "Before: the median of up to five earlier runs. A change here is not tested for chance."),
  );
}

export function trends(data, filter, route) {
  const test = route.subject ? findCase(data, route.subject) : -1;
  const changes = latencyChanges(data);
  const leftOut =
    data.first_past_run > 0 &&
    h(
      "p",
      { class: "note" },
      `Latencies of the first ${counted(data.first_past_run, "run")} are left out, to keep this file small.`,
    );
  return {
    title: "Trends",
    element: h(
      "div",
      { class: "page" },
      h("h1", { class: "unseen" }, "Trends"),
      route.subject && test < 0 && h("p", { class: "empty" }, name(route.subject, 200), " is not in this report."),
      test >= 0 && caseTrend(data, test),
      h(
        "div",
        { class: "plots" },
        outcomesByRun(data, "Outcomes by run", () => true),
        outcomesByRun(data, "Failing by run", ({ failing }) => failing),
      ),
      changes.length > 0
        ? changeTable(data, changes)
        : h("p", { class: "empty" }, "No test has a latency in more than one run."),
      leftOut,
      runTable(data),
    ),
  };
}
