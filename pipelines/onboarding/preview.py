"""What would be read of one file: its tables, columns, first values and problems. It reads as ingest does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.layout import agreed_table, layout_of, table_of
from pipelines.ingest.readers import Content, Reading, Remark, Table, read_export
from pipelines.ingest.readers.archive import list_members
from pipelines.ingest.refusal import Refusal
from pipelines.onboarding.format_signs import format_of
from pipelines.onboarding.named_values import item_names, values_of
from pipelines.study_source import Expression, Source

ARCHIVE = "zip"
# They are ZIP files themselves.
_PACKED_FORMATS = ("xlsx", "secutrial")
_LINE = re.compile(r"line ([0-9]+)")
# So many files of a ZIP are named to a user who has to choose.
_NAMED = 40


@dataclass(frozen=True)
class Problem:
    """Why a file is refused, or what is odd about it; `message` holds no cell's content, `line` is 1-based."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Item:
    """One column: how many of its values are filled, and its values in the first rows, blank ones too.

    `is_key` where it says whose a row is and holds no data of its own. `item` is the item's name where the file defines
    it and the column has its id.
    """

    name: str
    is_key: bool
    filled: int
    first: tuple[str, ...]
    item: str | None = None


@dataclass(frozen=True)
class Dataset:
    """One table of the file; `place` says where its first row stands, if the format has more to say than a number."""

    name: str
    rows: int
    items: tuple[Item, ...]
    place: str | None = None

    @property
    def columns(self) -> int:
        """How many columns it has."""
        return len(self.items)

    @property
    def values(self) -> int:
        """How many values are filled, keys aside."""
        return sum(item.filled for item in self.items if not item.is_key)


