// How tests did from run to run: latencies of earlier runs beside the latest one's.

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

function placeIn(sorted, wanted) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted ? low : -1;
}

// The results of one test, the earliest first: [{run, outcome, p50_ms}], numbers of data.runs and data.outcomes.
export function historyOf(data, test) {
  const results = [];
  for (const past of data.past) {
    const place = placeIn(past.test, test);
    if (place >= 0) results.push({ run: past.run, outcome: past.outcome[place], p50_ms: past.p50_ms[place] });
  }
  results.push({ run: data.tests.run[test], outcome: data.tests.outcome[test], p50_ms: data.tests.p50_ms[test] });
  return results;
}

// Tests by how much slower or faster they got: the latest latency against the median of up to `CONSIDERED` before.
const CONSIDERED = 5;
export function latencyChanges(data) {
  const before = new Map();
  for (const past of [...data.past].reverse()) {
    past.test.forEach((test, place) => {
      if (Number.isNaN(past.p50_ms[place])) return;
      const values = before.get(test);
      if (!values) before.set(test, [past.p50_ms[place]]);
      else if (values.length < CONSIDERED) values.push(past.p50_ms[place]);
    });
  }
  const changes = [];
  for (const [test, values] of before) {
    const now = data.tests.p50_ms[test];
    if (Number.isNaN(now)) continue;
    const then = median(values);
    changes.push({ test, then, now, ratio: now / then });
  }
  return changes.sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)) || a.test - b.test);
}
