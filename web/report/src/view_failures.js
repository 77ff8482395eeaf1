// Tests that did not pass, by cause: how many, where, what they said, and the command that repeats one.
import { causesOf, causeTitle, spreadOf } from "./causes.js";
import { caseName, h } from "./dom.js";
import { countOutcomes } from "./filter.js";
import { FilterBar, filterQuery, readFilter } from "./filter_bar.js";
import { counted, showCount, visible, visibleLines } from "./format.js";
import { replaceRoute, routeTo } from "./route.js";

const LISTED = 50; // tests and causes at a time

// The first items, and a button for as many again.
function listOf(items, make, tag = "ul", attributes = {}) {
  const list = h(tag, attributes);
  let shown = 0;
  const more = h("button", { type: "button", class: "more", onclick: () => grow() });
  function grow() {
    list.append(...items.slice(shown, shown + LISTED).map(make));
    shown = Math.min(items.length, shown + LISTED);
    more.textContent = `${showCount(items.length - shown)} more`;
    more.hidden = shown === items.length;
  }
  grow();
  return [list, more];
}

function command(data, test) {
  const text = `testloom tests repro ${data.testId(test)}`;
  const copied = h("span", { class: "copied", role: "status" });
  const button = h(
    "button",
    {
      type: "button",
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(text);
          copied.textContent = "copied";
        } catch {
          getSelection().selectAllChildren(code); // pages opened from disk may not reach the clipboard
          copied.textContent = "selected";
        }
      },
    },
    "Copy",
  );
  const code = h("code", {}, text);
  return h("div", { class: "command" }, code, button, copied);
}

function sample(data, { test, traceback, output }) {
  const block = (title, text) =>
    text &&
    h(
      "figure",
      { class: "text" },
      h("figcaption", {}, title),
      h("pre", { tabindex: 0 }, h("bdi", {}, visibleLines(text))),
    );
  return h(
    "div",
    { class: "sample" },
    h("h3", {}, caseName(data.caseOf(test))),
    command(data, test),
    block("Traceback", traceback),
    block("The end of its output", output),
  );
}

function testLine(data, test) {
  const message = data.tests.message[test];
  return h(
    "li",
    {},
    h(
      "a",
      {
        href: routeTo("model", data.modelOf(test), {
          hardware_type: data.hardwareOf(test),
          batch_size: data.batchOf(test),
        }),
      },
      caseName(data.caseOf(test)),
    ),
    h("code", { class: "id" }, data.testId(test)),
    message >= 0 && h("span", { class: "message" }, h("bdi", {}, visible(data.messages[message]))),
  );
}

function details(data, { cause, tests }) {
  const samples = cause.samples.length ? cause.samples : [{ test: tests[0], traceback: "", output: "" }];
  return [
    samples.map((each) => sample(data, each)),
    h("h3", {}, counted(tests.length, "test")),
    listOf(tests, (test) => testLine(data, test), "ul", { class: "tests" }),
  ];
}

// A cause that opens and shuts; what is inside is made when it is first opened.
function causeCard(data, entry, isOpen, toggled) {
  const body = h("div", { class: "cause-body" });
  const fill = () => body.childNodes.length || body.append(...details(data, entry).flat(2));
  const card = h(
    "details",
    {
      class: "cause",
      id: `cause-${entry.number}`,
      open: isOpen,
      ontoggle: () => {
        if (card.open) fill();
        toggled(entry.number, card.open);
      },
    },
    h(
      "summary",
      {},
      h("b", { class: "count" }, showCount(entry.tests.length)),
      causeTitle(entry.cause),
      spreadOf(data, entry.tests),
    ),
    body,
  );
  if (isOpen) fill();
  return card;
}

export function failures(data, filter, route) {
  const wanted = readFilter(route.query);
  let opened = route.query.get("cause") ?? "";
  const place = h("div");
  const found = h("p", { class: "found", role: "status", "aria-live": "polite" });

  function toggled(number, isOpen) {
    if (isOpen) opened = String(number);
    else if (opened === String(number)) opened = "";
    remember();
  }
  function remember() {
    replaceRoute("failures", "", { ...filterQuery(wanted), cause: opened });
  }
  function show() {
    const causes = causesOf(data, filter(wanted));
    const parts = [
      [true, "Failing"],
      [false, "Not run, or known to fail"],
    ]
      .map(([failing, title]) => {
        const some = causes.filter(({ cause }) => cause.is_failure === failing);
        // One that the address names is shown, wherever it stands.
        some.sort((a, b) => (String(b.number) === opened) - (String(a.number) === opened));
        return (
          some.length &&
          h(
            "section",
            {},
            h("h2", {}, title),
            listOf(some, (entry) => causeCard(data, entry, String(entry.number) === opened, toggled), "div", {
              class: "causes",
            }),
          )
        );
      })
      .filter(Boolean);
    place.replaceChildren(...(parts.length ? parts : [h("p", { class: "empty" }, "Every test that is shown passed.")]));
    const tests = causes.reduce((sum, each) => sum + each.tests.length, 0);
    found.textContent = `${counted(tests, "test")}, ${counted(causes.length, "cause")}`;
    const counts = countOutcomes(data, filter({ ...wanted, outcomes: [] }));
    bar.show(counts);
  }
  const words = data.outcomes.filter(({ word }) => word !== "passed");
  const bar = new FilterBar(
    data,
    countOutcomes(data, filter({})),
    wanted,
    () => {
      remember();
      show();
    },
    words,
  );
  show();
  return {
    title: "Failures",
    element: h("div", { class: "page" }, h("h1", { class: "unseen" }, "Failures"), bar.element, found, place),
    shown() {
      const card = opened && document.getElementById(`cause-${opened}`);
      if (card && card.getBoundingClientRect().top > innerHeight / 2) card.scrollIntoView();
    },
  };
}