@dataclass(frozen=True)
class Preview:
    """What would be read of a file; nothing but the one problem where it is refused.

    `subjects` and `sites` are None where neither the format nor the user says which column names them. `forms` are
    what a source can take besides: parts of a dataset that hold its values again, as REDCap's instruments do, and what
    comes with the file. `counts` are in the file's own units.
    """

    format: str
    subjects: int | None = None
    sites: int | None = None
    datasets: tuple[Dataset, ...] = ()
    forms: tuple[Dataset, ...] = ()
    problems: tuple[Problem, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    is_refused: bool = False

    @property
    def values(self) -> int:
        """How many data values are filled in the whole file, keys aside, each counted once."""
        return sum(dataset.values for dataset in self.datasets)


def preview_export(data: Content, source: Source, stem: str, rows: int) -> Preview:
    """Read a file as a run would, and return what there is to see.

    Args:
        data: the file's content.
        source: how it is written; where it names a table, only that one is looked at.
        stem: the name of a table that has none of its own.
        rows: how many first rows to show.
    """
    try:
        reading = read_export(data, source)
        tables, absent = _chosen(reading, source)
        agreed, unusable = _agreed(tables, source)
        subjects = _distinct(agreed, source.subject, [table.subject for table in tables])
        sites = _distinct(agreed, source.site, [table.site for table in tables])
    except Refusal as refusal:
        hint = _header_hint(refusal, source) or _format_hint(data, source)
        return _refused(source.format, Refusal(refusal.code, f"{refusal.text}{hint}", refusal.line))
    counted = reading.counts if source.table is None else {}
    items = item_names(reading)
    shown = [(table, _dataset(table, source, stem, rows, items)) for table in tables]
    remarks = [_problem(remark, reading) for remark in reading.remarks if _is_of(remark, source)]
    return Preview(
        format=source.format,
        # Who has no row in any table counts too, where the format knows of him.
        subjects=subjects if source.subject is not None else counted.get("subjects", subjects),
        sites=sites,
        datasets=tuple(dataset for table, dataset in shown if not _is_besides(table)),
        forms=tuple(dataset for table, dataset in shown if _is_besides(table)),
        problems=(*absent, *unusable, *remarks),
        counts=dict(reading.counts),
    )


def preview_archive(data: Content) -> Preview:
    """Return what there is to say of a ZIP that is previewed as nothing but that: which files a user can ask for."""
    try:
        text = "a ZIP has no format of its own" + (_members_hint(data) or "; and this file is none")
    except Refusal as refusal:
        return _refused(ARCHIVE, refusal)
    return _refused(ARCHIVE, Refusal("choose_member", text))


def _format_hint(data: Content, source: Source) -> str:
    """Return what a refused file seems to be, if that is not what it was read as; empty where no sign is known."""
    if source.member is not None:
        return ""
    try:
        found = format_of(data, "")
    except Refusal:
        return ""
    if found == ARCHIVE:
        return _members_hint(data) if source.format not in _PACKED_FORMATS else ""
    return f"; it begins as {found} does: --as {found}" if found not in (None, source.format) else ""


def _header_hint(refusal: Refusal, source: Source) -> str:
    if source.format != "xlsx" or refusal.code not in ("blank_column", "duplicate_column"):
        return ""
    return "; where more rows make the header, say how many with --header-rows (header_rows in study.yml)"


def _members_hint(data: Content) -> str:
    """Return which files a ZIP holds and how to ask for one; empty where it holds none.

    Raises:
        Refusal: it cannot be read as a ZIP.
    """
    names = list_members(data)
    if not names:
        return ""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    held = f"; it holds {', '.join(names[:_NAMED])}{more}"
    return f"{held}: name one of them with --member, and with --as how that is written"


def _refused(format_name: str, refusal: Refusal) -> Preview:
    problem = Problem(refusal.code, refusal.text, refusal.line)
    return Preview(format_name, problems=(problem,), is_refused=True)


def _chosen(reading: Reading, source: Source) -> tuple[list[Table], list[Problem]]:
    """Return the tables that are meant, and what is odd about that.

    The table that a source names stands for itself, not for a part of another.

    Raises:
        Refusal: the file has no table of that name.
    """
    if source.table is None:
        return list(reading.tables), []
    names = [table.name for table in reading.tables]
    table = replace(table_of(reading, source, layout_of(source)), part_of=None, added=False)
    if source.table in names:
        return [table], []
    text = f"the file has no table {source.table}, which reads as one without rows; it has {', '.join(names)}"
    return [table], [Problem("absent_table", text)]


def _agreed(tables: Sequence[Table], source: Source) -> tuple[list[pa.Table], list[Problem]]:
    """Return the rows under the agreed names, and what would keep a source from taking one of several tables.

    Raises:
        Refusal: the file has one table only, and that cannot be taken.
    """
    layout = layout_of(source)
    agreed, problems = [], []
    for table in tables:
        try:
            agreed.append(agreed_table(table, layout))
        except Refusal as refusal:
            if len(tables) == 1:
                raise
            agreed.append(table.rows.rename_columns([name.strip() for name in table.header]))
            # Which of a file's tables have the columns that a source needs is nothing odd.
            if refusal.code != "missing_column":
                hint = _header_hint(refusal, source)
                told = f"{_of_table(table.name)}no source can take it so: {refusal.text}{hint}"
                problems.append(Problem(refusal.code, told))
    return agreed, [*problems, *_absent_columns(agreed, source)]


def _absent_columns(tables: Sequence[pa.Table], source: Source) -> Iterator[Problem]:
    """Yield the columns that the user names and that none of several tables has."""
    present = {name.casefold() for table in tables for name in table.column_names}
    for option, expression in (("--subject", source.subject), ("--site", source.site)):
        item = _item(expression)
        if item is not None and item.strip().casefold() not in present:
            yield Problem("missing_column", f"no table has the column {item} that {option} names")


def _dataset(table: Table, source: Source, stem: str, rows: int, names: Mapping[str, str]) -> Dataset:
    owners = [_item(source.subject), _item(source.site), table.subject, table.site]
    folded = {owner.casefold() for owner in owners if owner is not None}
    items = []
    for name, column in zip(table.header, table.rows.columns, strict=True):
        filled = pc.sum(pc.not_equal(column, pa.scalar(""))).as_py() or 0
        first = tuple(value or "" for value in column.slice(0, rows).to_pylist())
        is_key = name in table.keys or name.strip().casefold() in folded
        items.append(Item(name, is_key, filled, first, names.get(name)))
    place = table.places.slice(0, 1).to_pylist() if table.places is not None else []
    return Dataset(table.name or stem, table.rows.num_rows, tuple(items), place[0] if place else None)


def _is_besides(table: Table) -> bool:
    """Return whether a source can take a table that is no further part of the file."""
    return table.part_of is not None or table.added


def _distinct(tables: Sequence[pa.Table], declared: Expression | None, own: Sequence[str | None]) -> int | None:
    """Return how many subjects or sites the rows name, by the user's declaration or the format's; None if neither."""
    named: set[str] | None = None
    for table, column in zip(tables, own, strict=True):
        expression = declared or (Expression(item=column) if column is not None else None)
        values = values_of(table, expression) if expression is not None else None
        if values is not None:
            named = (named or set()) | set(pc.unique(values).to_pylist())
    return None if named is None else len({value.strip() for value in named if value and value.strip()})


def _item(expression: Expression | None) -> str | None:
    return expression.item if expression is not None else None


def _is_of(remark: Remark, source: Source) -> bool:
    return source.table is None or remark.table in ("", source.table)


def _problem(remark: Remark, reading: Reading) -> Problem:
    where = f"row {remark.row}: " if remark.row is not None else ""
    return Problem(remark.code, f"{_of_table(remark.table)}{where}{remark.text}", _line_of(remark, reading))


def _of_table(name: str) -> str:
    return f"table {name}: " if name else ""


def _line_of(remark: Remark, reading: Reading) -> int | None:
    """Return the line on which a remark's row stands, where the file has lines."""
    for table in reading.tables:
        if remark.row is not None and table.name == remark.table and table.places is not None:
            at = remark.row - 1 if table.numbers is None else table.numbers.index(remark.row).as_py()
            found = _LINE.match(table.places[at].as_py() or "")
            return int(found[1]) if found else None
    return None
