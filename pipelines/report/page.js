// The page's behaviour: paged tables with filters over the packed rows, sorting of the heat table, a check's card.
// Delivered values only ever become text nodes or property values; no markup is built from a string.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const { study, pageRows } = document.currentScript.dataset;
  const PAGE = Number(pageRows);
  const INVISIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
  const visible = (value) =>
    value === null || value === undefined
      ? ""
      : String(value).replace(INVISIBLE, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  const number = (value) => (value === null ? "" : value.toLocaleString("en-GB"));
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
      return column.codes ? column.values[column.codes[row]] : column.values[row];
    }

    haystack(row) {
      if (this.haystacks[row] === undefined) {
        const values = Object.keys(this.columns).map((name) => this.value(name, row) ?? "");
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

  const contains = (rows, row, value) => rows.haystack(row).includes(value);
  const badge = (text, kind, known, otherwise) =>
    element("span", text, `badge ${kind}-${known.includes(text) ? text : otherwise}`);
  const cellOf = (child, className) => {
    const cell = element("td", undefined, className);
    cell.append(child);
    return cell;
  };

  // --- findings -------------------------------------------------------------------------------------------------
  const checkForm = byId("findings-filters").elements.check_id;
  const groupOf = new Map([...checkForm.options].map((option) => [option.value, option.dataset.group]));

  function findingRow(rows, row) {
    const value = (name) => rows.value(name, row);
    const line = document.createElement("tr");
    const link = element("a", value("check_id"));
    link.href = "#check-" + encodeURIComponent(value("check_id"));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      openCard(value("check_id"), rows, row);
    });
    const file = value("source_file") ?? "";
    const home = `${study}/${value("site")}/`;
    const source = element("td", `${file.startsWith(home) ? file.slice(home.length) : file}:${value("source_row")}`, "source");
    source.title = visible(file);
    line.append(
      cellOf(badge(value("severity"), "sev", ["critical", "major", "minor"], "critical")),
      cellOf(link, "keep"),
      element("td", value("site")),
      element("td", value("subject"), "keep"),
      element("td", value("dataset"), "keep"),
      element("td", value("record"), "record"),
      element("td", value("message"), "wide"),
      source,
      element("td", value("state"), "keep"),
      element("td", day(String(value("first_seen") ?? "")), "day"),
    );
    return line;
  }

  const findings = new PagedTable(
    "findings",
    {
      text: contains,
      group: (rows, row, value) => groupOf.get(rows.value("check_id", row)) === value,
      state: (rows, row, value) => (value === "open" ? rows.value("state", row) !== "resolved" : rows.value("state", row) === value),
    },
    findingRow,
    "No finding matches.",
  );

  function showFindings(values) {
    findings.set(values);
    byId("findings").scrollIntoView();
  }

  // --- a check's card -------------------------------------------------------------------------------------------
  const card = byId("card");
  byId("card-close").addEventListener("click", () => card.close());

  function openCard(checkId, rows, row) {
    const details = byId("check-" + checkId);
    if (!details) return;
    byId("card-title").textContent = visible(`${checkId}  ${details.querySelector("summary").textContent}`);
    const parts = [details.querySelector("dl").cloneNode(true)];
    if (rows) {
      const list = element("dl", undefined, "card");
      const facts = [
        ["Message", rows.value("message", row)],
        ["Site, subject", `${rows.value("site", row)}, ${rows.value("subject", row) || "no subject"}`],
        ["Record", `${rows.value("dataset", row)}: ${rows.value("record", row)}`],
        ["File : row", `${rows.value("source_file", row)}:${rows.value("source_row", row)}`],
        ["Finding", rows.value("finding_id", row)],
      ];
      for (const [name, value] of facts) list.append(element("dt", name), element("dd", value));
      parts.unshift(element("h3", "This finding"), list, element("h3", "The check"));
    }
    byId("card-body").replaceChildren(...parts);
    card.showModal();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-check], #not-evaluated a");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.check) showFindings({ check_id: link.dataset.check });
    else openCard(link.textContent);
  });

  // --- deliveries -----------------------------------------------------------------------------------------------
  new PagedTable(
    "deliveries",
    { text: contains },
    (rows, row) => {
      const value = (name) => rows.value(name, row);
      const line = document.createElement("tr");
      line.append(
        cellOf(badge(value("status"), "del", ["refused", "accepted", "duplicate", "superseded"], "refused")),
        element("td", value("site")),
        element("td", value("system")),
        element("td", value("file")),
        element("td", number(value("rows")), "n"),
        element("td", moment(value("received_at") ?? ""), "day"),
        element("td", value("reason"), "wide"),
      );
      return line;
    },
    "No file matches.",
  );

  // --- heat table -----------------------------------------------------------------------------------------------
  const heat = byId("heat-table");
  const heads = [...heat.tHead.rows[0].cells];
  const groups = [...byId("findings-filters").elements.group.options].slice(1).map((option) => option.value);
  const sites = [...byId("findings-filters").elements.site.options].slice(1).map((option) => option.value);
  const place = new Map(sites.map((site, index) => [site, index]));
  const last = heads.length - 1;

  function sortKey(line, column) {
    const cell = line.cells[column];
    if (column === 0) return place.get(cell.textContent) ?? 0;
    if (column === last) return cell.textContent;
    const found = parseInt(cell.textContent.replaceAll(",", ""), 10);
    // Among cells without a finding, those that were not fully evaluated come before those that passed.
    if (cell.classList.contains("c-error")) return 1e9 + (found || 0);
    if (cell.classList.contains("c-part")) return 0.2;
    if (cell.classList.contains("c-not_run")) return 0.1;
    return Number.isNaN(found) ? -1 : found;
  }

  heads.forEach((head, column) => {
    const button = element("button", head.textContent);
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending" && !(column === 0 && !head.hasAttribute("aria-sort"));
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const lines = [...heat.tBodies[0].rows].map((line) => [sortKey(line, column), place.get(line.cells[0].textContent), line]);
      lines.sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : (a[0] < b[0] ? -1 : 1) * (down ? -1 : 1)));
      heat.tBodies[0].append(...lines.map((entry) => entry[2]));
    });
  });

  heat.tBodies[0].addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || link.hash !== "#findings") return;
    event.preventDefault();
    const site = link.closest("tr").cells[0].textContent;
    showFindings(link.dataset.g === undefined ? { site } : { site, group: groups[Number(link.dataset.g)] });
  });

  // One Tab stop for the whole grid; arrow keys move inside it.
  const links = [...heat.tBodies[0].querySelectorAll("a")];
  links.forEach((link, index) => (link.tabIndex = index ? -1 : 0));
  heat.tBodies[0].addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell) return;
    event.preventDefault();
    const lines = heat.tBodies[0].rows;
    let target = null;
    for (
      let row = cell.parentNode.sectionRowIndex + step[0], column = cell.cellIndex + step[1];
      lines[row]?.cells[column] && !target;
      row += step[0], column += step[1]
    ) {
      target = lines[row].cells[column].querySelector("a");
    }
    if (!target) return;
    event.target.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  });

  // --- links from outside, paper --------------------------------------------------------------------------------
  // index.html#findings?site=101&group=consent opens the page with these filters set.
  function followHash() {
    const match = /^#findings\?(.*)$/.exec(location.hash);
    if (!match) return;
    const known = [...findings.form.elements].map((field) => field.name).filter(Boolean);
    showFindings(Object.fromEntries([...new URLSearchParams(match[1])].filter(([name]) => known.includes(name))));
  }
  document.querySelectorAll(".js-only").forEach((part) => (part.hidden = false));
  window.addEventListener("hashchange", followHash);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  followHash();
})();
