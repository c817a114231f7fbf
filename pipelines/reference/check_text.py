"""A check sheet as plain text of a given width: what `siteproof check explain` prints."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.reference.check_sheet import CATEGORY_TITLES, CheckSheet

_INDENT = "  "


def check_text(sheet: CheckSheet, width: int) -> str:
    """Return the sheet in paragraphs with a heading each; only SQL and names longer than `width` go beyond it."""
    return "\n".join(_lines(sheet, width)) + "\n"


def _lines(sheet: CheckSheet, width: int) -> Iterator[str]:
    check = sheet.check
    yield from textwrap.wrap(f"{check.id}  {check.title}", width, subsequent_indent=" " * (len(check.id) + 2))
    place = f"{CATEGORY_TITLES[check.category]} / {check.group}"
    yield from _wrapped(f"{sheet.severity}; {place}; one finding a {check.scope}; asked of: {check.owner}", width, "")
    for heading, text in (
        ("Why", check.reference),
        ("Looks at", check.applies_when_text),
        ("Fails when", check.fails_when_text),
    ):
        yield from _section(heading, _wrapped(text, width))
    if check.not_looked_at:
        left_out = [line for told in check.not_looked_at.items() for line in _wrapped('"{}": {}'.format(*told), width)]
        yield from _section("Not looked at yet", left_out)
    yield from _section("Must have been delivered, else not_run", _needs(sheet, width))
    yield from _section("Parameters", _parameters(sheet, width))
    yield from _section(f"{sheet.example_title}; columns that are not named are blank", _example(sheet, width))
    yield from _section("Query to the site", [*_wrapped(check.query_text, width), *_placeholders(sheet, width)])
    if check.same_as:
        yield from _section("The same rule elsewhere", _wrapped(", ".join(check.same_as), width))
    yield from _section(
        f"As SQL, on {check.model}", [*_wrapped(sheet.model.description, width), *_predicates(sheet, width)]
    )
    yield from _section("Its columns", _table([[column.name, column.meaning] for column in sheet.columns], width))
    yield from _section("Written in", [f"{_INDENT}{sheet.suite_file}:{sheet.suite_line}"])


def _section(heading: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield heading
    yield from lines


def _wrapped(text: str, width: int, indent: str = _INDENT, hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _needs(sheet: CheckSheet, width: int) -> list[str]:
    rows = []
    for need in sheet.needs:
        for index, (name, meaning) in enumerate(need.alternatives.items()):
            rows.append([f"or {name}" if index else name, meaning])
    return _table(rows, width)


def _parameters(sheet: CheckSheet, width: int) -> list[str]:
    if not sheet.parameters:
        return [f"{_INDENT}none"]
    rows = [["name", "default", "may be"], *([p.name, p.default, p.allowed] for p in sheet.parameters)]
    override = [f"{_INDENT}A study sets its own in study.yml; here with the defaults:"]
    return [*_table(rows, width), *override, *(f"{_INDENT * 2}{line}" for line in sheet.override.split("\n"))]


def _example(sheet: CheckSheet, width: int) -> list[str]:
    rows = [["", "fails", "passes", "meaning"]]
    for column in sheet.example:
        values = [_shown(column.value_that_fails), _shown(column.value_that_passes)]
        rows.append([column.name, *values, column.meaning])
    return _table(rows, width)


def _placeholders(sheet: CheckSheet, width: int) -> list[str]:
    rows = [[f"{{{name}}}", f"{column}: {meaning}"] for name, (column, meaning) in sheet.placeholders.items()]
    return _table(rows, width) if rows else []


def _predicates(sheet: CheckSheet, width: int) -> list[str]:
    lines = []
    for name, predicate in (("applies_when", sheet.check.applies_when), ("fails_when", sheet.check.fails_when)):
        lines.append(f"{_INDENT}{name}")
        for line in predicate.strip().split("\n"):
            indent = _INDENT * 2 + " " * (len(line) - len(line.lstrip()))
            lines += _wrapped(line.strip(), width, indent, indent + _INDENT)
    return lines


def _table(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Lay rows in columns; the last one is wrapped, and goes below the others where hardly any room is left for it."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        front = _INDENT + "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=False)) + "  "
        room = width - len(front)
        if room < min(24, len(row[-1])):
            lines += [front.rstrip(), *_wrapped(row[-1], width, _INDENT * 3)]
            continue
        first, *others = textwrap.wrap(row[-1], room, break_long_words=False) or [""]
        lines += [(front + first).rstrip(), *(" " * len(front) + other for other in others)]
    return lines


def _shown(value: Any) -> str:
    if value is None:
        return "(blank)"
    return str(value).lower() if isinstance(value, bool) else str(value)
