// Plots, drawn by uPlot: lines over an ordinal axis, and stacked bars. Each stands in a figure with its numbers as a
// table, for those who cannot see it or want to copy them. Lines differ by colour and by dashes.
import uPlot from "uplot";
import { h } from "./dom.js";

const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 4], [4, 6]];
const HEIGHT = 230;
const plots = new Set();

// A colour of the style sheet as canvas takes it.
function colour(token) {
  const probe = h("i", { style: { color: `var(${token})`, display: "none" } });
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const font = "11px system-ui, sans-serif";
const axis = (more) => ({
  stroke: colour("--muted"),
  font,
  labelFont: font,
  grid: { stroke: colour("--line"), width: 1 },
  ticks: { stroke: colour("--line"), width: 1, size: 4 },
  ...more,
});

function numbersTable(xTitle, xLabels, series, show) {
  return h(
    "details",
    { class: "numbers" },
    h("summary", {}, "Numbers"),
    h(
      "div",
      { class: "scroll", tabindex: 0 },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, xTitle),
            series.map(({ label }) => h("th", { scope: "col" }, label)),
          ),
        ),
        h(
          "tbody",
          {},
          xLabels.map((label, index) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, label),
              series.map(({ values }) => h("td", {}, values[index] === null ? "" : show(values[index]))),
            ),
          ),
        ),
      ),
    ),
  );
}

const ordinalX = (xLabels, title) =>
  axis({
    label: title,
    labelSize: 18,
    size: 30,
    space: Math.max(30, 14 + 6 * Math.max(...xLabels.map((label) => label.length))),
    incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    values: (_, splits) => splits.map((split) => xLabels[split] ?? ""),
  });

function mount(figure, place, options, rows) {
  const resized = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (width < 50) return;
    if (figure.plot) figure.plot.setSize({ width, height: HEIGHT });
    else figure.plot = new uPlot({ ...options, width, height: HEIGHT }, rows, place);
  });
  resized.observe(place);
  plots.add({
    figure,
    stop: () => {
      resized.disconnect();
      figure.plot?.destroy();
    },
  });
}

// Values that differ by more than this factor stand on a logarithmic scale.
const WIDE = 20;

// The scale of values, and what its axis shows.
function scaleFor(series, show) {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const ticks = (_, splits) => splits.map((split) => (split === null ? null : split === 0 ? "0" : show(split)));
  if (!(low > 0 && high / low > WIDE)) {
    return { isLog: false, scale: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] }, ticks };
  }
  const range = [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))];
  return { isLog: true, scale: { distr: 3, range: () => range }, ticks };
}

// Lines across a logarithmic scale only at powers of ten.
function powersOnly() {
  const filter = (_, splits) => splits.map((split) => (Number.isInteger(Math.log10(split)) ? split : null));
  return {
    grid: { stroke: colour("--line"), width: 1, filter },
    ticks: { stroke: colour("--line"), width: 1, size: 4, filter },
  };
}

// `series`: [{label, values, hue, dash}], a value for each of `xLabels` or null; `show`: a value as text.
export function linePlot({ title, note, xTitle, xLabels, series, show }) {
  const place = h("div", { class: "plot" });
  const figure = h(
    "figure",
    { class: "panel plot-panel lines" },
    h("figcaption", {}, h("b", {}, title), note && h("span", {}, ` ${note}`)),
  );
  if (!series.some(({ values }) => values.some((value) => value !== null))) {
    figure.append(h("p", { class: "empty" }, "No figures are known."));
    return figure;
  }
  const { isLog, scale, ticks } = scaleFor(series, show);
  if (isLog) figure.firstChild.append(h("span", {}, " logarithmic"));
  figure.append(place, numbersTable(xTitle, xLabels, series, show));
  const options = {
    legend: {
      live: true,
      markers: { width: 2, dash: (plot, index) => (plot.series[index].dash?.length ? "dashed" : "solid") },
    },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false, range: (_, low, high) => [low - 0.3, high + 0.3] }, y: scale },
    axes: [ordinalX(xLabels, xTitle), axis({ size: 62, values: ticks, ...(isLog && powersOnly()) })],
    series: [
      { label: xTitle, value: (_, index) => (index === null ? "–" : (xLabels[index] ?? "–")) },
      ...series.map(({ label, hue, dash }) => ({
        label,
        stroke: colour(`--line-${hue % 6}`),
        width: 2,
        dash: DASHES[dash % DASHES.length],
        spanGaps: true,
        points: { show: true, size: 6, fill: colour("--panel") },
        value: (_, value) => (value === null || value === undefined ? "–" : show(value)),
      })),
    ],
  };
  mount(figure, place, options, [xLabels.map((_, index) => index), ...series.map(({ values }) => values)]);
  return figure;
}

// `series`: [{label, values, token}], lowest first.
export function stackedBars({ title, note, xTitle, xLabels, series, show }) {
  const place = h("div", { class: "plot" });
  const figure = h(
    "figure",
    { class: "panel plot-panel" },
    h("figcaption", {}, h("b", {}, title), note && h("span", {}, ` ${note}`)),
    place,
    numbersTable(xTitle, xLabels, series, show),
  );
  const sums = xLabels.map(() => 0);
  const stacked = series.map(({ values }) => values.map((value, index) => (sums[index] += value)));
  const options = {
    legend: { live: true },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: (_, low, high) => [low - 0.6, high + 0.6] },
      y: { range: (_, low, high) => [0, high * 1.04 || 1] },
    },
    axes: [ordinalX(xLabels, xTitle), axis({ size: 56, values: (_, splits) => splits.map(show) })],
    series: [
      { label: xTitle, value: (_, index) => (index === null ? "–" : (xLabels[index] ?? "–")) },
      // The highest sum is drawn first, so that the lower ones stand before it.
      ...series
        .map(({ label, values, token }, index) => ({
          label,
          fill: colour(token),
          stroke: colour("--panel"),
          width: 1,
          points: { show: false },
          paths: uPlot.paths.bars({ size: [0.7, 46] }),
          value: (_, value, __, at) => (at === null ? "–" : show(values[at])),
          index,
        }))
        .toReversed(),
    ],
  };
  mount(figure, place, options, [xLabels.map((_, index) => index), ...stacked.toReversed()]);
  return figure;
}

// Ends the plots of a view that is left.
export function endPlots() {
  for (const { stop } of plots) stop();
  plots.clear();
}
