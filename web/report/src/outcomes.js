// What is shown of an outcome besides its colour: a symbol that stands for it, and how bad it is.
const KNOWN = {
  passed: { symbol: "✓", failing: false },
  known_failure: { symbol: "k", failing: false },
  skipped: { symbol: "–", failing: false },
  implied_oom: { symbol: "m", failing: false },
  interrupted: { symbol: "i", failing: false },
  failed: { symbol: "✗", failing: true },
  error: { symbol: "!", failing: true },
  oom: { symbol: "M", failing: true },
  timeout: { symbol: "T", failing: true },
  crashed: { symbol: "C", failing: true },
};

export function outcomeOf(word) {
  const known = Object.hasOwn(KNOWN, word) ? KNOWN[word] : null;
  return {
    word,
    label: word.replaceAll("_", " "),
    symbol: "?",
    failing: true,
    ...known,
    style: known ? word : "other",
  };
}
