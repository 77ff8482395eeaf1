// What the views show is computed here from columns; each is held to a plain loop over the tests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, columnsOf, scaleOf } from "../src/cells.js";
import { countOutcomes, makeFilter } from "../src/filter.js";
import { historyOf, latencyChanges } from "../src/history.js";
import { MEASURES, valuesOf } from "../src/measures.js";
import { readRoute, routeTo } from "../src/route.js";
import { random, randomData } from "./data.js";

test("filtering agrees with looking at every test's names", () => {
  const data = randomData(3000);
  const filter = makeFilter(data);
  const below = random(7);
  const some = (list) => list[below(list.length)];
  for (let round = 0; round < 200; ++round) {
    const text = Array.from({ length: below(4) }, () =>
      some(["bert", "BASE", "cpu", "u", "float", "large", "zzz", "embed"]),
    ).join("  ");
    const outcomes = data.outcomes.map(({ word }) => word).filter(() => below(3) === 0);
    const template = some(["", "", ...data.templates]);
    const expected = [];
    for (let each = 0; each < data.count; ++each) {
      const names = [data.modelOf(each), data.hardwareOf(each), data.templateOf(each), data.axesOf(each)].map((name) =>
        name.toLowerCase(),
      );
      const fits = text
        .toLowerCase()
        .split(" ")
        .every((word) => names.some((name) => name.includes(word)));
      const wanted = !outcomes.length || outcomes.includes(data.outcomeOf(each).word);
      if (fits && wanted && (!template || data.templateOf(each) === template)) expected.push(each);
    }
    const found = filter({ text, outcomes, template });
    assert.deepEqual([...found], expected, JSON.stringify({ text, outcomes, template }));
    assert.equal(
      countOutcomes(data, found).reduce((sum, count) => sum + count, 0),
      expected.length,
    );
  }
});

for (const by of [undefined, ...Object.keys(MEASURES)]) {
  test(`cells by ${by ?? "outcome"} agree with looking for each one's tests`, () => {
    const data = randomData(400, 3);
    const tests = makeFilter(data)({ text: "bert" });
    const measure = MEASURES[by];
    const values = measure && valuesOf(data, measure);
    const layout = columnsOf(data);
    const cells = cellsOf(data, layout, tests, "name", measure, values);
    assert.deepEqual(
      cells.rows.map((model) => data.models[model]),
      ["BERT-base", "__proto__", "bert-large", "gpt2", "whisper"],
    );
    assert.deepEqual(
      layout.columns.map(({ hardware, batch }) => [data.hardware_types[hardware], data.batch_sizes[batch]]),
      [
        ["cpu", 1],
        ["cpu", 4],
        ["cpu", 64],
        ["cuda", 1],
        ["cuda", 4],
        ["cuda", 64],
      ],
    );
    cells.rows.forEach((model, row) =>
      layout.columns.forEach(({ hardware, batch }, column) => {
        const own = [...tests].filter(
          (each) =>
            data.tests.model[each] === model &&
            data.tests.hardware_type[each] === hardware &&
            data.tests.batch_size[each] === batch,
        );
        const at = cells.at(row, column);
        assert.equal(cells.count[at], own.length);
        assert.equal(cells.failing[at], own.filter((each) => data.outcomeOf(each).failing).length);
        assert.equal(cells.worst[at], Math.max(-1, ...own.map((each) => data.tests.outcome[each])));
        if (!measure) return;
        const known = own.map((each) => values[each]).filter(Number.isFinite);
        const worst = { latency: Math.max, throughput: Math.min, memory: Math.max }[by];
        const expected = worst
          ? worst(...known)
          : known.sort((a, b) => Math.abs(Math.log(b)) - Math.abs(Math.log(a)))[0];
        assert.equal(cells.value[at], known.length ? expected : NaN);
      }),
    );
  });
}

