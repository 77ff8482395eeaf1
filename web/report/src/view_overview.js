// The overview: how all tests came out, the heat map, and what fails most.
import { cellsOf, columnsOf, scaleOf } from "./cells.js";
import { causeSummary } from "./causes.js";
import { h } from "./dom.js";
import { countOutcomes } from "./filter.js";
import { FilterBar, filterQuery, readFilter } from "./filter_bar.js";
import { counted, showCount } from "./format.js";
import { HeatMap, describerOf, painterOf } from "./heatmap.js";
import { MEASURES, valuesOf } from "./measures.js";
import { replaceRoute, routeTo } from "./route.js";

function select(id, label, options, chosen, changed) {
  const element = h(
    "select",
    { id, onchange: () => changed(element.value) },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
  return [h("label", { for: id }, label), element];
}

function legend(data, counts, measure) {
  if (!measure) {
    const seen = data.outcomes.filter((_, number) => counts[number] > 0);
    return h(
      "p",
      { class: "legend" },
      seen.map((outcome) =>
        h(
          "span",
          {},
          h("i", { class: `swatch o-${outcome.style}`, "aria-hidden": "true" }, outcome.symbol),
          outcome.label,
        ),
      ),
    );
  }
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const swatch = (style, heat) => h("i", { class: `swatch ${style}`, style: { "--heat": heat } });
  if (measure.diverging) {
    return h(
      "p",
      { class: "legend" },
      h(
        "span",
        {},
        "predicted too little",
        steps.toReversed().map((heat) => swatch("under", heat)),
        steps.slice(1).map((heat) => swatch("over", heat)),
        "predicted too much",
      ),
    );
  }
  return h(
    "p",
    { class: "legend" },
    h(
      "span",
      {},
      "little",
      steps.map((heat) => swatch("warm", heat)),
      "much",
    ),
    h(
      "span",
      {},
      `in ${measure.unit}${measure.column?.match(/ms|mb/) ? " where no unit stands" : ""}; of several tests in a cell the ${measure.which}`,
    ),
  );
}

function summary(data) {
  const counts = countOutcomes(
    data,
    Array.from({ length: data.count }, (_, test) => test),
  );
  const failing = data.outcomes.reduce((sum, outcome, number) => sum + (outcome.failing ? counts[number] : 0), 0);
  const fact = (value, label, style) =>
    h("div", { class: `fact ${style || ""}` }, h("b", {}, value), h("span", {}, label));
  const bar = h(
    "div",
    {
      class: "bar",
      role: "img",
      "aria-label": data.outcomes
        .map((outcome, number) => counts[number] && `${counts[number]} ${outcome.label}`)
        .filter(Boolean)
        .join(", "),
    },
    data.outcomes.map(
      (outcome, number) =>
        counts[number] > 0 &&
        h("i", {
          class: `o-${outcome.style}`,
          style: { "flex-grow": counts[number] },
          title: `${showCount(counts[number])} ${outcome.label}`,
        }),
    ),
  );
  const last = data.runs.at(-1);
  return h(
    "section",
    { class: "summary", "aria-label": "Summary" },
    h(
      "div",
      { class: "facts" },
      fact(showCount(data.count), data.count === 1 ? "test" : "tests"),
      fact(showCount(data.models.length), data.models.length === 1 ? "model" : "models"),
      fact(showCount(failing), "failing", failing > 0 && "bad"),
      data.flaky > 0 && fact(showCount(data.flaky), "flaky"),
      fact(showCount(data.runs.length), data.runs.length === 1 ? "run" : "runs"),
      h(
        "p",
        { class: "note" },
        data.runs.length > 1 ? "The latest result of every test; the last run began " : "The run began ",
        h("time", { datetime: `${last.started_at.replace(" ", "T")}Z` }, `${last.started_at} UTC`),
      ),
    ),
    bar,
  );
}

export function overview(data, filter, route) {
  const wanted = readFilter(route.query);
  let by = Object.hasOwn(MEASURES, route.query.get("by")) ? route.query.get("by") : "outcome";
  let order = route.query.get("order") === "name" ? "name" : "failing";
  const layout = columnsOf(data);
  const values = {};
  let described = () => "";
  const map = new HeatMap(data, layout.columns, {
    label: "Models by hardware type and batch size",
    describe: (row, column) => described(row, column),
    open: (model, column) => {
      location.hash = routeTo(
        "model",
        data.models[model],
        column && {
          hardware_type: data.hardware_types[column.hardware],
          batch_size: data.batch_sizes[column.batch],
        },
      );
    },
  });
  const found = h("p", { class: "found", role: "status", "aria-live": "polite" });
  const legendPlace = h("div");
  const causes = h("div");

  function show() {
    performance.mark("filter-begin");
    const tests = filter(wanted);
    const measure = by === "outcome" ? undefined : MEASURES[by];
    if (measure) values[by] ??= valuesOf(data, measure);
    const cells = cellsOf(data, layout, tests, order, measure, values[by]);
    described = describerOf(data, cells, layout.columns, measure);
    map.show(cells, painterOf(data, cells, measure, measure ? scaleOf(cells, measure) : null), Boolean(measure));
    const counts = countOutcomes(data, tests);
    bar.show(wanted.outcomes.length ? countOutcomes(data, filter({ ...wanted, outcomes: [] })) : counts);
    const elsewhere = tests.reduce((count, test) => count + (layout.placeOf(test) < 0), 0);
    found.textContent =
      `${counted(tests.length, "test")} of ${counted(cells.rows.length, "model")}` +
      (elsewhere ? `; ${showCount(elsewhere)} at batch sizes that few have, on their models' pages` : "");
    map.element.classList.toggle("nothing", tests.length === 0);
    legendPlace.replaceChildren(legend(data, counts, measure));
    causes.replaceChildren(causeSummary(data, tests));
    performance.measure("filter", "filter-begin");
  }
  function changed() {
    replaceRoute("overview", "", {
      ...filterQuery(wanted),
      by: by === "outcome" ? "" : by,
      order: order === "failing" ? "" : order,
    });
    show();
  }

  const bar = new FilterBar(data, countOutcomes(data, filter({})), wanted, changed);
  const measures = Object.entries(MEASURES).map(([word, { label }]) => [word, label]);
  const bySelect = select("by", "Colour by", [["outcome", "outcome"], ...measures], by, (value) => {
    by = value;
    changed();
  });
  const orders = [
    ["failing", "most failing first"],
    ["name", "name"],
  ];
  const orderSelect = select("order", "Order", orders, order, (value) => {
    order = value;
    changed();
  });
  show();
  return {
    title: "Overview",
    element: h(
      "div",
      { class: "page" },
      h("h1", { class: "unseen" }, "Overview"),
      summary(data),
      bar.element,
      h(
        "section",
        { class: "panel", "aria-label": "Heat map" },
        h("div", { class: "panel-head" }, bySelect, orderSelect, found),
        map.element,
        legendPlace,
      ),
      causes,
    ),
    shown: () => map.draw(true),
    remove: () => map.remove(),
  };
}
