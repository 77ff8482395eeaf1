// The report's data: the JSON that the program put into the page (src/report/html/payload.h), with columns of numbers
// as typed arrays. A figure that is not known is NaN.
import { outcomeOf } from "./outcomes.js";

const NUMBERS = ["model", "hardware_type", "batch_size", "template", "axes", "outcome", "run", "cause", "message"];
const FIGURES = ["p50_ms", "p95_ms", "throughput_per_s", "duration_s", "memory_mb", "estimated_mb"];

const numbers = (list) => Int32Array.from(list);
const figures = (list, count) =>
  list ? Float64Array.from(list, (value) => (value < 0 ? NaN : value)) : new Float64Array(count).fill(NaN);

// Pairs of a number and how often it stands in a row, each time `step` more.
function repeated(pairs, step) {
  const all = [];
  for (let at = 0; at < pairs.length; at += 2) {
    for (let more = 0; more < pairs[at + 1]; ++more) all.push(pairs[at] + step * more);
  }
  return numbers(all);
}

function readPast(past) {
  const test = repeated(past.test, 1);
  return { run: past.run, test, outcome: repeated(past.outcome, 0), p50_ms: figures(past.p50_ms, test.length) };
}

export function readData(text) {
  const raw = JSON.parse(text);
  const columns = {};
  for (const name of NUMBERS) columns[name] = numbers(raw.tests[name]);
  const count = columns.model.length;
  for (const name of FIGURES) columns[name] = figures(raw.tests[name], count);
  const { ids, id_length: idLength } = raw.tests;
  const flaky = new Set(raw.tests.flaky);

  const data = {
    ...raw,
    count,
    tests: columns,
    outcomes: raw.outcomes.map(outcomeOf),
    runs: raw.runs.map((run) => ({ ...run, outcomes: Object.assign(Object.create(null), run.outcomes) })),
    past: raw.past.map(readPast),
    testId: (test) => ids.slice(test * idLength, (test + 1) * idLength),
    flaky: flaky.size,
    isFlaky: (test) => flaky.has(test),
    modelOf: (test) => raw.models[columns.model[test]],
    hardwareOf: (test) => raw.hardware_types[columns.hardware_type[test]],
    batchOf: (test) => raw.batch_sizes[columns.batch_size[test]],
    templateOf: (test) => raw.templates[columns.template[test]],
    axesOf: (test) => raw.axes[columns.axes[test]],
    outcomeOf: (test) => data.outcomes[columns.outcome[test]],
    ratioOf: (test) => columns.estimated_mb[test] / columns.memory_mb[test],
    caseOf(test) {
      const axes = data.axesOf(test);
      const place = `${data.modelOf(test)}/${data.hardwareOf(test)}/${data.templateOf(test)}`;
      return `${place}[batch_size=${data.batchOf(test)}${axes ? `,${axes}` : ""}]`;
    },
  };
  // Where each model stands by name.
  data.modelPlaces = new Int32Array(data.models.length);
  const byName = data.models.map((name, number) => ({ name, number })).sort((a, b) => (a.name < b.name ? -1 : 1));
  byName.forEach(({ number }, place) => (data.modelPlaces[number] = place));
  data.causes.forEach((cause) => (cause.tests = []));
  for (let test = 0; test < count; ++test) {
    if (columns.cause[test] >= 0) data.causes[columns.cause[test]].tests.push(test);
  }
  return data;
}
