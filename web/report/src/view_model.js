// One model: its figures over batch sizes, predicted against measured memory, and its tests.
import { h, name, outcomeMark } from "./dom.js";
import { countOutcomes } from "./filter.js";
import {
  showCount,
  showMegabytes,
  showMilliseconds,
  showRate,
  showRatio,
  showSeconds,
  visible,
  counted,
  shortened,
} from "./format.js";
import { endPlots, linePlot } from "./plot.js";
import { replaceRoute, routeTo } from "./route.js";

const LISTED = 200;
const LINES = 8;

function testsOf(data, model) {
  const tests = [];
  for (let test = 0; test < data.count; ++test) if (data.tests.model[test] === model) tests.push(test);
  const { hardware_type, batch_size, template, axes } = data.tests;
  return tests.sort(
    (a, b) =>
      template[a] - template[b] ||
      hardware_type[a] - hardware_type[b] ||
      axes[a] - axes[b] ||
      batch_size[a] - batch_size[b],
  );
}

// Tests of one template as lines: one for each hardware type and choice of axes, over the batch sizes that there are.
function linesOf(data, tests) {
  const batches = [...new Set(tests.map((test) => data.tests.batch_size[test]))].sort((a, b) => a - b);
  const lines = new Map();
  for (const test of tests) {
    const label = [visible(data.hardwareOf(test)), visible(data.axesOf(test))].filter(Boolean).join(", ");
    if (!lines.has(label))
      lines.set(
        label,
        batches.map(() => null),
      );
    lines.get(label)[batches.indexOf(data.tests.batch_size[test])] = test;
  }
  return {
    xLabels: batches.map((batch) => String(data.batch_sizes[batch])),
    lines: [...lines].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

const known = (column, tests) =>
  tests.map((test) => (test === null || Number.isNaN(column[test]) ? null : column[test]));

function plots(data, tests) {
  const { xLabels, lines } = linesOf(data, tests);
  const shown = lines.slice(0, LINES);
  const note = lines.length > LINES ? `(${LINES} of ${lines.length} lines)` : "";
  const series = (column) =>
    shown.map(([label, own], index) => ({ label, values: known(data.tests[column], own), hue: index, dash: index }));
  const common = { xTitle: "batch size", xLabels, note };
  const memory = shown.flatMap(([label, own], index) => [
    { label: `${label} measured`, values: known(data.tests.memory_mb, own), hue: index, dash: 0 },
    { label: `${label} predicted`, values: known(data.tests.estimated_mb, own), hue: index, dash: 1 },
  ]);
  return h(
    "div",
    { class: "plots" },
    linePlot({ ...common, title: "Latency p50", series: series("p50_ms"), show: showMilliseconds }),
    linePlot({ ...common, title: "Throughput", series: series("throughput_per_s"), show: showRate }),
    linePlot({
      ...common,
      title: "Peak memory",
      note: `${note} dashed: predicted`.trim(),
      series: memory,
      show: showMegabytes,
    }),
  );
}

const COLUMNS = [
  "Outcome",
  "Template",
  "Hardware",
  "Batch",
  "Axes",
  "p50",
  "p95",
  "Throughput",
  "Memory",
  "Predicted",
  "÷ measured",
  "Duration",
  "Test",
];
const NUMBERS = COLUMNS.filter((title) => !["Outcome", "Template", "Hardware", "Axes"].includes(title));

function why(data, test) {
  const cause = data.tests.cause[test];
  if (cause < 0) return null;
  const message = data.tests.message[test];
  const text = visible(message >= 0 ? data.messages[message] : data.causes[cause].title);
  return h("a", { class: "why", href: routeTo("failures", "", { cause }) }, h("bdi", {}, shortened(text, 80)));
}

function testRow(data, test, isNamed) {
  const { tests } = data;
  const number = (text) => h("td", { class: "number" }, text);
  const trend =
    data.past.length > 0 && h("a", { href: routeTo("trends", data.caseOf(test)), "aria-label": "its trend" }, "trend");
  return h(
    "tr",
    { class: isNamed ? "named" : null },
    h(
      "td",
      {},
      outcomeMark(data.outcomeOf(test)),
      data.isFlaky(test) && h("span", { class: "flaky" }, "flaky"),
      why(data, test),
    ),
    h("td", {}, name(data.templateOf(test), 40)),
    h("td", {}, name(data.hardwareOf(test), 24)),
    number(String(data.batchOf(test))),
    h("td", {}, name(data.axesOf(test), 40)),
    number(showMilliseconds(tests.p50_ms[test])),
    number(showMilliseconds(tests.p95_ms[test])),
    number(showRate(tests.throughput_per_s[test])),
    number(showMegabytes(tests.memory_mb[test])),
    number(showMegabytes(tests.estimated_mb[test])),
    number(showRatio(data.ratioOf(test))),
    number(showSeconds(tests.duration_s[test])),
    h("td", { class: "number" }, h("code", { class: "id" }, data.testId(test)), " ", trend),
  );
}

function testTable(data, tests, isNamed) {
  const body = h("tbody");
  let shown = 0;
  const more = h("button", { type: "button", class: "more", onclick: () => grow() });
  function grow() {
    body.append(...tests.slice(shown, shown + LISTED).map((test) => testRow(data, test, isNamed(test))));
    shown = Math.min(tests.length, shown + LISTED);
    more.textContent = `${showCount(tests.length - shown)} more`;
    more.hidden = shown === tests.length;
  }
  grow();
  return [
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Tests" },
      h(
        "table",
        { class: "data" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            COLUMNS.map((title) => h("th", { scope: "col", class: NUMBERS.includes(title) && "number" }, title)),
          ),
        ),
        body,
      ),
    ),
    more,
  ];
}

