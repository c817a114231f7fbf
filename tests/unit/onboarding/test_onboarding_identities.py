"""Which columns are proposed for whose a row is: the site's by the folder, the subject's by demographics."""

from __future__ import annotations

import pytest
from landed_exports import loaded, put, written

from pipelines.settings import Home
from pipelines.study_source import Expression


def test_the_site_column_names_the_folder_in_every_row(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,CENTRE,SITEID,AETERM\n1,101,7,a\n2,101,7,b\n")
    put(home, "102/edc/AE.csv", "SUBJID,CENTRE,SITEID,AETERM\n3,102,8,a\n")
    assert loaded(home).sources["AE"].site == Expression(item="CENTRE")
    assert "names the site's folder in 3 of 3 rows" in written(home)


def test_of_two_site_columns_the_one_that_names_the_folder_in_most_exports_is_taken(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,SITEID,INVID,AETERM\n1,101,101,a\n")
    put(home, "101/edc/DM.csv", "SUBJID,SITEID,INVID,SEX\n1,7,101,F\n")
    put(home, "101/edc/VS.csv", "SUBJID,SITEID,VSDAT,PULSE\n1,101,2024-01-25,70\n")
    put(home, "101/edc/EX.csv", "SUBJID,INVID,EXTRT\n1,101,x\n")
    sites = {name: source.site for name, source in loaded(home).sources.items()}
    invid = Expression(item="INVID")
    assert sites == {"AE": invid, "DM": invid, "EX": invid, "VS": Expression(item="SITEID")}
    assert "names the site's folder in 1 of 1 rows, INVID in 3 exports, SITEID in 2" in written(home)


def test_a_column_without_a_name_of_sites_is_not_preferred_for_being_in_many_exports(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,SITEID,FOLDER,AETERM\n1,101,101,a\n")
    put(home, "101/edc/DM.csv", "SUBJID,FOLDER,SEX\n1,101,F\n")
    sites = {name: source.site for name, source in loaded(home).sources.items()}
    assert sites == {"AE": Expression(item="SITEID"), "DM": Expression(item="FOLDER")}


@pytest.mark.parametrize("row", ["1,102,a", "1,,a"])
def test_a_column_that_names_another_site_or_none_once_is_not_the_site_column(home: Home, row: str) -> None:
    put(home, "101/edc/AE.csv", f"SUBJID,SITEID,AETERM\n2,101,a\n{row}\n")
    assert loaded(home).sources["AE"].site is None


def test_the_subject_is_the_column_whose_ids_are_those_of_demographics(home: Home) -> None:
    put(home, "101/edc/DM.csv", "SUBJID,SITE,SEX\n101-1,101,Female\n101-2,101,Male\n")
    put(home, "101/edc/AE.csv", "SUBJECTID,PATNO,AETERM\nX1,101-1,a\nX2,101-2,b\n")
    put(home, "101/edc/QUERIES.csv", "SUBJECT,QUERYSTATUS,CREATED\n101-1,Open,2024-01-01\n101-2,Open,2024-01-02\n")
    sources = loaded(home).sources
    assert sources["AE"].subject == Expression(item="PATNO")
    assert sources["QUERIES"].subject == Expression(item="SUBJECT")


def test_a_subject_with_something_behind_a_hyphen_is_cut(home: Home) -> None:
    put(home, "101/edc/DM.csv", "SUBJID,SEX\n1001,F\n1002,M\n")
    put(home, "101/audit/QUERIES.csv", "SUBJECTNAME,QUERYSTATUS,CREATED\n1001-ABC,Open,2024-01-01\n")
    assert loaded(home).sources["QUERIES"].subject == Expression(sql="split_part(SUBJECTNAME, '-', 1)")


def test_the_studys_id_before_a_subjects_is_taken_off_in_every_export(home: Home) -> None:
    put(home, "101/edc/dm.csv", "STUDYID,USUBJID,SITEID,SEX,AGE,RFICDTC\nST-1,ST-1-1,101,F,50,2024-01-05\n")
    put(home, "101/edc/CONSENT.csv", "USUBJID,CONSENTDAT\nST-1-1,2024-01-05\n")
    put(home, "101/edc/QUERIES.csv", "SUBJECTNAME,QUERYSTATUS,CREATED\nST-1-1-ABC,Open,2024-01-01\n")
    sources = loaded(home).sources
    consent, queries = sources["CONSENT"].subject, sources["QUERIES"].subject
    assert consent == sources["dm"].subject
    assert consent is not None
    assert consent.sql is not None
    assert queries == Expression(sql=f"split_part({consent.sql.replace('USUBJID', 'SUBJECTNAME')}, '-', 1)")
    assert "100% of its ids are subjects of DM, without the study's id before 1 of 1" in written(home)


def test_a_slip_in_one_id_leaves_the_studys_id_no_part_of_the_others(home: Home) -> None:
    rows = "".join(f"ST-1-{number},a\n" for number in range(1, 40))
    put(home, "101/edc/AE.csv", f"SUBJID,AETERM\n{rows}ST1-40,a\n")
    sql = "CASE WHEN substr(SUBJID, 1, 5) = 'ST-1-' THEN substr(SUBJID, 6) ELSE SUBJID END"
    assert loaded(home).sources["AE"].subject == Expression(sql=sql)
    assert "# CONFIRM: by its name, without the study's id before 39 of 40" in written(home)


def test_where_many_ids_begin_otherwise_the_studys_id_is_a_part_of_them(home: Home) -> None:
    put(home, "101/edc/DM.csv", "SUBJID,SEX\nST-1-1,F\nST-2-1,M\n")
    put(home, "101/edc/AE.csv", "SUBJID,AETERM\nST-1-1,a\nST-2-1,b\n")
    assert {source.subject for source in loaded(home).sources.values()} == {Expression(item="SUBJID")}


def test_rows_without_a_subject_are_counted(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,AETERM\n1,a\n,b\n")
    assert "1 of 2 rows have none and would be nobody's" in written(home)
