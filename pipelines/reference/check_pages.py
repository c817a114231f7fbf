"""The checks as Markdown for a quality lead: an index and one page a group; SQL is folded away behind each check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.reference.check_sheet import CATEGORY_TITLES, CheckSheet, by_group
from pipelines.settings import PROJECT_ROOT

CHECK_PAGES_DIR = PROJECT_ROOT / "docs" / "checks"

_GENERATED = "<!-- Generated from expectations/ by `make reference`: edit the suites, not this page. -->"
_INTRODUCTION = """\
# The checks

{counted} checks, in {groups} groups. A check looks at the rows of its population, site by site, and has one verdict at
each: `pass`, `fail`, `not_applicable` where the site has no such row, `not_run` where what it needs was not delivered.
Each row that fails is a finding.

* Dates may be partial. They are compared only as far as both are known, and nothing is made up: `2024-03` is neither
  before nor after `2024-03-15`. A blank or unreadable date is not compared at all.
* Columns in capitals are SDTM's. Those in small letters are of operational lists, or facts that Siteproof works out
  from other rows and datasets. One that ends in `_raw` is the text as the site delivered it.
* A parameter has a default, and a study may set its own in its [study.yml](../study-yml.md), for instance:

  ```yaml
  parameters:
    E-01: {{max_lag_days: 5}}
  ```

* `siteproof check explain E-01` prints what is said here in a terminal."""


def check_pages(sheets: Iterable[CheckSheet]) -> dict[Path, str]:
    """Return file -> text: index.md and one page for each group."""
    groups: dict[str, list[CheckSheet]] = {}
    for sheet in sorted(sheets, key=by_group):
        groups.setdefault(sheet.check.group, []).append(sheet)
    pages = {CHECK_PAGES_DIR / page_name(group): _page(group, members) for group, members in groups.items()}
    return {CHECK_PAGES_DIR / "index.md": _index(groups), **pages}


def page_name(group: str) -> str:
    """Return the file of a group's page: `adverse-events.md` for `Adverse events`."""
    return re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-") + ".md"


def _index(groups: dict[str, list[CheckSheet]]) -> str:
    counted = sum(len(members) for members in groups.values())
    parts = [_GENERATED, _INTRODUCTION.format(counted=counted, groups=len(groups))]
    for category, title in CATEGORY_TITLES.items():
        rows = [
            [
                _check_link(sheet, page_name(group)),
                sheet.check.title,
                sheet.check.severity,
                f"[{group}]({page_name(group)})",
            ]
            for group, members in groups.items()
            for sheet in members
            if sheet.check.category == category
        ]
        if rows:
            parts += [f"## {title}", _table(["Check", "What must hold", "Severity", "Group"], rows)]
    return "\n\n".join(parts) + "\n"


def _page(group: str, sheets: list[CheckSheet]) -> str:
    contents = [[_check_link(sheet), sheet.check.title, sheet.check.severity] for sheet in sheets]
    parts = [
        _GENERATED,
        f"# {group}",
        "[All checks](index.md)",
        _table(["Check", "What must hold", "Severity"], contents),
    ]
    for sheet in sheets:
        parts += _entry(sheet)
    return "\n\n".join(parts) + "\n"


def _entry(sheet: CheckSheet) -> Iterator[str]:
    check = sheet.check
    yield f'<a id="{check.id.lower()}"></a>'
    yield f"## {check.id}: {_inline(check.title)}"
    told = {
        "Looks at": check.applies_when_text,
        "Fails when": check.fails_when_text,
        "Not looked at yet": "; ".join(f'"{clause}": {reason}' for clause, reason in check.not_looked_at.items()),
        "Why": check.reference,
        "Severity": f"{sheet.severity}; one finding a {check.scope}",
        "Asked of": check.owner,
        "Must have been delivered": "; ".join(_need(need.alternatives) for need in sheet.needs),
        "The same rule elsewhere": ", ".join(check.same_as),
    }
    yield "\n".join(f"* **{name}:** {_inline(text)}" for name, text in told.items() if text)
    if sheet.parameters:
        rows = [[f"`{p.name}`", f"`{p.default}`", p.allowed] for p in sheet.parameters]
        yield _table(["Parameter", "Default", "May be"], rows)
    rows = [[f"`{c.name}`", c.meaning, _value(c.value_that_fails), _value(c.value_that_passes)] for c in sheet.example]
    yield _table([sheet.example_title, "Meaning", "Fails", "Passes"], rows)
    yield f"Query to the site:\n\n> {_inline(check.query_text)}"
    yield _sql(sheet)


def _need(alternatives: dict[str, str]) -> str:
    return " or ".join(f"{name} ({_started_small(meaning)})" for name, meaning in alternatives.items())


def _sql(sheet: CheckSheet) -> str:
    """The predicates, their columns and where to change them; folded, since a reader of the page needs none of it."""
    predicates = "\n\n".join(
        f"-- {name}\n{predicate.strip()}"
        for name, predicate in (("applies_when", sheet.check.applies_when), ("fails_when", sheet.check.fails_when))
    )
    shown = {column: f"`{{{name}}}` of the query" for name, (column, _) in sheet.placeholders.items()}
    columns = [[f"`{column.name}`", column.meaning, shown.get(column.name, "")] for column in sheet.columns]
    source = f"`{sheet.check.model}`: {_inline(sheet.model.description)} Written in `{sheet.suite_file}`."
    parts = ["<details><summary>As SQL</summary>", source, f"```sql\n{predicates}\n```"]
    parts += [_table(["Column", "Meaning", "Shown as"], columns)] if columns else []
    return "\n\n".join([*parts, "</details>"])


def _check_link(sheet: CheckSheet, page: str = "") -> str:
    return f"[{sheet.check.id}]({page}#{sheet.check.id.lower()})"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [header, ["---"] * len(header), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _cell(text: str) -> str:
    """Make text safe in a cell: code and links stay, no column ends in it."""
    return _inline(text).replace("|", "\\|")


def _inline(text: str) -> str:
    """Make a text one line in which neither a tag nor emphasis begins, except in code."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else _plain(part) for part in parts)


def _plain(text: str) -> str:
    return re.sub(r"([*~\\])", r"\\\1", text).replace("<", "&lt;")


def _value(value: Any) -> str:
    if value is None:
        return "(blank)"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _started_small(meaning: str) -> str:
    is_name = meaning.split(" ")[0].isupper()
    return meaning if is_name else meaning[:1].lower() + meaning[1:]
