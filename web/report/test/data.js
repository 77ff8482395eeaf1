// Data as the program writes it, at random but the same each time.
import { readData } from "../src/data.js";

export function random(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

export function randomData(count, seed = 1) {
  const below = random(seed);
  const column = (limit) => Array.from({ length: count }, () => below(limit));
  const figure = () => Array.from({ length: count }, () => (below(4) ? below(100_000) / 100 + 0.01 : -1));
  const outcomes = ["passed", "known_failure", "skipped", "failed", "oom", "strange"];
  return readData(
    JSON.stringify({
      format: 1,
      store: "s.duckdb",
      first_past_run: 0,
      outcomes,
      runs: [0, 1, 2].map((run) => ({
        run_id: `r${run}`,
        started_at: "2026-01-31 10:00:00",
        plan: "",
        host: "",
        outcomes: {},
      })),
      models: ["BERT-base", "bert-large", "gpt2", "whisper", "__proto__"],
      hardware_types: ["cuda", "cpu"],
      templates: ["embedding", "bert_parity"],
      axes: ["", "dtype=float16"],
      messages: [],
      batch_sizes: [1, 4, 64],
      tests: {
        model: column(5),
        hardware_type: column(2),
        batch_size: column(3),
        template: column(2),
        axes: column(2),
        outcome: column(6),
        run: column(3).fill(2),
        flaky: [],
        cause: column(1).fill(-1),
        message: column(1).fill(-1),
        p50_ms: figure(),
        throughput_per_s: figure(),
        memory_mb: figure(),
        estimated_mb: figure(),
        ids: "x".repeat(18 * count),
        id_length: 18,
      },
      causes: [],
      past: [
        { run: 0, test: [0, 3, 5, 2], outcome: [0, 5], p50_ms: [10, 20, -1, 40, 50] },
        { run: 1, test: [1, 1], outcome: [4, 1], p50_ms: [30] },
      ],
    }),
  );
}
