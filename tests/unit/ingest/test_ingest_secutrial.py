"""secuTrial's exports as it wrote them: all languages, encodings and options give the same tables."""

from __future__ import annotations

import io
import zipfile
from functools import cache

import pytest
from ingest_desk import Desk, study_of

from pipelines.ingest.readers import READERS, read_export
from pipelines.ingest.readers.reader import Reading, Table
from pipelines.ingest.refusal import Refusal
from pipelines.settings import PROJECT_ROOT, Home
from pipelines.study_source import Source

EXPORTS = PROJECT_ROOT.parent / "shared/data/format-samples/secuTrialR/inst/extdata/sT_exports"
CTU05 = {
    "baseline": 17, "outcome": 13, "treatment": 11, "allmedi": 17, "studyterminat": 10, "ae": 1, "sae": 2,
    "esurgeries": 18,
}  # fmt: skip
PAGE = '<html><meta http-equiv="content-type" content="text/html; charset={}"><title>Export options</title></html>'

realdata = pytest.mark.realdata
needs_samples = pytest.mark.skipif(not EXPORTS.exists(), reason=f"the samples are not at {EXPORTS}")


def read(data: bytes, **declared: str) -> Reading:
    return READERS["secutrial"].read(data, Source(path="edc/*.zip", format="secutrial", **declared))


@cache
def read_sample(name: str) -> dict[str, Table]:
    reading = read((EXPORTS / name).read_bytes())
    assert reading.remarks == ()
    return {table.name: table for table in reading.tables}


def samples() -> list[str]:
    return sorted(str(path.relative_to(EXPORTS)) for path in EXPORTS.glob("*/*.zip"))


