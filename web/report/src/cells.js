// The heat map's cells: models × (hardware type × batch size), from the tests that are shown.

const SELDOM = 0.1; // of the tests at the batch size that most of the hardware type's have

// The columns that any test has, so that they stay where they are while the reader filters. Batch sizes that few have,
// as a search for the largest tries them, are left to the models' pages: `placeOf` is -1.
export function columnsOf(data) {
  const { hardware_type, batch_size } = data.tests;
  const sizes = data.batch_sizes.length;
  const has = new Int32Array(data.hardware_types.length * sizes);
  for (let test = 0; test < data.count; ++test) ++has[hardware_type[test] * sizes + batch_size[test]];
  const order = data.hardware_types
    .map((word, number) => ({ word, number }))
    .sort((a, b) => (a.word < b.word ? -1 : 1));
  const columns = [];
  for (const { number } of order) {
    const counts = has.subarray(number * sizes, (number + 1) * sizes);
    const few = SELDOM * counts.reduce((most, count) => Math.max(most, count), 0);
    for (let size = 0; size < sizes; ++size) {
      if (counts[size] > 0 && counts[size] >= few) columns.push({ hardware: number, batch: size });
    }
  }
  const place = new Int32Array(has.length).fill(-1);
  columns.forEach(({ hardware, batch }, index) => (place[hardware * sizes + batch] = index));
  return { columns, placeOf: (test) => place[hardware_type[test] * sizes + batch_size[test]] };
}

// Rows are models' numbers; `at(row, column)` gives where a cell stands in the arrays. `order`: "failing" or "name".
export function cellsOf(data, { columns, placeOf }, tests, order, measure, values) {
  const width = columns.length;
  const slots = new Int32Array(data.models.length).fill(-1);
  const rows = [];
  for (const test of tests) {
    const model = data.tests.model[test];
    if (slots[model] < 0) slots[model] = rows.push(model) - 1;
  }
  const count = new Int32Array(rows.length * width);
  const failing = new Int32Array(rows.length * width);
  const worst = new Int16Array(rows.length * width).fill(-1);
  const value = measure ? new Float64Array(rows.length * width).fill(NaN) : null;
  const failingOfRow = new Int32Array(rows.length);
  for (const test of tests) {
    const slot = slots[data.tests.model[test]];
    const outcome = data.tests.outcome[test];
    const isFailing = data.outcomes[outcome].failing;
    if (isFailing) ++failingOfRow[slot];
    const place = placeOf(test);
    if (place < 0) continue;
    const cell = slot * width + place;
    ++count[cell];
    if (isFailing) ++failing[cell];
    if (outcome > worst[cell]) worst[cell] = outcome; // they are numbered from the best to the worst
    if (value && Number.isFinite(values[test])) {
      value[cell] = Number.isNaN(value[cell]) ? values[test] : measure.of(values[test], value[cell]);
    }
  }
  const sorted = rows.map((model, slot) => ({ model, slot }));
  const byName = (a, b) => data.modelPlaces[a.model] - data.modelPlaces[b.model];
  const byFailing = (a, b) => failingOfRow[b.slot] - failingOfRow[a.slot] || byName(a, b);
  sorted.sort(order === "name" ? byName : byFailing);
  return {
    rows: sorted.map(({ model }) => model),
    at: (row, column) => sorted[row].slot * width + column,
    count,
    failing,
    worst,
    value,
  };
}

const SCALED = 10_000; // so many cells at most are looked at to make a scale

// Where a value stands between the least and the greatest, on a logarithmic scale: 0 to 1. Outliers of one in fifty on
// either side do not stretch it.
export function scaleOf(cells, measure) {
  if (measure.diverging) return (value) => Math.max(-1, Math.min(1, Math.log2(value) / 1.5));
  const every = Math.ceil(cells.value.length / SCALED);
  const known = cells.value.filter((value, at) => at % every === 0 && value > 0).sort();
  if (!known.length) return () => 0;
  const low = Math.log(known[Math.floor(known.length * 0.02)]);
  const high = Math.log(known[Math.ceil(known.length * 0.98) - 1]);
  return (value) => (high > low ? Math.max(0, Math.min(1, (Math.log(value) - low) / (high - low))) : 0.5);
}
