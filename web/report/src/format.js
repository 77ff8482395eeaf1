// Figures and names as they are shown.

const significant = (value, digits = 3) =>
  value >= 10 ** (digits - 1) ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(digits)));

export function showMilliseconds(value) {
  if (Number.isNaN(value)) return "";
  if (value < 1) return `${significant(value * 1000)} µs`;
  if (value < 1000) return `${significant(value)} ms`;
  return showSeconds(value / 1000);
}

export function showSeconds(value) {
  if (Number.isNaN(value)) return "";
  if (value < 1) return showMilliseconds(value * 1000);
  if (value < 120) return `${significant(value)} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, "0")} s`;
}

export function showMegabytes(value) {
  if (Number.isNaN(value)) return "";
  return value < 1000 ? `${significant(value)} MB` : `${significant(value / 1000)} GB`;
}

export const showRate = (value) => (Number.isNaN(value) ? "" : `${significant(value)}/s`);
export const showRatio = (value) => (Number.isFinite(value) ? `${value.toFixed(2)}×` : "");
export const showCount = (value) => value.toLocaleString("en");
export const counted = (count, noun) => `${showCount(count)} ${noun}${count === 1 ? "" : "s"}`;

// For narrow cells, at most four characters each: numbers; milliseconds, where those of a second or more say so; and
// megabytes, likewise.
export function briefMilliseconds(value) {
  if (value < 1000) return brief(value);
  return value < 120_000 ? `${brief(value / 1000)}s` : `${brief(value / 60_000)}m`;
}

export const briefMegabytes = (value) => (value < 1000 ? brief(value) : `${brief(value / 1000)}G`);

export function brief(value) {
  if (!Number.isFinite(value)) return "";
  for (const [unit, letter] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ]) {
    if (value >= unit)
      return `${value >= 100 * unit ? Math.round(value / unit) : Number((value / unit).toPrecision(2))}${letter}`;
  }
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

// A text without characters that cannot be seen or that turn the direction of what follows: those show as \uXXXX.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;
export const visible = (text) =>
  text.replace(UNSEEN, (each) => `\\u${each.codePointAt(0).toString(16).padStart(4, "0")}`);

// The same for texts of several lines.
export const visibleLines = (text) =>
  text
    .split("\n")
    .map((line) => line.split("\t").map(visible).join("\t"))
    .join("\n");

export function shortened(text, length = 80) {
  const characters = [...text];
  if (characters.length <= length) return text;
  const end = Math.floor(length / 3);
  return `${characters.slice(0, length - end - 1).join("")}…${characters.slice(-end).join("")}`;
}
