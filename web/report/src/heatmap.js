// The heat map: a grid of which only the rows in view are in the document. It is one stop for the Tab key; arrow keys,
// Home, End, Page Up and Page Down move within it, and Enter opens what the cell stands for.
import { h, name } from "./dom.js";
import { counted, visible } from "./format.js";

const ROW = 26; // pixels; style/colours.css says the same (--heat-row)
const EXTRA = 6; // rows kept ready on either side of what is in view

export class HeatMap {
  // `open(model, column)`: called with numbers; column is undefined for a whole model.
  // `describe(row, column)`: the cell in words, for the line below the map and for screen readers.
  constructor(data, columns, { open, describe, label }) {
    Object.assign(this, { data, columns, open, describe });
    this.active = { row: 0, column: -1 }; // column -1 is the model's name
    this.status = h("p", { class: "heat-status", id: "heat-status" }, "\u00a0");
    this.space = h("div", { class: "heat-space", role: "presentation" });
    this.grid = h("div", {
      class: "heat",
      role: "grid",
      "aria-label": label,
      "aria-colcount": columns.length + 1,
      style: { "--columns": columns.length },
      onscroll: () => this.draw(),
      onkeydown: (event) => this.key(event),
      onclick: (event) => this.click(event),
      onpointerover: (event) => this.point(event.target),
      onfocusin: (event) => this.focused(event.target),
    });
    this.grid.append(this.heading(), this.space);
    this.element = h("div", { class: "heat-frame" }, this.grid, this.status);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.grid);
  }

  // Two rows: hardware types over their batch sizes.
  heading() {
    const groups = [];
    for (const { hardware } of this.columns) {
      if (groups.at(-1)?.hardware === hardware) ++groups.at(-1).count;
      else groups.push({ hardware, count: 1 });
    }
    const hardware = groups.map((group) =>
      h(
        "div",
        { class: "heat-hardware", role: "columnheader", "aria-colspan": group.count, style: { "--span": group.count } },
        name(this.data.hardware_types[group.hardware], 24),
      ),
    );
    const batches = this.columns.map((column, index) =>
      h(
        "div",
        { class: `heat-batch${this.startsGroup(index) ? " first" : ""}`, role: "columnheader" },
        String(this.data.batch_sizes[column.batch]),
      ),
    );
    return h(
      "div",
      { class: "heat-head", role: "rowgroup" },
      h(
        "div",
        { class: "heat-row", role: "row", "aria-rowindex": 1 },
        h("div", { class: "heat-name", role: "columnheader" }, "hardware type"),
        hardware,
      ),
      h(
        "div",
        { class: "heat-row", role: "row", "aria-rowindex": 2 },
        h("div", { class: "heat-name", role: "columnheader" }, "model, by batch size"),
        batches,
      ),
    );
  }

  startsGroup(index) {
    return index > 0 && this.columns[index].hardware !== this.columns[index - 1].hardware;
  }

  // Shows other cells. `paint(cell index)`: {text, style, background} of a cell.
  show(cells, paint, isWide) {
    Object.assign(this, { cells, paint });
    this.grid.classList.toggle("wide", isWide);
    this.grid.setAttribute("aria-rowcount", cells.rows.length + 2);
    this.space.style.height = `${cells.rows.length * ROW}px`;
    this.active.row = Math.min(this.active.row, Math.max(0, cells.rows.length - 1));
    this.status.textContent = "\u00a0";
    this.draw(true);
  }

  draw(anew = false) {
    if (!this.cells) return;
    const top = this.grid.scrollTop;
    const height = this.grid.clientHeight || 400;
    const first = Math.max(0, Math.floor(top / ROW) - EXTRA);
    const last = Math.min(this.cells.rows.length, Math.ceil((top + height) / ROW) + EXTRA);
    if (!anew && first === this.first && last === this.last) return;
    Object.assign(this, { first, last });
    const hadFocus = this.space.contains(document.activeElement);
    const rows = [];
    for (let row = first; row < last; ++row) rows.push(this.row(row));
    // The cell that Tab comes to stays in the document, wherever the map is scrolled to.
    if (this.cells.rows.length && (this.active.row < first || this.active.row >= last))
      rows.push(this.row(this.active.row));
    this.space.replaceChildren(...rows);
    if (hadFocus) this.activeElement()?.focus({ preventScroll: true });
  }

  row(row) {
    const model = this.cells.rows[row];
    const cells = [
      h("div", { class: "heat-name", role: "rowheader", ...this.place(row, -1) }, name(this.data.models[model], 60)),
    ];
    for (let column = 0; column < this.columns.length; ++column) {
      const at = this.cells.at(row, column);
      const first = this.startsGroup(column) ? " first" : "";
      if (!this.cells.count[at]) {
        cells.push(
          h("div", {
            class: `heat-cell none${first}`,
            role: "gridcell",
            "aria-label": "no test",
            ...this.place(row, column),
          }),
        );
        continue;
      }
      const { text, style, heat } = this.paint(at);
      cells.push(
        h(
          "div",
          {
            class: `heat-cell ${style}${first}`,
            role: "gridcell",
            "aria-label": `${text} ${this.describe(row, column)}`,
            style: heat === undefined ? {} : { "--heat": heat },
            ...this.place(row, column),
          },
          h("span", { "aria-hidden": "true" }, text),
        ),
      );
    }
    return h(
      "div",
      { class: "heat-row", role: "row", "aria-rowindex": row + 3, style: { top: `${row * ROW}px` } },
      cells,
    );
  }

  place(row, column) {
    const isActive = row === this.active.row && column === this.active.column;
    return { "data-row": row, "data-column": column, tabindex: isActive ? 0 : -1 };
  }

  activeElement() {
    return this.space.querySelector(`[data-row="${this.active.row}"][data-column="${this.active.column}"]`);
  }

  // The place that an event's target stands for.
  placeOf(target) {
    const cell = target.closest?.("[data-row]");
    return cell && { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
  }

  point(target) {
    const place = this.placeOf(target);
    if (place) this.status.textContent = this.words(place);
  }

  words({ row, column }) {
    return column < 0 ? visible(this.data.models[this.cells.rows[row]]) : this.describe(row, column);
  }

  focused(target) {
    const place = this.placeOf(target);
    if (!place) return;
    this.activeElement()?.setAttribute("tabindex", "-1");
    this.active = place;
    this.activeElement()?.setAttribute("tabindex", "0");
    this.status.textContent = this.words(place);
  }

  click(event) {
    const place = this.placeOf(event.target);
    if (place) this.enter(place);
  }

  enter({ row, column }) {
    this.open(this.cells.rows[row], column < 0 ? undefined : this.columns[column]);
  }

  key(event) {
    const place = this.placeOf(event.target);
    if (!place) return;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / ROW) - 3);
    const end = this.columns.length - 1;
    const last = this.cells.rows.length - 1;
    const moves = {
      ArrowUp: [place.row - 1, place.column],
      ArrowDown: [place.row + 1, place.column],
      ArrowLeft: [place.row, place.column - 1],
      ArrowRight: [place.row, place.column + 1],
      PageUp: [place.row - page, place.column],
      PageDown: [place.row + page, place.column],
      Home: [event.ctrlKey ? 0 : place.row, -1],
      End: [event.ctrlKey ? last : place.row, end],
    };
    if (event.key === "Enter" || event.key === " ") {
      this.enter(place);
    } else if (moves[event.key]) {
      const [row, column] = moves[event.key];
      this.moveTo(Math.max(0, Math.min(last, row)), Math.max(-1, Math.min(end, column)));
    } else {
      return;
    }
    event.preventDefault();
  }

  moveTo(row, column) {
    this.active = { row, column };
    const head = this.grid.querySelector(".heat-head").offsetHeight;
    const top = row * ROW;
    const view = this.grid.clientHeight - head - ROW;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top > this.grid.scrollTop + view) this.grid.scrollTop = top - view;
    this.draw(true);
    const cell = this.activeElement();
    cell.focus({ preventScroll: true });
    this.showColumn(cell);
  }

  // Scrolls sideways until the cell is not behind the models' names.
  showColumn(cell) {
    if (Number(cell.dataset.column) < 0) return;
    const names = cell.parentElement.firstElementChild.offsetWidth;
    const left = cell.offsetLeft - names;
    if (left < this.grid.scrollLeft) this.grid.scrollLeft = left;
    const right = cell.offsetLeft + cell.offsetWidth - this.grid.clientWidth;
    if (right > this.grid.scrollLeft) this.grid.scrollLeft = right;
  }

  remove() {
    this.resized.disconnect();
  }
}

