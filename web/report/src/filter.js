// Which tests are shown. Every word of the text has to stand in the model's, template's or hardware type's name or
// among the axes; words are looked up in the names once, and the tests' columns then say which of them fit.
const NAMED = [
  ["model", "models"],
  ["template", "templates"],
  ["hardware_type", "hardware_types"],
  ["axes", "axes"],
];

export function makeFilter(data) {
  const lowered = NAMED.map(([column, names]) => [data.tests[column], data[names].map((name) => name.toLowerCase())]);

  const columnsWith = (word) =>
    lowered
      .map(([column, names]) => [column, Uint8Array.from(names, (name) => (name.includes(word) ? 1 : 0))])
      .filter(([, fits]) => fits.includes(1));

  // The numbers of the tests that fit. `outcomes`: words, empty for all; `template`: a name, empty for all.
  return function filter({ text = "", outcomes = [], template = "" }) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean).map(columnsWith);
    const wanted = Uint8Array.from(data.outcomes, ({ word }) => (!outcomes.length || outcomes.includes(word) ? 1 : 0));
    const only = template ? data.templates.indexOf(template) : -1;
    const { outcome, template: templates } = data.tests;
    const found = new Int32Array(data.count);
    let count = 0;
    for (let test = 0; test < data.count; ++test) {
      if (!wanted[outcome[test]]) continue;
      if (template && templates[test] !== only) continue;
      found[count++] = test;
    }
    return words.reduce(thoseWith, found.subarray(0, count));
  };
}

// Of the tests those for which a word fits in one of the columns; they take the place of the others.
function thoseWith(tests, columns) {
  let count = 0;
  for (let at = 0; at < tests.length; ++at) {
    const test = tests[at];
    let fits = false;
    for (let each = 0; each < columns.length && !fits; ++each) fits = columns[each][1][columns[each][0][test]] === 1;
    if (fits) tests[count++] = test;
  }
  return tests.subarray(0, count);
}

// How many of the tests came out how, by the number of the outcome.
export function countOutcomes(data, tests) {
  const counts = new Int32Array(data.outcomes.length);
  for (const test of tests) ++counts[data.tests.outcome[test]];
  return counts;
}
