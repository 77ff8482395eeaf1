// Causes of failures: the lines that stand for one in lists.
import { h, name, outcomeMark } from "./dom.js";
import { counted, showCount, visible } from "./format.js";
import { outcomeOf } from "./outcomes.js";
import { routeTo } from "./route.js";

// The causes that some of the tests have: [{cause, number, tests}], as ordered in the data.
export function causesOf(data, tests) {
  const found = data.causes.map((cause, number) => ({ cause, number, tests: [] }));
  for (const test of tests) {
    const number = data.tests.cause[test];
    if (number >= 0) found[number].tests.push(test);
  }
  return found
    .filter((each) => each.tests.length > 0)
    .sort((a, b) => b.cause.is_failure - a.cause.is_failure || b.tests.length - a.tests.length || a.number - b.number);
}

export function causeTitle(cause) {
  return [
    outcomeMark(outcomeOf(cause.outcome)),
    h("span", { class: "cause-title" }, h("bdi", {}, visible(cause.title))),
    cause.place && h("code", { class: "cause-place" }, h("bdi", {}, visible(cause.place))),
  ];
}

// Where its tests stand, in a few words.
export function spreadOf(data, tests) {
  const models = new Set(tests.map((test) => data.tests.model[test]));
  const hardware = [...new Set(tests.map((test) => data.hardwareOf(test)))].sort();
  const where = models.size === 1 ? [name(data.models[[...models][0]], 40)] : [counted(models.size, "model")];
  return h(
    "span",
    { class: "spread" },
    ...where,
    ` on ${hardware.slice(0, 4).map(visible).join(", ")}${hardware.length > 4 ? ", …" : ""}`,
  );
}

const SHOWN = 5;

export function causeSummary(data, tests) {
  const causes = causesOf(data, tests).filter(({ cause }) => cause.is_failure);
  if (!causes.length) return h("p", { class: "empty" }, "Nothing of what is shown fails.");
  const lines = causes
    .slice(0, SHOWN)
    .map(({ cause, number, tests: own }) =>
      h(
        "li",
        {},
        h(
          "a",
          { href: routeTo("failures", "", { cause: number }) },
          h("b", { class: "count" }, showCount(own.length)),
          causeTitle(cause),
          spreadOf(data, own),
        ),
      ),
    );
  return h(
    "section",
    { class: "panel", "aria-labelledby": "causes-title" },
    h(
      "div",
      { class: "panel-head" },
      h("h2", { id: "causes-title" }, "What fails"),
      h("a", { href: routeTo("failures") }, `all ${counted(causes.length, "cause")}`),
    ),
    h("ol", { class: "cause-list" }, lines),
  );
}
