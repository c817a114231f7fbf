"""The mapping of study.yml, run on small files: which text arrives under which variable, and whose it is."""

from __future__ import annotations

import duckdb
import pytest
from mapped_rows import STUDY, Shelf, column, study_of, study_of_ae

from pipelines.standardize.mapping import FORMAT_SUFFIX, raw_view_sql
from pipelines.vocabulary import load_vocabulary


def test_an_item_a_constant_and_sql_fill_variables(shelf: Shelf) -> None:
    shelf.put("AE", ["subj", "aeterm", "aeout"], ["001", "Headache", "recovered"])
    variables = {"AETERM": "aeterm", "AEOUT": {"sql": 'upper("aeout")'}, "AEREL": {"value": "N"}}
    (row,) = shelf.read(study_of_ae(variables))
    assert (row["AETERM"], row["AEOUT"], row["AEREL"]) == ("Headache", "RECOVERED", "N")
    assert row["AESEV"] is None


def test_each_row_knows_its_study_site_subject_and_place(shelf: Shelf) -> None:
    shelf.put("AE", ["subj", "t"], ["001", "a"], [" 002\t", "b"], site="101")
    shelf.put("AE", ["subj", "t"], ["001", "c"], site="102")
    rows = shelf.read(study_of_ae({"AETERM": "t"}))
    assert [(r["site"], r["subject"], r["USUBJID"], r["source_file"], r["source_row"], r["AETERM"]) for r in rows] == [
        ("101", "001", "ST-1-001", "ST-1/101/edc/AE.csv", 1, "a"),
        ("101", "002", "ST-1-002", "ST-1/101/edc/AE.csv", 2, "b"),
        ("102", "001", "ST-1-001", "ST-1/102/edc/AE.csv", 1, "c"),
    ]
    assert {(row["study"], row["source_name"]) for row in rows} == {(STUDY, "AE")}


@pytest.mark.parametrize("subject", ["", "  ", "\t\r\n", "NA"])
def test_a_blank_subject_has_no_usubjid(shelf: Shelf, subject: str) -> None:
    shelf.put("AE", ["subj"], [subject])
    (row,) = shelf.read(study_of_ae({}, source={"missing": ["NA"]}))
    assert (row["subject"], row["USUBJID"]) == (None, None)


@pytest.mark.parametrize(("full", "subject"), [("001-S", "001"), ("-S", None), (" -S", None), ("", None)])
def test_a_subject_expression_takes_the_subject_out_of_a_column(shelf: Shelf, full: str, subject: str | None) -> None:
    shelf.put("AE", ["name"], [full])
    study = study_of_ae({}, source={"subject": {"sql": "split_part(name, '-', 1)"}})
    (row,) = shelf.read(study)
    assert row["subject"] == subject
    assert row["USUBJID"] == (subject and f"ST-1-{subject}")


def test_a_source_without_subject_gives_rows_of_nobody(shelf: Shelf) -> None:
    shelf.put("CTMS", ["num", "pi"], ["101", "Curie"])
    study = study_of(
        {"CTMS": {"path": "ctms/S.csv"}},
        {"SITE": [{"from": "CTMS", "variables": {"site_id": "num", "investigator": "pi"}}]},
    )
    (row,) = shelf.read(study, "SITE")
    assert (row["subject"], row["USUBJID"], row["site_id"], row["investigator"]) == (None, None, "101", "Curie")


def test_values_are_mapped_and_unmapped_ones_kept(shelf: Shelf) -> None:
    answers = ["Yes", " No ", "yes", "Unknown", "", "NA", "Blank"]
    shelf.put("AE", ["subj", "ser"], *[["001", answer] for answer in answers])
    values = {"Yes": "Y", "No": "N", "NA": "Y", "Blank": ""}
    rows = shelf.read(study_of_ae({"AESER": {"item": "ser", "values": values}}, source={"missing": ["NA"]}))
    assert column(rows, "AESER") == ["Y", "N", "yes", "Unknown", None, None, None]


def test_text_is_trimmed_and_blanks_and_missing_codes_are_null(shelf: Shelf) -> None:
    texts = [" a  b ", "\t\r\n", "", "NA", " ND ", "na", "NA.", "0"]
    shelf.put("AE", ["subj", "t"], *[["001", text] for text in texts])
    rows = shelf.read(study_of_ae({"AETERM": "t"}, source={"missing": ["NA", "ND"]}))
    assert column(rows, "AETERM") == ["a  b", None, None, None, None, "na", "NA.", "0"]


@pytest.mark.parametrize(
    "expression", [{"value": "  "}, {"value": ""}, {"sql": "' '"}, {"sql": "split_part(t, '-', 9)"}]
)
def test_a_blank_result_is_null_wherever_it_comes_from(shelf: Shelf, expression: dict[str, str]) -> None:
    shelf.put("AE", ["subj", "t"], ["001", "a"])
    assert column(shelf.read(study_of_ae({"AETERM": expression})), "AETERM") == [None]