test("batch sizes that few tests have are no columns, and count for the order of rows", () => {
  const data = randomData(400, 3);
  data.tests.batch_size.forEach((size, at) => {
    if (size === 1) data.tests.batch_size[at] = at % 50 === 0 ? 1 : 2;
  });
  const layout = columnsOf(data);
  assert.deepEqual(
    layout.columns.map(({ batch }) => data.batch_sizes[batch]),
    [1, 64, 1, 64],
  );
  const cells = cellsOf(data, layout, makeFilter(data)({}), "failing");
  const counted = cells.count.reduce((sum, count) => sum + count, 0);
  const few = [...data.tests.batch_size].filter((size) => size === 1).length;
  assert.ok(few > 0);
  assert.equal(counted, 400 - few);
  const failing = cells.rows.map(
    (model) => [...data.tests.model].filter((each, at) => each === model && data.outcomeOf(at).failing).length,
  );
  assert.deepEqual(
    failing,
    failing.toSorted((a, b) => b - a),
  );
});

test("rows with the most failing tests stand first", () => {
  const data = randomData(500, 5);
  const cells = cellsOf(data, columnsOf(data), makeFilter(data)({}), "failing");
  const failing = cells.rows.map(
    (model) => [...data.tests.model].filter((each, at) => each === model && data.outcomeOf(at).failing).length,
  );
  assert.deepEqual(
    failing,
    [...failing].sort((a, b) => b - a),
  );
});

test("a scale goes from 0 to 1 and does not fail without values", () => {
  const scale = scaleOf({ value: Float64Array.from([1, 10, 100, NaN]) }, MEASURES.latency);
  assert.deepEqual([1, 10, 100, 1000, 0.1].map(scale), [0, 0.5, 1, 1, 0]);
  assert.equal(scaleOf({ value: new Float64Array(3).fill(NaN) }, MEASURES.latency)(5), 0);
  assert.equal(scaleOf({ value: Float64Array.from([7]) }, MEASURES.latency)(7), 0.5);
  const ratio = scaleOf({ value: Float64Array.from([1]) }, MEASURES.ratio);
  assert.deepEqual([1, 100, 0.01].map(ratio), [0, 1, -1]);
});

test("earlier results are found for each test", () => {
  const data = randomData(10);
  const told = (each) => historyOf(data, each).map(({ run, outcome, p50_ms }) => [run, outcome, p50_ms]);
  const latest = (each) => [2, data.tests.outcome[each], data.tests.p50_ms[each]];
  assert.deepEqual(told(0), [[0, 0, 10], latest(0)]);
  assert.deepEqual(told(1), [[0, 0, 20], [1, 4, 30], latest(1)]);
  assert.deepEqual(told(2), [[0, 0, NaN], latest(2)]);
  assert.deepEqual(told(4), [latest(4)]);
  assert.deepEqual(told(6), [[0, 0, 50], latest(6)]);
});

test("changes are of the latest latency against the median before, the largest first", () => {
  const data = randomData(10);
  const changes = latencyChanges(data);
  const expected = { 0: 10, 1: 25, 5: 40, 6: 50 };
  for (const { test: each, then, now, ratio } of changes) {
    assert.equal(then, expected[each]);
    assert.equal(now, data.tests.p50_ms[each]);
    assert.equal(ratio, now / then);
  }
  assert.deepEqual(
    changes.map(({ test: each }) => each).sort(),
    Object.keys(expected)
      .map(Number)
      .filter((each) => !Number.isNaN(data.tests.p50_ms[each])),
  );
  const sizes = changes.map(({ ratio }) => Math.abs(Math.log(ratio)));
  assert.deepEqual(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
});

test("addresses keep every name and filter", () => {
  for (const name of ["a/b", "a?b=c&d#e", "100% é 🐈", "\u202e</script>", "x".repeat(4000), "?", "/", "#"]) {
    const route = readRoute(routeTo("model", name, { text: name, batch_size: 4, empty: "" }));
    assert.deepEqual(
      [route.view, route.subject, route.query.get("text"), route.query.get("batch_size"), route.query.has("empty")],
      ["model", name, name, "4", false],
    );
  }
  assert.equal(readRoute("").view, "overview");
  assert.equal(readRoute("#/?text=x").query.get("text"), "x");
  assert.equal(readRoute("#/model/%E0%A4%A").subject, "");
});
