// Makes elements. Texts become text nodes, never markup.
import { shortened, visible } from "./format.js";

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A name of the user's, on one line and isolated, so that its letters' direction stays its own.
export function name(text, length = 80) {
  const shown = visible(text);
  const short = shortened(shown, length);
  return h("bdi", short === shown ? {} : { title: shortened(shown, 500) }, short);
}

// A test's case: what stands in it keeps its own direction, the case as a whole goes from left to right.
export function caseName(text, length = 160) {
  const element = name(text, length);
  element.dir = "ltr";
  return element;
}

export function outcomeMark(outcome, count) {
  return h(
    "span",
    { class: `mark o-${outcome.style}` },
    h("span", { class: "symbol", "aria-hidden": "true" }, outcome.symbol),
    count === undefined ? outcome.label : `${count} ${outcome.label}`,
  );
}
