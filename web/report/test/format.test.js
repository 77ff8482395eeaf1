import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../src/format.js";

const tables = {
  showMilliseconds: [
    [NaN, ""],
    [0, "0 µs"],
    [0.00123, "1.23 µs"],
    [0.5, "500 µs"],
    [1, "1 ms"],
    [12.345, "12.3 ms"],
    [999, "999 ms"],
    [1000, "1 s"],
    [61_234, "61.2 s"],
    [179_600, "3 m 00 s"],
    [7_265_000, "121 m 05 s"],
  ],
  showSeconds: [
    [NaN, ""],
    [0.02, "20 ms"],
    [1.25, "1.25 s"],
    [119.4, "119 s"],
    [120, "2 m 00 s"],
    [3599.7, "60 m 00 s"],
  ],
  showMegabytes: [
    [NaN, ""],
    [0.5, "0.5 MB"],
    [999, "999 MB"],
    [1536, "1.54 GB"],
    [123_456, "123 GB"],
    [5_000_000, "5,000 GB"],
  ],
  showRate: [
    [NaN, ""],
    [0.0327, "0.0327/s"],
    [12_345, "12,345/s"],
  ],
  showRatio: [
    [NaN, ""],
    [Infinity, ""],
    [1, "1.00×"],
    [0.4567, "0.46×"],
  ],
  brief: [
    [NaN, ""],
    [0, "0"],
    [0.0456, "0.046"],
    [9.99, "10"],
    [99.6, "100"],
    [999.4, "999"],
    [1000, "1k"],
    [154_321, "154k"],
    [2.5e6, "2.5M"],
    [3e9, "3G"],
  ],
  briefMilliseconds: [
    [0.25, "0.25"],
    [999, "999"],
    [1000, "1s"],
    [56_700, "57s"],
    [177_000, "3m"],
  ],
  briefMegabytes: [
    [512, "512"],
    [1500, "1.5G"],
    [64_000, "64G"],
  ],
  visible: [
    ["plain é 🐈 שלום", "plain é 🐈 שלום"],
    ["a\u202eb", "a\\u202eb"],
    ["x\n\ty", "x\\u000a\\u0009y"],
    ["\u2028\u2066\u200b\ufeff", "\\u2028\\u2066\\u200b\\ufeff"],
  ],
  visibleLines: [["a\n\tb\u0007\n", "a\n\tb\\u0007\n"]],
};

for (const [name, cases] of Object.entries(tables)) {
  test(name, () => {
    for (const [value, expected] of cases) assert.equal(format[name](value), expected, `${name}(${value})`);
  });
}

test("no brief figure is wider than a cell", () => {
  for (let power = -3; power < 9; power += 0.01) {
    const value = 10 ** power;
    for (const name of ["brief", "briefMilliseconds", "briefMegabytes"]) {
      assert.ok(format[name](value).length <= 6, `${name}(${value}) is ${format[name](value)}`);
    }
  }
});

test("a long text keeps its beginning and end, whole characters, and its length", () => {
  assert.equal(format.shortened("short", 10), "short");
  const cut = format.shortened("🐈".repeat(50), 10);
  assert.equal([...cut].length, 10);
  assert.equal(cut, `${"🐈".repeat(6)}…${"🐈".repeat(3)}`);
});

test("counts have their noun in the right number", () => {
  assert.equal(format.counted(1, "test"), "1 test");
  assert.equal(format.counted(12_345, "test"), "12,345 tests");
});