def export_of(charset: str = "utf-8", options: str = "ExportOptions.html", **tables: str | bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        file.writestr(options, PAGE.format(charset))
        for name, text in tables.items():
            file.writestr(f"{name}.xls", text)
    return whole.getvalue()


def lines(*rows: str) -> str:
    """Rows as secuTrial writes them: all quoted, and a nameless column behind."""
    return "".join("\t".join(f'"{cell}"' for cell in [*row.split("|"), ""]) + "\n" for row in rows)


def refusal_of(data: bytes, **declared: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(data, **declared)
    return caught.value


@realdata
@needs_samples
@pytest.mark.parametrize("name", samples())
def test_every_sample_is_read_completely(name: str) -> None:
    tables = read_sample(name)
    with zipfile.ZipFile(EXPORTS / name) as file:
        assert len(tables) == len(file.namelist()) - 1
    if name.startswith("BMD"):
        bmd, casenodes, centres = (
            next(tables[one] for one in names if one in tables)
            for names in (["bmd"], ["cn", "casenodes"], ["ctr", "centres"])
        )
        shapes = [(table.rows.num_rows, len(table.header)) for table in (bmd, casenodes, centres)]
        assert shapes == [(504, 27), (113, 13), (1, 3)]
    else:
        assert {form: tables[form].rows.num_rows for form in CTU05} == CTU05
    for table in tables.values():
        assert len(table.header) == table.rows.num_columns
        assert "" not in table.header
        if table.name not in ("cn", "casenodes") and "mnppid" in table.header:
            assert "" not in table.rows.column(table.header.index(table.subject or "")).to_pylist()


@realdata
@needs_samples
@pytest.mark.parametrize(
    ("name", "columns", "subject", "site"),
    [
        ("all_info", 62, "mnpaid", "mnpctrname"),
        ("no_addid", 61, "mnppid", "mnpctrname"),
        ("no_centre_info", 61, "mnpaid", None),
        ("no_proj_setup", 61, "mnpaid", "mnpctrname"),
    ],
)
def test_what_was_left_out_is_not_there_and_the_rest_is_joined(name, columns, subject, site) -> None:
    baseline = read_sample(f"exp_opt/s_export_CSV-xls_CTU05_{name}.zip")["baseline"]
    assert (baseline.rows.num_rows, len(baseline.header)) == (17, columns)
    assert (baseline.subject, baseline.site) == (subject, site)


@realdata
@needs_samples
def test_counts_of_the_export() -> None:
    reading = read((EXPORTS / "exp_opt/s_export_CSV-xls_CTU05_all_info.zip").read_bytes())
    tables = {table.name: table for table in reading.tables}
    assert len(tables) == 31
    assert tables["cl"].rows.num_rows == 205
    assert reading.counts == {
        "forms": 8, "form_rows": sum(CTU05.values()), "audit_rows": 8, "participants": 11, "centres": 3, "visits": 4,
    }  # fmt: skip
    baseline = tables["baseline"]
    sites = baseline.rows.column(baseline.header.index("mnpctrname")).to_pylist()
    assert set(sites) == {"Charité Berlin (RPACK)", "Inselspital Bern (RPACK)", "Universitätsspital Basel (RPACK)"}
    assert baseline.member == "baseline.xls"


@realdata
@needs_samples
def test_encodings_and_dialects_give_the_same_tables() -> None:
    stem = "encodings/s_export_CSV-xls_CTU05_short_ref_miss_fr_"
    utf8 = read_sample(f"{stem}utf8.zip")
    for other in ("iso8859-1", "iso8859-15"):
        tables = read_sample(f"{stem}{other}.zip")
        assert tables.keys() == utf8.keys()
        for name, table in tables.items():
            assert table.header == utf8[name].header
            assert table.rows.equals(utf8[name].rows), name
    tabs = read_sample("exp_opt/s_export_CSV-xls_CTU05_all_info.zip")
    commas = read_sample("exp_opt/s_export_CSV_CTU05_20191115-091627_CSV.zip")
    assert all(commas[name].rows.equals(tabs[name].rows) for name in CTU05)


@realdata
@needs_samples
def test_long_names_give_the_names_of_short_ones_and_duplicated_meta_data_the_joined_values() -> None:
    joined = read_sample("snames/s_export_CSV-xls_CTU05_short_ref_miss_en_utf8.zip")["baseline"]
    duplicated = read_sample("lnames/s_export_CSV-xls_CTU05_long_meta_ref_miss_en_utf8.zip")["baseline"]
    for name in ("mnpaid", "mnpctrname", "mnpvislabel"):
        first, second = (table.rows.column(table.header.index(name)) for table in (joined, duplicated))
        assert first.to_pylist() == second.to_pylist()
    assert {"atbaseline", "esurgeries", "atesurgeries", "casenodes"} <= read_sample(
        "lnames/s_export_CSV-xls_CTU05_long_ref_miss_de_utf8.zip"
    ).keys()


@realdata
@needs_samples
def test_an_export_inside_a_zip_tells_both_members() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        file.write(next(EXPORTS.glob("BMD/*short*.zip")), "monday/export.zip")
    source = Source(path="edc/*.zip", format="secutrial", member="*/export.zip")
    members = {table.member for table in read_export(whole.getvalue(), source).tables}
    assert "monday/export.zip/bmd.xls" in members


@realdata
@needs_samples
def test_sources_take_their_forms_of_a_delivered_export(home: Home) -> None:
    shared = {"path": "edc/*.zip", "format": "secutrial"}
    desk = Desk(home, study_of(AE={**shared, "table": "ae"}, VISIT={**shared, "table": "baseline"}))
    desk.put("edc/export.zip", (EXPORTS / "exp_opt/s_export_CSV-xls_CTU05_all_info.zip").read_bytes())
    assert [(event.source, event.status, event.rows) for event in desk.ingest()] == [
        ("AE", "accepted", 1),
        ("VISIT", "accepted", 17),
    ]
    assert desk.current("AE")["mnpaid"].to_list() == ["RPACK-INS-015"]


CN = lines("mnppid|mnpaid|mnpctrid", "7|S-1|1")
CTR = lines("mnpctrid|mnpctrname", "1|Berlin")


def test_a_row_of_an_unknown_centre_or_visit_is_told() -> None:
    """Their names are blank then: the row would be of no visit, and of a site that nobody can tell."""
    plan = lines("mnpvisid|mnpvislabel", "4|Baseline")
    patients = lines("mnppid|mnpaid|mnpctrid", "7|S-1|1", "8|S-2|2")
    ae = lines("mnppid|mnpvisid|term", "7|4|x", "7||y", "7|5|z", "8|4|x")
    reading = read(export_of(cn=patients, ctr=CTR, vp=plan, ae=ae))
    assert [(remark.code, remark.table, remark.text[:7]) for remark in reading.remarks] == [
        ("unknown_centre", "ae", "1 rows "), ("unknown_visit", "ae", "1 rows "),
    ]  # fmt: skip


def test_a_row_of_an_unknown_patient_is_told() -> None:
    reading = read(export_of(cn=CN, ctr=CTR, ae=lines("mnppid|term", "7|x", "8|y")))
    assert [(remark.code, remark.table) for remark in reading.remarks] == [("unknown_patient", "ae")]
    ae = reading.tables[2]
    assert ae.header == ("mnppid", "term", "mnpaid", "mnpctrname")
    assert [column.to_pylist() for column in ae.rows.columns] == [["7", "8"], ["x", "y"], ["S-1", ""], ["Berlin", ""]]
    assert ae.keys == {"mnppid", "mnpaid", "mnpctrname"}


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({"ae": '"a"\t""\n"1"\t"SECRET"\n'}, "nameless_column: table ae: row 1 holds a value behind the last named "),
        ({"ae": lines("a|b", "1")}, "ragged_row: table ae: line 2 has 2 fields, the header has 3"),
        ({"cl": '"a"\t"b"\n"1"\n'}, "ragged_row: table cl: line 2 has 1 fields, the header has 2"),
        ({"cl": '"a"\t"b"\n"1"\t"2"\t"SECRET"\n'}, "ragged_row: table cl: line 2 has 3 fields, the header has 2"),
        ({"cl": '"a"\t"b"\n"1"\t"SECRET"x\n'}, "malformed_quote: table cl: "),
        ({"cl": ""}, "empty_file: table cl: "),
        ({"cn": CN + '"7"\t"S-2"\t"1"\t""\n'}, "duplicate_key: table cn: 1 rows repeat another's mnppid"),
        ({"ae": b'"a"\t""\n"\xff"\t""\n'}, "undecodable: table ae: byte 8 "),
        ({}, "no_tables: "),
    ],
)
def test_what_is_broken_refuses_the_whole_export(tables: dict[str, str | bytes], reason: str) -> None:
    refusal = refusal_of(export_of(**tables))
    assert refusal.reason.startswith(reason)
    assert "SECRET" not in refusal.reason


