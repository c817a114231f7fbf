"""What `siteproof init` proposes for exports that are no plain CSV: a source a table, a source a file of a ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pandas
import pyreadstat
import xlsxwriter
from landed_exports import loaded, propose, put, written

from pipelines.ingest.intake import ingest_study
from pipelines.settings import Home

ODM = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="F"
     CreationDateTime="2024-01-01T00:00:00">
 <ClinicalData StudyOID="S" MetaDataVersionOID="M">
  <SubjectData SubjectKey="{subject}"><SiteRef LocationOID="{site}"/>
   <StudyEventData StudyEventOID="SE.{site}">
    <FormData FormOID="F.AE"><ItemGroupData ItemGroupOID="IG.AE" ItemGroupRepeatKey="1">
     <ItemData ItemOID="IT.AETERM" Value="Headache"/><ItemData ItemOID="IT.AESTDAT" Value="2024-02-11"/>
     <ItemData ItemOID="IT.AESER" Value="N"/>
    </ItemGroupData></FormData>
    <FormData FormOID="F.DM"><ItemGroupData ItemGroupOID="IG.DM">
     <ItemData ItemOID="IT.SEX" Value="F"/><ItemData ItemOID="IT.AGE" Value="55"/>
     <ItemData ItemOID="IT.RACE" Value="ASIAN"/>
    </ItemGroupData></FormData>
    <FormData FormOID="F.VS"><ItemGroupData ItemGroupOID="IG.VS">
     <ItemData ItemOID="IT.SYSBP" Value="120"/><ItemData ItemOID="IT.DIABP" Value="80"/>
     <ItemData ItemOID="IT.VSDAT" Value="2024-02-11"/>
    </ItemGroupData></FormData>
   </StudyEventData>
  </SubjectData>
 </ClinicalData>
</ODM>
"""
AE = "SUBJID,SITEID,AETERM,AESTDAT\n1,101,Headache,2024-01-25\n"


def odm(site: str) -> str:
    return ODM.format(subject=f"{site}-1", site=site)


