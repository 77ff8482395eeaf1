// Starts the page: reads the data, and shows the view that the address names.
import { readData } from "./data.js";
import { h } from "./dom.js";
import { makeFilter } from "./filter.js";
import { showCount, visible } from "./format.js";
import { endPlots } from "./plot.js";
import { readRoute, routeTo } from "./route.js";
import { themeButton } from "./theme.js";
import { failures } from "./view_failures.js";
import { model } from "./view_model.js";
import { overview } from "./view_overview.js";
import { trends } from "./view_trends.js";

const VIEWS = { overview, model, failures, trends };
const main = document.getElementById("main");
const data = readData(document.getElementById("data").textContent);
const filter = makeFilter(data);
let current = null;

const failing = data.causes.reduce((sum, cause) => sum + (cause.is_failure ? cause.tests.length : 0), 0);
const links = [
  ["overview", "Overview"],
  ["failures", failing ? `Failures ${showCount(failing)}` : "Failures"],
  ["trends", "Trends"],
].map(([view, label]) => h("a", { href: routeTo(view), "data-view": view }, label));

function show(isFirst) {
  const route = readRoute();
  current?.remove?.();
  endPlots();
  const view = (Object.hasOwn(VIEWS, route.view) ? VIEWS[route.view] : overview)(data, filter, route);
  current = view;
  main.replaceChildren(view.element);
  document.title = `${view.title} · ${visible(data.store)} · testloom`;
  for (const link of links) {
    const isCurrent = link.dataset.view === (route.view === "model" ? "overview" : route.view);
    isCurrent ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  if (!isFirst) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  view.shown?.();
}

// Without leaving the place where the reader is.
function redraw() {
  const at = scrollY;
  show(true);
  scrollTo(0, at);
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // its # would be taken for a view's
  main.focus();
});
document.getElementById("top").append(
  h("a", { class: "brand", href: routeTo("overview") }, "testloom", h("span", {}, visible(data.store))),
  h("nav", { "aria-label": "Views" }, links),
  themeButton(() => redraw()),
);
addEventListener("hashchange", () => show(false));
show(true);
