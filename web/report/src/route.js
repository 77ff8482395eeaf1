// Where the reader is stands in the address after #, as #/model/NAME?hardware_type=cpu, so that links and the
// browser's back button work.
export function readRoute(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [view = "", ...rest] = path.split("/");
  let subject = "";
  try {
    subject = decodeURIComponent(rest.join("/"));
  } catch {
    // An address that somebody cut off names nothing.
  }
  return { view: view || "overview", subject, query: new URLSearchParams(query) };
}

export function routeTo(view, subject = "", query = {}) {
  const parameters = new URLSearchParams(
    Object.entries(query).filter(([, value]) => value !== "" && value !== undefined),
  );
  const text = parameters.toString();
  const place = subject === "" ? "" : `/${encodeURIComponent(subject)}`;
  return `#/${view === "overview" ? "" : view}${place}${text ? `?${text}` : ""}`;
}

// Changes the address without a step for the back button, and without showing the page anew.
export function replaceRoute(view, subject, query) {
  history.replaceState(null, "", routeTo(view, subject, query));
}
