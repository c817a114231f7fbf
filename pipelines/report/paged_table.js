// Long tables: rows unpacked from the page's JSON, filtered by a form, shown a page at a time.
// Delivered values only ever become text nodes or property values; no markup is built from a string.
const byId = (id) => document.getElementById(id);
const { study, pageRows } = document.currentScript.dataset;
const PAGE = Number(pageRows);
const INVISIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const visible = (value) =>
  value === null || value === undefined
    ? ""
    : String(value).replace(INVISIBLE, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
const number = (value) => (value === "" ? "" : value.toLocaleString("en-GB"));
const day = (text) => (/^\d{4}-\d\d-\d\d[T ]/.test(text) ? text.slice(0, 10) : text);
const moment = (text) => {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)?$/.exec(text);
  return match ? `${match[1]} ${match[2]} UTC` : text;
};

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = visible(text);
  if (className) made.className = className;
  return made;
}

class Rows {
  constructor(id) {
    const packed = JSON.parse(byId(id).textContent);
    this.count = packed.rows;
    this.columns = packed.columns;
    this.haystacks = new Array(packed.rows);
  }

  value(name, row) {
    const column = this.columns[name];
    return (column.codes ? column.values[column.codes[row]] : column.values[row]) ?? "";
  }

  haystack(row) {
    if (this.haystacks[row] === undefined) {
      const values = Object.keys(this.columns).map((name) => this.value(name, row));
      this.haystacks[row] = values.join("\n").toLowerCase();
    }
    return this.haystacks[row];
  }
}

class PagedTable {
  constructor(name, tests, makeRow, nothing) {
    this.rows = new Rows(`${name}-data`);
    this.body = byId(`${name}-table`).tBodies[0];
    this.width = byId(`${name}-table`).tHead.rows[0].cells.length;
    this.form = byId(`${name}-filters`);
    this.pager = byId(`${name}-pager`);
    this.tests = tests;
    this.makeRow = makeRow;
    this.nothing = nothing;
    this.page = 0;
    let waiting;
    const later = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.filter(), 120);
    };
    this.form.addEventListener("change", () => this.filter());
    this.form.addEventListener("input", (event) => event.target.type === "search" && later());
    this.form.addEventListener("reset", () => setTimeout(() => this.filter()));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.pager.querySelector(".previous").addEventListener("click", () => this.turn(-1));
    this.pager.querySelector(".next").addEventListener("click", () => this.turn(1));
    this.filter();
  }

  filter() {
    const wanted = [];
    for (const field of this.form.elements) {
      if (!field.name || field.value === "") continue;
      const value = field.type === "search" ? field.value.trim().toLowerCase() : field.value;
      const test = this.tests[field.name] ?? ((rows, row) => rows.value(field.name, row) === value);
      wanted.push((row) => test(this.rows, row, value));
    }
    this.found = [];
    for (let row = 0; row < this.rows.count; row += 1) {
      if (wanted.every((test) => test(row))) this.found.push(row);
    }
    this.page = 0;
    this.show();
  }

  turn(step) {
    this.page += step;
    this.show();
    this.pager.scrollIntoView({ block: "start" });
  }

  show() {
    const from = this.page * PAGE;
    const shown = this.found.slice(from, from + PAGE);
    const made = shown.map((row) => this.makeRow(this.rows, row));
    if (!made.length) {
      const row = element("tr", undefined, "none");
      const cell = element("td", this.nothing);
      cell.colSpan = this.width;
      row.append(cell);
      made.push(row);
    }
    this.body.replaceChildren(...made);
    const of = `${number(this.found.length)} of ${number(this.rows.count)}`;
    this.pager.querySelector(".count").textContent = shown.length
      ? `Rows ${number(from + 1)}–${number(from + shown.length)}; ${of} match`
      : `${of} match`;
    this.pager.querySelector(".previous").disabled = this.page === 0;
    this.pager.querySelector(".next").disabled = from + PAGE >= this.found.length;
  }

  set(values) {
    this.form.reset();
    for (const [name, value] of Object.entries(values)) this.form.elements[name].value = value;
    this.filter();
  }
}