def zipped(files: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def workbook(sheets: dict[str, list[list[str]]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return content.getvalue()


def xport(path: Path) -> bytes:
    frame = pandas.DataFrame({"USUBJID": ["S-1"], "VSTESTCD": ["SYSBP"], "VSORRES": ["120"], "VSDTC": ["2024-01-02"]})
    pyreadstat.write_xport(frame, path, table_name="VS", file_format_version=5)
    return path.read_bytes()


def dataset_json(name: str) -> str:
    columns = [
        {"itemOID": f"IT.{column}", "name": column, "label": column, "dataType": "string"}
        for column in ("USUBJID", "CMTRT", "CMSTDTC")
    ]
    head = {"datasetJSONCreationDateTime": "2024-01-01T00:00:00", "datasetJSONVersion": "1.1.0"}
    about = {"itemGroupOID": f"IG.{name}", "records": 1, "name": name, "label": name, "columns": columns}
    return json.dumps({**head, **about, "rows": [["S-1", "Aspirin", "2024-01-02"]]})


def test_each_item_group_of_odm_is_a_source_with_its_columns_dates_and_mapping(home: Home) -> None:
    for site in ("101", "102"):
        put(home, f"{site}/edc/{site}_all_20240131.xml", odm(site))
    study = loaded(home)
    assert {name: (source.path, source.format, source.table) for name, source in study.sources.items()} == {
        "AE": ("edc/*_all_*.xml", "odm", "IG.AE"),
        "DM": ("edc/*_all_*.xml", "odm", "IG.DM"),
        "VS": ("edc/*_all_*.xml", "odm", "IG.VS"),
    }
    ae = study.sources["AE"]
    assert (ae.subject and ae.subject.item, ae.site and ae.site.item) == ("SubjectKey", "LocationOID")
    assert ae.dates == {"IT.AESTDAT": ["YYYY-MM-DD"]}
    assert study.map["AE"][0].variables["AETERM"].item == "IT.AETERM"
    assert study.map["DM"][0].variables["SEX"].item == "IT.SEX"
    assert study.map["VS"][0].variables["VISIT"].item == "StudyEventOID"


def test_items_are_known_by_the_names_that_the_file_gives_them(home: Home) -> None:
    ids = {"SYSBP": "I_17", "DIABP": "I_18", "VSDAT": "I_19"}
    defined = "".join(f'<ItemDef OID="{oid}" Name="{name}" DataType="text"/>' for name, oid in ids.items())
    metadata = f'<Study OID="S"><MetaDataVersion OID="M" Name="M">{defined}</MetaDataVersion></Study>'
    text = odm("101").replace(" <ClinicalData", metadata + " <ClinicalData")
    for name, oid in ids.items():
        text = text.replace(f"IT.{name}", oid)
    put(home, "101/edc/all.xml", text)
    (mapping,) = loaded(home).map["VS"]
    assert mapping.variables["VSDTC"].item == "I_19"
    assert {one.testcd: one.result for one in mapping.measurements} == {"SYSBP": "I_17", "DIABP": "I_18"}
    assert "VSLOC" not in mapping.variables  # LocationOID is the site's


def test_tables_about_the_data_are_told_and_no_source(home: Home) -> None:
    put(home, "101/edc/all.xml", odm("101"))
    text = written(home)
    assert "# edc/all.xml has tables about the data, which a source can take too: " in text
    assert "subject: TODO" not in text


def test_a_file_of_one_data_set_needs_no_table(home: Home, tmp_path: Path) -> None:
    put(home, "101/sas/vs.xpt", xport(tmp_path / "vs.xpt"))
    put(home, "101/json/cm.json", dataset_json("CM"))
    put(home, "101/logs/visits.xlsx", workbook({"Sheet1": [["SUBJID", "VISIT", "SVSTDAT"], ["1", "V1", "2024-01-05"]]}))
    proposal = propose(home)
    assert [(s.profile.export.format, s.profile.export.path, s.profile.export.table) for s in proposal.sources] == [
        ("dataset-json", "json/cm.json", None),
        ("xlsx", "logs/visits.xlsx", None),
        ("xpt", "sas/vs.xpt", None),
    ]
    assert {mapping.dataset for mapping in proposal.mappings} >= {"SV"}


def test_each_sheet_of_a_workbook_is_a_source(home: Home) -> None:
    ae = [["SUBJID", "AETERM", "AESTDAT"], ["1", "a", "2024-01-05"]]
    cm = [["SUBJID", "CMTRT", "CMSTDAT"], ["1", "b", "2024-01-06"]]
    put(home, "101/logs/logs.xlsx", workbook({"AE": ae, "Con meds": cm}))
    study = loaded(home)
    assert {name: source.table for name, source in study.sources.items()} == {"AE": "AE", "Con_meds": "Con meds"}


def test_no_comma_is_proposed_where_numbers_come_with_a_point(home: Home) -> None:
    put(home, "101/logs/vs.xlsx", workbook({"VS": [["subjid", "visit", "weight"], ["1", "V1", "70,5"]]}))
    assert {source.decimal for source in loaded(home).sources.values()} == {"."}


def test_each_file_of_a_zip_is_a_source_with_its_member(home: Home) -> None:
    for site in ("101", "102"):
        files = {f"export_{site}/AE.csv": AE.replace("101", site), f"export_{site}/all.xml": odm(site), "read.me": "x"}
        put(home, f"{site}/edc/all-{site}.zip", zipped(files))
    study = loaded(home)
    members = {(name, source.member, source.format) for name, source in study.sources.items()}
    assert members == {
        ("edc_AE", "export_*/AE.csv", "csv"),
        ("edc_AE_2", "export_*/all.xml", "odm"),
        ("DM", "export_*/all.xml", "odm"),
        ("VS", "export_*/all.xml", "odm"),
    }
    assert "# TODO: edc/all-*.zip holds *.me, which is of no export format" in written(home)


def test_redcaps_columns_tell_its_format(home: Home) -> None:
    put(home, "101/edc/data.csv", "record_id,redcap_event_name,age,sex,race\n1,a,34,F,ASIAN\n")
    text = written(home)
    assert "format: redcap  # CONFIRM" in text
    assert "subject: record_id  # CONFIRM: the format itself names the subject there" in text


def test_text_that_is_no_plain_csv_may_be_the_layout_of_a_system(home: Home) -> None:
    put(home, "101/edc/AE.csv", "record_id;institute;aeterm\n1;101;Headache;\n2;101;Nausea;\n")
    (source,) = propose(home).sources
    assert source.profile.export.format == "castor"
    assert (source.subject and source.subject.column, source.profile.rows) == ("record_id", 2)
    assert "format: castor  # CONFIRM: its header has the columns of that system" in written(home)


def test_castors_columns_tell_its_format_where_it_is_plain_csv_too(home: Home) -> None:
    put(home, "101/edc/Study.csv", '"record_id";archived;institute;"pat_sex"\n1;False;101;Male\n')
    put(home, "101/edc/Report.csv", "Participant Id;Site Abbreviation;Repeating Data Parent;x\n1;101;;2\n")
    # A list of one's own that has a column of such a name, and is cut by commas.
    put(home, "101/edc/own.csv", "record_id,institute\n1,101\n")
    sources = {source.name: source for source in propose(home).sources}
    assert {name: source.profile.export.format for name, source in sources.items()} == {
        "Study": "castor", "Report": "castor", "own": "csv",
    }  # fmt: skip
    assert [(one.subject.column, one.site.column) for name, one in sources.items() if name != "own"] == [
        ("Participant Id", "Site Abbreviation"), ("record_id", "institute"),
    ]  # fmt: skip


def test_a_kind_of_file_is_named_once_and_by_its_path_where_others_of_it_are_read(home: Home) -> None:
    put(home, "101/edc/101_all.xml", odm("101"))
    put(home, "101/edc/101_map.xml", "<map/>")
    put(home, "102/edc/102_map.xml", "<map/>")
    put(home, "101/edc/a.pdf", b"%PDF-1.7")
    put(home, "101/edc/b.pdf", b"%PDF-1.7")
    assert propose(home).foreign == ["edc/*.pdf is of no export format", "edc/*_map.xml is of no export format"]


def test_what_cannot_be_read_is_a_comment_with_its_reason(home: Home) -> None:
    put(home, "101/edc/AE.csv", AE)
    put(home, "101/edc/all.xml", odm("101")[:-40])
    put(home, "101/edc/logs.xlsx", b"PK\x03\x04")
    put(home, "101/edc/note.pdf", b"%PDF-1.7")
    text = written(home)
    assert "# TODO: 1 of 1 files are refused so: " in text
    assert "# TODO: edc/*.xlsx is refused: broken_archive: " in text
    assert "# TODO: edc/*.pdf is of no export format" in text


def test_the_rarer_of_two_formats_under_one_path_is_refused(home: Home) -> None:
    for site in ("101", "102"):
        put(home, f"{site}/edc/AE.csv", AE.replace("101", site))
    put(home, "103/edc/AE.csv", workbook({"AE": [["SUBJID"], ["1"]]}))
    proposal = propose(home)
    assert [(source.name, source.profile.files) for source in proposal.sources] == [("AE", 2)]
    assert "# TODO: 1 of 3 files are refused so: not_text: " in written(home)


def dosing_log() -> bytes:
    """A log whose header has two rows, with a sheet that holds nothing behind it."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Dosing")
        sheet.merge_range("A1:A2", "SUBJID")
        sheet.merge_range("B1:C1", "dose")
        sheet.write_row(1, 1, ["mg", "date"])
        sheet.write_row(2, 0, ["1", "5", "2024-01-02"])
        sheet.write_row(3, 0, ["2", "7", "2024-01-03"])
        book.add_worksheet("Sheet2")
    return content.getvalue()


def test_cells_merged_in_the_header_tell_how_many_rows_it_has(home: Home) -> None:
    put(home, "101/isf/doses.xlsx", dosing_log())
    (source,) = propose(home).sources
    assert (source.name, list(source.profile.columns)) == ("Dosing", ["SUBJID", "dose / mg", "dose / date"])
    assert "header_rows: 2  # CONFIRM: by the cells that are merged in the header" in written(home)
    study = loaded(home)
    assert study.sources["Dosing"].header_rows == 2
    (event,) = ingest_study(home, study)
    assert (event.status, event.rows) == ("accepted", 2)


def test_a_sheet_that_no_source_can_take_is_a_comment_and_no_source(home: Home) -> None:
    ae = [["SUBJID", "AETERM", "AESTDAT"], ["1", "a", "2024-01-05"]]
    put(home, "101/isf/logs.xlsx", workbook({"Doses": [["dose", "dose"], ["mg", "date"]], "AE": ae}))
    study = loaded(home)
    assert list(study.sources) == ["AE"]
    assert "# TODO: isf/logs.xlsx, table Doses cannot be a source: duplicate_column: " in written(home)
    assert [event.status for event in ingest_study(home, study)] == ["accepted"]


def test_a_header_without_a_name_is_refused_as_a_run_does(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,AETERM,\n1,a,b\n")
    assert "# TODO: 1 of 1 files are refused so: blank_column: column 3 has no name" in written(home)
