"""Reads a secuTrial export: a ZIP with one table a form, its audit trail and set-up, and the page of its settings."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import pyarrow as pa

from pipelines.ingest.readers.archive import Archive, Member, open_archive
from pipelines.ingest.readers.csv_text import CsvReader
from pipelines.ingest.readers.encoded_text import as_utf8
from pipelines.ingest.readers.reader import Content, Reading, Remark, Table
from pipelines.ingest.readers.secutrial_options import ExportOptions, read_options
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source

CASENODES = ("cn", "casenodes")
CENTRES = ("ctr", "centres")
VISIT_PLAN = ("vp", "visitplan")
CODE_LIST = "cl"
# Tables of the set-up and of the whole export: neither forms nor the audit trail of one.
_SET_UP = {
    *CASENODES, *CENTRES, *VISIT_PLAN, CODE_LIST,
    "vpfs", "visitplanforms", "fs", "forms", "qs", "questions", "is", "items", "qac", "queries", "cts", "comments",
    "miv", "atmiv", "atcn", "atcasenodes", "atcvp", "atcasevisitplans", "atae1", "atadverseevents",
}  # fmt: skip
# What says whose a row is, of which visit and of which document.
_KEYS = frozenset(
    {
        "mnppid", "mnpaid", "mnpctrid", "mnpctrname", "mnpvisid", "mnpvislabel", "mnpvisno", "mnpcvpid", "mnpdocid",
        "mnpatdocid", "mnpsubdocid", "mnpatsubdocid", "mnpaeid", "mnpaeno", "mnpaefuid", "fgid", "position",
    }
)  # fmt: skip


class SecutrialReader:
    """The export formats "CSV" and "CSV for MS Excel" of secuTrial, as the ZIP that it sends.

    The export's own page of settings says how its text is encoded. A table has the name of its file without what
    repeats in all of them: `mnpctu05ae_CTU05_20190430-153026.xls` and `ae.xls` are both `ae`. Each table of a
    patient's data gets the columns that secuTrial itself adds where "duplicate form meta data into all tables" is
    chosen, if the export holds them elsewhere: `mnpaid`, `mnpctrname`, `mnpvislabel`.
    """

    version = "secutrial-1"

    def read(self, data: Content, source: Source) -> Reading:
        """Read a whole export; see `Reader`."""
        with open_archive(data) as archive:
            options = read_options(archive)
            _hold_to_declaration(options, source)
            tables, said = _read_tables(archive, options, source)
        joined, remarks = _with_meta_data(tables)
        return Reading(tuple(joined), remarks=(*said, *remarks), counts=_counts(tables))


def _hold_to_declaration(options: ExportOptions, source: Source) -> None:
    declared = source.encoding
    if "encoding" in source.model_fields_set and not options.is_encoded_in(declared):
        raise Refusal(
            "encoding_mismatch",
            f"the export says that it is {options.encoding}, but study.yml says {declared}; take encoding away there",
        )


def _read_tables(archive: Archive, options: ExportOptions, source: Source) -> tuple[dict[str, Table], list[Remark]]:
    tables: dict[str, Table] = {}
    remarks: list[Remark] = []
    unread = 0
    for member in archive.members:
        file = PurePosixPath(member.name)
        if member.name == options.member:
            continue
        if file.suffix.lower() not in (".xls", ".csv"):
            unread += 1
            continue
        name = options.table_name(file.stem)
        if name in tables:
            raise Refusal("duplicate_table", f"two files of the export are called {name}")
        tables[name], said = _read_table(archive, member, name, options, source)
        remarks += [replace(remark, table=name) for remark in said]
    if not tables:
        raise Refusal("no_tables", "the export holds no .xls or .csv file; choose one of the CSV formats in secuTrial")
    if unread:
        text = f"{unread} files of the export are no tables and were not read"
        remarks.insert(0, Remark("member_not_read", text))
    return tables, remarks


def _read_table(
    archive: Archive, member: Member, name: str, options: ExportOptions, source: Source
) -> tuple[Table, tuple[Remark, ...]]:
    # The format for MS Excel is tab-separated text in files called .xls; in the other one, the user chose.
    is_for_excel = member.name.lower().endswith(".xls")
    dialect = {"delimiter": "\t", "quote": '"'} if is_for_excel else {}
    declared = source.model_copy(update={"encoding": options.encoding, **dialect})
    content = archive.read(member)
    try:
        if name == CODE_LIST:
            return replace(_read_code_list(content, declared), name=name, member=member.name), ()
        reading = CsvReader().read(content, declared)
        (table,) = reading.tables
        return replace(_without_last_column(table), name=name, member=member.name), reading.remarks
    except Refusal as refusal:
        raise Refusal(refusal.code, f"table {name}: {refusal.text}", refusal.line) from refusal


def _without_last_column(table: Table) -> Table:
    """Drop the nameless column that secuTrial puts behind the last one of every table."""
    if table.header[-1] != "":
        return table
    for row, value in enumerate(table.rows.column(len(table.header) - 1).to_pylist(), start=1):
        if value:
            raise Refusal("nameless_column", f"row {row} holds a value behind the last named column")
    rows = table.rows.remove_column(len(table.header) - 1)
    return replace(table, header=table.header[:-1], rows=rows)


def _read_code_list(content: Content, source: Source) -> Table:
    """Read the code list, some of whose rows have the nameless column and some not."""
    text = io.StringIO(bytes(as_utf8(content, source.encoding)).decode(), newline="")
    records = csv.reader(text, delimiter=source.delimiter, quotechar=source.quote, strict=True)
    begin = 1
    rows: list[list[str]] = []
    try:
        for record in records:
            if rows and len(record) == len(rows[0]) + 1 and record[-1] == "":
                del record[-1]
            if not record or (rows and len(record) != len(rows[0])):
                width = f", the header has {len(rows[0])}" if rows else ""
                raise Refusal("ragged_row", f"line {begin} has {len(record)} fields{width}", begin)
            rows.append(record)
            begin = records.line_num + 1
    except csv.Error as error:
        raise Refusal("malformed_quote", f"the record that begins on line {begin} is quoted wrongly", begin) from error
    if not rows:
        raise Refusal("empty_file", "it holds nothing")
    header, *body = rows
    columns = zip(*body, strict=True) if body else ([] for _ in header)
    arrays = [pa.array(column, pa.string()) for column in columns]
    return Table("", tuple(header), pa.table(arrays, names=[f"f{place}" for place in range(len(header))]))


def _counts(tables: Mapping[str, Table]) -> dict[str, int]:
    forms = tables.keys() - _SET_UP
    audit = {name for name in forms if name.removeprefix("at") in forms and name.startswith("at")}
    return {
        "forms": len(forms - audit),
        "form_rows": sum(tables[name].rows.num_rows for name in forms - audit),
        "audit_rows": sum(tables[name].rows.num_rows for name in audit),
        "participants": _rows_of(tables, CASENODES),
        "centres": _rows_of(tables, CENTRES),
        "visits": _rows_of(tables, VISIT_PLAN),
    }


def _rows_of(tables: Mapping[str, Table], names: tuple[str, ...]) -> int:
    return sum(tables[name].rows.num_rows for name in names if name in tables)


def _with_meta_data(tables: Mapping[str, Table]) -> tuple[list[Table], list[Remark]]:
    """Return the tables, those of patients with the columns that the export holds elsewhere, and who is not found."""
    subjects = _lookup(tables, CASENODES, "mnppid", "mnpaid")
    centre_of = _lookup(tables, CASENODES, "mnppid", "mnpctrid")
    names = _lookup(tables, CENTRES, "mnpctrid", "mnpctrname")
    centres = {patient: names.get(centre, "") for patient, centre in centre_of.items()} if names else {}
    visits = _lookup(tables, VISIT_PLAN, "mnpvisid", "mnpvislabel")
    joined, remarks = [], []
    for name, table in tables.items():
        if name not in CASENODES and "mnppid" in table.header:
            table = _with_column(table, "mnpaid", "mnppid", subjects)
            table = _with_column(table, "mnpctrname", "mnppid", centres)
            table = _with_column(table, "mnpvislabel", "mnpvisid", visits)
            patients = _values(table, "mnppid")
            planned = _values(table, "mnpvisid") if "mnpvisid" in table.header and visits else []
            for code, lost, whose in (
                (
                    "unknown_patient",
                    [subjects and one not in subjects for one in patients],
                    "a patient whom the table of patients",
                ),
                (
                    "unknown_centre",
                    [centres.get(one) == "" for one in patients],
                    "a patient whose centre the table of centres",
                ),
                (
                    "unknown_visit",
                    [bool(one) and one not in visits for one in planned],
                    "a visit that the plan of visits",
                ),
            ):
                if count := sum(map(bool, lost)):
                    remarks.append(Remark(code, f"{count} rows are of {whose} does not have", name))
        joined.append(_with_roles(table))
    return joined, remarks


def _lookup(tables: Mapping[str, Table], names: tuple[str, ...], key: str, value: str) -> dict[str, str]:
    table = next((tables[name] for name in names if name in tables), None)
    if table is None or not {key, value} <= set(table.header):
        return {}
    keys = _values(table, key)
    if len(set(keys)) < len(keys):
        raise Refusal("duplicate_key", f"table {table.name}: {len(keys) - len(set(keys))} rows repeat another's {key}")
    return dict(zip(keys, _values(table, value), strict=True))


def _values(table: Table, column: str) -> list[str]:
    values: list[str] = table.rows.column(table.header.index(column)).to_pylist()
    return values


def _with_column(table: Table, column: str, key: str, values: Mapping[str, str]) -> Table:
    if not values or column in table.header or key not in table.header:
        return table
    added = pa.array([values.get(one, "") for one in _values(table, key)], pa.string())
    rows = table.rows.append_column(f"f{len(table.header)}", added)
    return replace(table, header=(*table.header, column), rows=rows)


def _with_roles(table: Table) -> Table:
    subject = next((name for name in ("mnpaid", "mnppid") if name in table.header), None)
    site = "mnpctrname" if "mnpctrname" in table.header else None
    return replace(table, keys=_KEYS & set(table.header), subject=subject, site=site)