function unknownModel(subject) {
  return {
    title: "No such model",
    element: h(
      "div",
      { class: "page" },
      h("h1", {}, "No such model"),
      h(
        "p",
        { class: "empty" },
        name(subject, 200),
        " has no test in this report. ",
        h("a", { href: routeTo("overview") }, "Back to the overview"),
      ),
    ),
  };
}

export function model(data, filter, route) {
  const number = data.models.indexOf(route.subject);
  if (number < 0) return unknownModel(route.subject);
  const tests = testsOf(data, number);
  const templates = [...new Set(tests.map((test) => data.tests.template[test]))];
  const figures = (template) =>
    tests.filter((test) => data.tests.template[test] === template && !Number.isNaN(data.tests.p50_ms[test])).length;
  const wanted = templates.find((each) => data.templates[each] === route.query.get("template"));
  let chosen = wanted ?? templates.reduce((best, each) => (figures(each) > figures(best) ? each : best));
  const plotPlace = h("div");
  function draw() {
    endPlots();
    plotPlace.replaceChildren(
      plots(
        data,
        tests.filter((test) => data.tests.template[test] === chosen),
      ),
    );
  }
  const select = h(
    "select",
    {
      id: "template",
      onchange: () => {
        chosen = Number(select.value);
        const query = Object.fromEntries(route.query);
        replaceRoute("model", route.subject, { ...query, template: data.templates[chosen] });
        draw();
      },
    },
    templates.map((each) => h("option", { value: each }, name(data.templates[each], 40).textContent)),
  );
  select.value = chosen;
  draw();
  const counts = countOutcomes(data, tests);
  const { query } = route;
  // The tests of the cell that the reader comes from stand first.
  const isNamed = (test) =>
    query.get("hardware_type") === data.hardwareOf(test) && query.get("batch_size") === String(data.batchOf(test));
  tests.sort((a, b) => isNamed(b) - isNamed(a));
  const element = h(
    "div",
    { class: "page" },
    h(
      "nav",
      { class: "crumbs", "aria-label": "Where you are" },
      h("a", { href: routeTo("overview") }, "Overview"),
      " / model",
    ),
    h("h1", { class: "model-name" }, h("bdi", {}, shortened(visible(route.subject), 400))),
    h(
      "p",
      { class: "marks" },
      data.outcomes.map((outcome, each) => counts[each] > 0 && outcomeMark(outcome, showCount(counts[each]))),
    ),
    templates.length > 1 &&
      h("div", { class: "panel-head" }, h("label", { for: "template" }, "Figures of template"), select),
    plotPlace,
    h(
      "section",
      { class: "panel" },
      h("div", { class: "panel-head" }, h("h2", {}, counted(tests.length, "test"))),
      testTable(data, tests, isNamed),
    ),
  );
  return { title: shortened(visible(route.subject), 60), element };
}