PARTS = [
    (("2018.0", "7.0", "5"), "2018-07-05"),
    (("2018", "07", "05"), "2018-07-05"),
    (("2018.0", "7.0", ""), "2018-07"),
    (("2018.", "", ""), "2018"),
    (("", "", ""), None),
    # A part without the one before it is no date, and must not be lost.
    (("2018", "", "5"), "2018--05"),
    (("", "7", "5"), "-07-05"),
    # What is no number stays to be seen: staging cannot read it, and the raw text stands beside the blank.
    (("2018", "7", "UN"), "2018-07-UN"),
    (("2018", "JUL", "5"), "2018-JUL-05"),
    (("18", "7", "5"), "18-07-05"),
    (("2018", "7", "5.5"), "2018-07-5.5"),
    (("2018", "13", "1"), "2018-13-01"),
]


@pytest.mark.parametrize(("parts", "text"), PARTS)
def test_parts_of_a_date_are_joined_as_far_as_they_go(
    shelf: Shelf, parts: tuple[str, str, str], text: str | None
) -> None:
    shelf.put("AE", ["subj", "y", "m", "d"], ["001", *parts])
    (row,) = shelf.read(study_of_ae({"AESTDTC": {"year": "y", "month": "m", "day": "d"}}))
    assert row["AESTDTC"] == text
    assert row["AESTDTC" + FORMAT_SUFFIX] == "ISO8601"


def test_a_date_carries_the_formats_that_are_declared_for_it(shelf: Shelf) -> None:
    shelf.put("AE", ["subj", "St"], ["001", "31/01/2024"])
    dates = {"st": ["DD/MM/YYYY", "YYYY"], "AEENDTC": ["YYYYMMDD"]}
    variables = {"AESTDTC": "St", "AEENDTC": {"sql": "St"}, "AEDTC": {"value": "2024"}}
    (row,) = shelf.read(study_of_ae(variables, source={"dates": dates}))
    formats = [row[name + FORMAT_SUFFIX] for name in ("AESTDTC", "AEENDTC", "AEDTC", "AEDTHDTC")]
    assert formats == ["DD/MM/YYYY|YYYY", "YYYYMMDD", "ISO8601", ""]


def test_a_condition_sees_trimmed_text_and_blanks_as_null(shelf: Shelf) -> None:
    shelf.put("AE", ["subj", "form"], ["001", " AE "], ["002", "VS"], ["003", ""], ["004", "NA"])
    study = study_of_ae({"AETERM": "form"}, where="form <> 'VS' -- not the vitals", source={"missing": ["NA"]})
    assert column(shelf.read(study), "subject") == ["001"]


def vitals(**mapping: object) -> dict[str, object]:
    return {
        "from": "VS",
        "variables": {"VISIT": "visit", "VSPOS": {"value": "SITTING"}},
        "measurements": [
            {"testcd": "SYSBP", "test": "Systolic", "result": "sys", "unit": {"value": "mmHg"}},
            {"testcd": "TEMP", "test": "Temperature", "result": "temp", "unit": "tempu", "variables": {"VSPOS": "pos"}},
        ],
        **mapping,
    }


def test_each_filled_measurement_of_a_row_is_a_record(shelf: Shelf) -> None:
    shelf.put(
        "VS",
        ["subj", "visit", "sys", "temp", "tempu", "pos"],
        ["001", "V1", "120", "98.6", "F", "SUPINE"],
        ["001", "V2", " ", "", "C", ""],
        ["001", "V3", "0", "NA", "C", ""],
    )
    study = study_of({"VS": {"path": "edc/VS.csv", "subject": "subj", "missing": ["NA"]}}, {"VS": [vitals()]})
    rows = shelf.read(study, "VS")
    names = ("source_row", "VISIT", "VSTESTCD", "VSTEST", "VSORRES", "VSORRESU", "VSPOS")
    assert sorted(tuple(row[name] for name in names) for row in rows) == [
        (1, "V1", "SYSBP", "Systolic", "120", "mmHg", "SITTING"),
        (1, "V1", "TEMP", "Temperature", "98.6", "F", "SUPINE"),
        (3, "V3", "SYSBP", "Systolic", "0", "mmHg", "SITTING"),
    ]


def test_a_condition_holds_for_measurements_too(shelf: Shelf) -> None:
    shelf.put("VS", ["subj", "visit", "sys"], ["001", "V1", "120"], ["001", "V2", "121"])
    mapping = vitals(where="visit = 'V2' OR visit = 'V3'")
    study = study_of({"VS": {"path": "edc/VS.csv", "subject": "subj"}}, {"VS": [mapping]})
    assert column(shelf.read(study, "VS"), "VSORRES") == ["121"]


def test_a_record_without_a_site_of_its_own_has_that_of_the_delivery(shelf: Shelf) -> None:
    shelf.put("DM", ["subj", "site_no"], ["001", "999"], site="101")
    source = {"DM": {"path": "edc/DM.csv", "subject": "subj"}}
    mapped = study_of(source, {"DM": [{"from": "DM", "variables": {"SITEID": "site_no"}}]})
    assert [(r["site"], r["SITEID"]) for r in shelf.read(mapped, "DM")] == [("101", "999")]
    unmapped = study_of(source, {"DM": [{"from": "DM"}]})
    assert [(r["site"], r["SITEID"]) for r in shelf.read(unmapped, "DM")] == [("101", "101")]