def test_the_settings_must_be_there_and_name_an_encoding() -> None:
    assert refusal_of(export_of(options="other.html", ae=lines("a", "1"))).code == "not_secutrial"
    assert refusal_of(export_of(charset="klingon", ae=lines("a", "1"))).code == "unknown_encoding"
    assert refusal_of(export_of(charset="", ae=lines("a", "1"))).code == "unknown_encoding"
    latin = export_of(charset="ISO-8859-1", ae=lines("a", "é").encode("iso-8859-1"))
    assert read(latin, encoding="latin-1").tables[0].rows.column(0).to_pylist() == ["é"]
    assert refusal_of(latin, encoding="utf-8").code == "encoding_mismatch"


def test_files_that_are_no_tables_are_told() -> None:
    data = io.BytesIO(export_of(ae=lines("a", "1")))
    with zipfile.ZipFile(data, "a") as file:
        file.writestr("readme.txt", "x")
    assert [remark.code for remark in read(data.getvalue()).remarks] == ["member_not_read"]


def test_characters_that_were_lost_before_are_told_of_their_table() -> None:
    reading = read(export_of(cn=CN, ctr=CTR, ae=lines("mnppid|term", "7|x", "7|\ufffd")))
    assert [(one.code, one.table, one.row) for one in reading.remarks] == [("lost_characters", "ae", 2)]
