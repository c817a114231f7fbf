"""ODM files that real systems wrote, held to what their README counts in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from odm_case import items_of, read, rows_of, table_of

from pipelines.ingest.refusal import Refusal
from pipelines.settings import PROJECT_ROOT

SAMPLES = PROJECT_ROOT.parent / "shared" / "data" / "format-samples"
I2B2 = "odm_to_i2b2/src/main/resources/examples"
OPENCLINICA = "openclinica_scripts/OC_XML_to_SAS_R_CSV/sas_singular/extract.xml"
RAVE = "rwslib/rwslib/tests/fixtures/test_double_byte_chars.xml"
ODM2 = "cdisc-odm2/examples"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SAMPLES.exists(), reason=f"the sample files are not at {SAMPLES}"),
]

COUNTS = {
    OPENCLINICA: {
        "clinical_data": 3,
        "subject_data": 13,
        "subjects": 13,
        "forms": 51,
        "item_data": 769,
        "audit_logs": 179,
        "discrepancy_notes": 4,
    },
    RAVE: {"subjects": 1, "item_data": 3},
    f"{I2B2}/odm130data.XML": {"subject_data": 14, "subjects": 12, "item_data": 9, "typed_item_data": 183},
    f"{I2B2}/odm130.XML": {"item_data": 9, "typed_item_data": 9},
    f"{I2B2}/CDISC_ODM_example_maxim.xml": {"clinical_data": 2, "item_data": 3},
    f"{I2B2}/CDISC_ODM_example_web1.xml": {"item_data": 38},
    f"{I2B2}/split_odm_aa.xml": {"clinical_data": 0, "item_defs": 365},
    "ODMXMLTools/test/nvtest.xml": {"subjects": 2, "item_data": 4, "typed_item_data": 5},
    "odmlib/tests/data/test_clinical_data_01.xml": {"clinical_data": 2, "subjects": 1, "item_data": 10},
    f"{ODM2}/Demographics_RACE/Demographics_RACE_check_all_that_apply.xml": {"subjects": 3, "item_data": 46},
    f"{ODM2}/Chronic_Low_Back_Pain/Chronic_Low_Back_Pain_example.xml": {"subjects": 1, "item_data": 8},
    f"{ODM2}/Atlas_RS/Atlas_QS_ODMv2.xml": {"subjects": 1, "item_data": 6},
    f"{ODM2}/Data-Collection/RepeatingIG-UC-D-Example.xml": {"subjects": 1, "item_data": 13},
    (
        f"{ODM2}/Repeating_ItemGroup_CDASH_1-1_Stroke_LungDisease_IBD_CancerHistory_CRF"
        "/CDASH_1-1_MH_Example_Stroke_LungDisease_IBD_CancerHistory.xml"
    ): {"subjects": 1, "item_data": 16},
    "redcap-etl/tests/projects/BasicDemography.REDCap.xml": {"subjects": 100, "item_data": 1_900},
    "redcap-etl/tests/projects/MultipleChoice.REDCap.xml": {"subjects": 50, "item_data": 800},
    "redcap-etl/tests/projects/Visits.REDCap.xml": {"subjects": 1, "item_data": 49},
    "viedoc/example-custom-reports/StudyDesign_VIEDOC-PHASE-II-TEMPLATE_2.0.xml": {"clinical_data": 0},
}


@pytest.mark.parametrize("file", COUNTS)
def test_the_counts_are_those_of_the_readme(file: str) -> None:
    counts = read((SAMPLES / file).read_bytes()).counts
    assert {name: counts[name] for name in COUNTS[file]} == COUNTS[file]


def test_each_value_of_the_openclinica_extract_is_a_cell() -> None:
    reading = read((SAMPLES / OPENCLINICA).read_bytes())
    groups = [table.name for table in reading.tables if "ItemGroupOID" in table.keys and table.name.startswith("IG_")]
    values = [value for name in groups for row in items_of(reading, name) for value in row.values() if value]
    assert len(values) == 769
    assert len(rows_of(reading, "AuditLog")) == 179
    (row, *_) = rows_of(reading, "IG_PHYSI_UNGROUPED")
    assert row["OpenClinica:StudySubjectID"].startswith("CAM")
    assert (row["I_PHYSI_HEIGHT"], row["I_PHYSI_HEIGHT.MeasurementUnitOID"]) == ("70", "MU_IN")


def test_the_rave_snapshot_has_site_environment_and_japanese() -> None:
    reading = read((SAMPLES / RAVE).read_bytes())
    (row,) = rows_of(reading, "SURGERY_LOG_LINE")
    assert (row["StudyOID"], row["LocationOID"]) == ("RWS_Training_Japan_20180821(Prod)", "0001")
    assert row["SubjectKey"] == "0001-MH-01 JAN 2000"
    assert items_of(reading, "SURGERY_LOG_LINE") == [
        {"SURGERY.SURGERYDATE": "", "SURGERY.DEVICETYPE": "", "SURGERY.DEVICE": "日本語のテスト"}
    ]


def test_redcaps_project_xml_names_record_id_and_event() -> None:
    reading = read((SAMPLES / "redcap-etl/tests/projects/Visits.REDCap.xml").read_bytes())
    row = rows_of(reading, "demography.record_id")[0]
    assert (row["redcap:RecordIdField"], row["redcap:UniqueEventName"]) == ("record_id", "initial_arm_1")
    assert {row["redcap:FieldType"] for row in rows_of(reading, "ItemDef")} >= {"text", "checkbox"}
    assert table_of(reading, "demography.record_id").site is None, "there is no SiteRef in the file"


@pytest.mark.parametrize("file", sorted(SAMPLES.rglob("*.[xX][mM][lL]")), ids=lambda path: path.name)
def test_every_sample_is_read_or_is_no_odm(file: Path) -> None:
    if b"<ODM" in file.read_bytes():
        assert read(file.read_bytes()).sparse
        return
    with pytest.raises(Refusal) as refused:
        read(file.read_bytes())
    assert refused.value.code == "not_odm"
