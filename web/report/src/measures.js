// What the heat map can show of a cell besides outcomes. Of several tests in a cell the one counts that matters most.
import {
  brief,
  briefMegabytes,
  briefMilliseconds,
  showMegabytes,
  showMilliseconds,
  showRate,
  showRatio,
} from "./format.js";

const larger = (a, b) => (a > b ? a : b);
const smaller = (a, b) => (a < b ? a : b);
const farther = (a, b) => (Math.abs(Math.log(a)) > Math.abs(Math.log(b)) ? a : b);

export const MEASURES = {
  latency: {
    label: "latency p50",
    unit: "ms",
    column: "p50_ms",
    show: showMilliseconds,
    brief: briefMilliseconds,
    of: larger,
    which: "slowest",
  },
  throughput: {
    label: "throughput",
    unit: "/s",
    column: "throughput_per_s",
    show: showRate,
    brief,
    of: smaller,
    which: "least",
  },
  memory: {
    label: "peak memory",
    unit: "MB",
    column: "memory_mb",
    show: showMegabytes,
    brief: briefMegabytes,
    of: larger,
    which: "most",
  },
  ratio: {
    label: "predicted ÷ measured memory",
    unit: "×",
    show: showRatio,
    brief: (value) => (value < 10 ? value.toFixed(2) : brief(value)),
    of: farther,
    which: "farthest from 1",
    diverging: true,
  },
};

export function valuesOf(data, measure) {
  if (measure.column) return data.tests[measure.column];
  return data.tests.estimated_mb.map((estimated, test) => estimated / data.tests.memory_mb[test]);
}
