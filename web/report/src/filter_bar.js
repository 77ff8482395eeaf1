// The filter above the views of tests: words, outcomes with their counts, and one template. It tells `changed` what is
// wanted, in the form that filter.js and the address take.
import { h, name } from "./dom.js";
import { showCount } from "./format.js";

export const readFilter = (query) => ({
  text: query.get("text") ?? "",
  outcomes: (query.get("outcome") ?? "").split(",").filter(Boolean),
  template: query.get("template") ?? "",
});

export const filterQuery = ({ text, outcomes, template }) => ({ text, outcome: outcomes.join(","), template });

export class FilterBar {
  constructor(data, counts, wanted, changed, words = data.outcomes) {
    this.wanted = wanted;
    const tell = () => changed(this.wanted);
    this.text = h("input", {
      type: "search",
      id: "filter",
      class: "search",
      placeholder: "Filter by model, template, hardware…",
      "aria-label": "Filter by model, template, hardware or axes",
      autocomplete: "off",
      spellcheck: "false",
      value: wanted.text,
      oninput: () => {
        this.wanted.text = this.text.value;
        tell();
      },
    });
    this.counts = new Map();
    const boxes = words
      .filter(({ word }) => counts[data.outcomes.findIndex((each) => each.word === word)] > 0)
      .map((outcome) => {
        const count = h("span", { class: "count" });
        this.counts.set(data.outcomes.indexOf(outcome), count);
        return h(
          "label",
          { class: `chip o-${outcome.style}` },
          h("input", {
            type: "checkbox",
            name: "outcome",
            value: outcome.word,
            checked: wanted.outcomes.includes(outcome.word),
            onchange: (event) => {
              const others = this.wanted.outcomes.filter((word) => word !== outcome.word);
              this.wanted.outcomes = event.target.checked ? [...others, outcome.word] : others;
              tell();
            },
          }),
          h("span", { class: "symbol", "aria-hidden": "true" }, outcome.symbol),
          outcome.label,
          count,
        );
      });
    this.element = h(
      "div",
      { class: "filter", role: "search" },
      this.text,
      this.templates(data, tell),
      h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, "Outcomes"), boxes),
    );
  }

  templates(data, tell) {
    if (data.templates.length < 2) return null;
    const options = data.templates.map((each) => h("option", { value: each }, name(each, 40).textContent));
    const select = h(
      "select",
      {
        "aria-label": "Template",
        onchange: () => {
          this.wanted.template = select.value;
          tell();
        },
      },
      h("option", { value: "" }, "all templates"),
      options,
    );
    select.value = this.wanted.template;
    return select;
  }

  // The counts among the tests that the words and the template leave.
  show(counts) {
    for (const [number, element] of this.counts) element.textContent = showCount(counts[number]);
  }
}