// How a cell looks: by its worst outcome, or by the heat of its value.
export function painterOf(data, cells, measure, scale) {
  return (at) => {
    const outcome = data.outcomes[cells.worst[at]];
    if (!measure) {
      const many = cells.failing[at] > 1 ? String(cells.failing[at]) : "";
      return { text: `${outcome.symbol}${many}`, style: `o-${outcome.style}` };
    }
    const value = cells.value[at];
    if (Number.isNaN(value)) return { text: outcome.symbol, style: "unknown" };
    const heat = scale(value);
    const style = measure.diverging ? (heat < 0 ? "under" : "over") : "warm";
    return { text: measure.brief(value), style, heat: Math.abs(heat).toFixed(2) };
  };
}

// A cell in words: where it stands, how its tests came out, and its value.
export function describerOf(data, cells, columns, measure) {
  return (row, column) => {
    const { hardware, batch } = columns[column];
    const place = [cells.rows[row]].map((model) => visible(data.models[model]).slice(0, 200));
    place.push(visible(data.hardware_types[hardware]), `batch ${data.batch_sizes[batch]}`);
    const at = cells.at(row, column);
    if (!cells.count[at]) return `${place.join(", ")}: no test`;
    const words = [];
    const outcome = data.outcomes[cells.worst[at]];
    if (cells.count[at] === 1) words.push(outcome.label);
    else words.push(counted(cells.count[at], "test"), `${cells.failing[at]} failing`, `worst ${outcome.label}`);
    if (measure && !Number.isNaN(cells.value[at])) {
      const which = cells.count[at] > 1 ? ` (${measure.which})` : "";
      words.push(`${measure.label} ${measure.show(cells.value[at])}${which}`);
    }
    return `${place.join(", ")}: ${words.join(", ")}`;
  };
}
