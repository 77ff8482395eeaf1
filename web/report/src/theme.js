// Light, dark, or as the system has it. What the reader chose is kept where the browser lets a page keep anything.
import { h } from "./dom.js";

const KEY = "testloom-report-theme";
const LABELS = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };

function stored() {
  try {
    const word = localStorage.getItem(KEY);
    return LABELS[word] ? word : "auto";
  } catch {
    return "auto";
  }
}

// The button that goes through them; `changed` draws anew what is not drawn by style sheets.
export function themeButton(changed) {
  let theme = stored();
  const button = h("button", {
    type: "button",
    class: "theme",
    onclick: () => {
      const words = Object.keys(LABELS);
      theme = words[(words.indexOf(theme) + 1) % words.length];
      apply();
      changed();
      try {
        localStorage.setItem(KEY, theme);
      } catch {
        // Then it holds until the page is closed.
      }
    },
  });
  function apply() {
    document.documentElement.dataset.theme = theme;
    button.textContent = LABELS[theme];
  }
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  return button;
}
