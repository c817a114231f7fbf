// What this page does: its two long tables, a check's card, sorting and keys of the heat table, links from outside.
const contains = (rows, row, value) => rows.haystack(row).includes(value);
const badge = (text, kind, known, otherwise) =>
  element("span", text, `badge ${kind}-${known.includes(text) ? text : otherwise}`);
// A finding about a whole file has no row, one about something not delivered has no file.
const address = (file, row) => (row === "" ? file : `${file}:${row}`);
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
  const file = value("source_file");
  const home = `${study}/${value("site")}/`;
  const source = element("td", address(file.startsWith(home) ? file.slice(home.length) : file, value("source_row")), "source");
  source.title = visible(file);
  line.append(
    cellOf(badge(value("severity"), "sev", ["critical", "major", "minor"], "critical")),
    cellOf(link, "keep"),
    element("td", value("site"), "keep"),
    element("td", value("subject"), "keep"),
    element("td", value("dataset"), "keep"),
    element("td", value("record"), "record"),
    element("td", value("message"), "wide"),
    source,
    element("td", value("state"), "keep"),
    element("td", day(String(value("first_seen"))), "day"),
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
      ["File : row", address(rows.value("source_file", row), rows.value("source_row", row))],
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
    const count = element("td", number(value("rows")), "n");
    if (value("repeated_rows")) count.append(element("small", `${number(value("repeated_rows"))} repeated`));
    line.append(
      cellOf(badge(value("status"), "del", ["held", "refused", "accepted", "duplicate", "superseded"], "refused")),
      element("td", value("site")),
      element("td", value("system")),
      element("td", value("file")),
      count,
      element("td", moment(value("received_at")), "day"),
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