def test_listed_sites_are_records_of_site_beside_those_of_ctms(shelf: Shelf) -> None:
    shelf.put("CTMS", ["num"], ["103"], site="101")
    sites = [{"id": "101", "country": "NO", "activation_date": "2024-01-31"}, {"id": "102", "name": "St. O'Hara"}]
    study = study_of(
        {"CTMS": {"path": "ctms/S.csv"}}, {"SITE": [{"from": "CTMS", "variables": {"site_id": "num"}}]}, sites=sites
    )
    rows = shelf.read(study, "SITE")
    names = ("site", "source_file", "source_row", "site_id", "name", "country", "activation_date")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("101", "ST-1/101/edc/CTMS.csv", 1, "103", None, None, None),
        ("101", "study.yml", 1, "101", None, "NO", "2024-01-31"),
        ("102", "study.yml", 2, "102", "St. O'Hara", None, None),
    ]
    assert rows[1]["activation_date" + FORMAT_SUFFIX] == "ISO8601"


def test_a_column_that_one_of_two_files_lacks_is_blank_there(shelf: Shelf) -> None:
    shelf.put("AE", ["subj", "t", "sev"], ["001", "a", "MILD"], site="101")
    shelf.put("AE", ["t", "subj"], ["b", "002"], site="102")
    rows = shelf.read(study_of_ae({"AETERM": "t", "AESEV": "sev"}))
    assert [(r["subject"], r["AETERM"], r["AESEV"]) for r in rows] == [("001", "a", "MILD"), ("002", "b", None)]


def test_a_column_that_no_file_has_is_blank(shelf: Shelf) -> None:
    shelf.put("AE", ["subj"], ["001"])
    (row,) = shelf.read(study_of_ae({"AETERM": "t", "AESEV": {"sql": "upper(sev)"}, "AESTDTC": {"year": "y"}}))
    assert (row["AETERM"], row["AESEV"], row["AESTDTC"]) == (None, None, None)


def test_a_condition_on_a_column_that_no_file_has_holds_for_no_row(shelf: Shelf) -> None:
    shelf.put("AE", ["subj"], ["001"])
    assert shelf.read(study_of_ae({}, where="form = 'AE'")) == []


@pytest.mark.parametrize(("delivered", "mapped"), [("AETERM", "aeterm"), ("AeTerm", "AETERM"), ("état", "ÉTAT")])
def test_case_of_a_column_does_not_matter(shelf: Shelf, delivered: str, mapped: str) -> None:
    shelf.put("AE", ["subj", delivered], ["001", "a"])
    study = study_of_ae({"AETERM": mapped, "AEDECOD": {"sql": f'upper("{mapped.swapcase()}")'}})
    (row,) = shelf.read(study)
    assert (row["AETERM"], row["AEDECOD"]) == ("a", "A")


@pytest.mark.parametrize(("first", "second"), [("aeterm", "AETERM"), ("état", "ÉTAT")])
def test_two_files_may_spell_a_column_differently(shelf: Shelf, first: str, second: str) -> None:
    shelf.put("AE", ["subj", first], ["001", "a"], site="101")
    shelf.put("AE", ["subj", second], ["002", "b"], site="102")
    assert column(shelf.read(study_of_ae({"AETERM": first})), "AETERM") == ["a", "b"]


def test_a_dataset_that_nobody_feeds_is_empty_with_all_its_columns(shelf: Shelf) -> None:
    study = study_of_ae({"AETERM": "t"})
    assert shelf.read(study, "AE") == []
    fed = Shelf(shelf.folder)
    fed.put("AE", ["subj", "t"], ["001", "a"])
    for dataset in load_vocabulary().values():
        with duckdb.connect() as connection:
            described = connection.execute(f"DESCRIBE {raw_view_sql(study, dataset, {})}").fetchall()
        empty = {(name, kind) for name, kind, *_ in described}
        assert ("source_row", "BIGINT") in empty
        assert {kind for name, kind in empty if name != "source_row"} == {"VARCHAR"}
        assert set(dataset.variables) <= {name for name, _ in empty}
        if dataset.name == "AE":
            assert {name for name, _ in empty} == set(fed.read(study)[0])


def test_two_sources_may_feed_a_dataset(shelf: Shelf) -> None:
    shelf.put("AE", ["subj", "t"], ["001", "a"])
    shelf.put("SAE", ["person", "term"], ["001", "b"])
    study = study_of(
        {"AE": {"path": "edc/AE.csv", "subject": "subj"}, "SAE": {"path": "pv/SAE.csv", "subject": "person"}},
        {"AE": [{"from": "AE", "variables": {"AETERM": "t"}}, {"from": "SAE", "variables": {"AETERM": "term"}}]},
    )
    assert [(row["source_name"], row["AETERM"]) for row in shelf.read(study)] == [("AE", "a"), ("SAE", "b")]
