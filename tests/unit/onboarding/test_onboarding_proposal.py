"""What is proposed for small exports: files, dialect, whose rows they are, datasets, variables, codes, units."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from landed_exports import STUDY, loaded, propose, put, written

from pipelines.errors import UserError
from pipelines.onboarding import propose_study
from pipelines.onboarding.known_names import KNOWN_ITEMS_FILE, known_names, plain
from pipelines.onboarding.variable_matches import match_variables
from pipelines.settings import Home
from pipelines.study_source import Expression
from pipelines.vocabulary import load_vocabulary

DM = "SUBJID,SITE,SEX\n101-1,101,Female\n101-2,101,Male\n"


def variables(home: Home, dataset: str) -> dict[str, Expression]:
    """Return the proposed variables of a dataset's first mapping."""
    return loaded(home).map[dataset][0].variables


def test_without_exports_the_user_is_told_where_they_belong(home: Home) -> None:
    (home.landing / STUDY).mkdir(parents=True)
    with pytest.raises(UserError, match="<SITE>/<system>/<file>"):
        propose_study(home, STUDY)


def test_files_of_one_form_are_one_source_whatever_stamps_they_carry(home: Home) -> None:
    put(home, "101/edc/101_AE_20240131.csv", "SUBJID,AETERM\n1,a\n")
    put(home, "102/edc/102_AE_2024-02-28.csv", "SUBJID,AETERM\n1,a\n")
    put(home, "102/edc/vitals.pdf", b"%PDF-1.7")
    proposal = propose(home)
    assert [(source.name, source.profile.export.path) for source in proposal.sources] == [("AE", "edc/*_AE_*.csv")]
    assert proposal.foreign == ["edc/*.pdf is of no export format"]


def test_two_systems_with_one_file_name_are_two_sources(home: Home) -> None:
    for system in ("edc", "ctms"):
        put(home, f"101/{system}/SITE.csv", "SITEID,COUNTRY\n101,DE\n")
    assert [source.name for source in propose(home).sources] == ["ctms_SITE", "edc_SITE"]


def test_a_file_that_cannot_be_read_is_counted_and_not_passed_over(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,AETERM\n1,a\n")
    put(home, "102/edc/AE.csv", "SUBJID,AETERM\n1,a,b\n")
    assert "# TODO: 1 of 2 files are refused so: ragged_row" in written(home)


@pytest.mark.parametrize(
    ("text", "encoding", "line"),
    [
        ("SUBJID;AETERM\n1;Übel\n", "utf-8", 'delimiter: ";"  # CONFIRM'),
        ("SUBJID\tAETERM\n1\tx\n", "utf-8", r'delimiter: "\t"  # CONFIRM'),
        ("SUBJID,AETERM\n1,x\n", "utf-16", "encoding: utf-16  # CONFIRM"),
        ("SUBJID,AETERM\n1,Übel\n", "cp1252", 'encoding: ""  # TODO: 1 of 1 files are not UTF-8; '),
    ],
)
def test_encoding_and_delimiter(home: Home, text: str, encoding: str, line: str) -> None:
    put(home, "101/edc/AE.csv", text.encode(encoding))
    assert line in written(home)


def test_codes_are_mapped_and_the_other_answer_too(home: Home) -> None:
    put(home, "101/edc/DM.csv", DM)
    put(home, "101/edc/AE.csv", "SUBJID,AETERM,AESER,AESEV,AEOUT\n101-1,a,No,Mild,Fatal\n")
    proposed = loaded(home).map
    assert proposed["DM"][0].variables["SEX"].values == {"Female": "F", "Male": "M"}
    assert proposed["AE"][0].variables["AESER"].values == {"No": "N", "Yes": "Y"}
    assert proposed["AE"][0].variables["AESEV"].values == {"Mild": "MILD"}
    assert proposed["AE"][0].variables["AEOUT"] == Expression(sql="upper(AEOUT)")


def test_a_name_whose_values_speak_against_it_is_not_taken(home: Home) -> None:
    put(
        home,
        "101/edc/AE.csv",
        "SUBJID,AETERM,AESER,AETOXGR\n1,a,because of pain,MILD\n2,b,see above,SEVERE\n3,c,x,MODERATE\n",
    )
    proposed = variables(home, "AE")
    assert "AESER" not in proposed
    assert "AETOXGR" not in proposed
    assert proposed["AESEV"] == Expression(item="AETOXGR")


def test_parts_of_a_date_are_taken_where_they_say_more(home: Home) -> None:
    header = "SUBJID,AETERM,AESTDAT,AESTDAT_YY,AESTDAT_MM,AESTDAT_DD\n"
    put(home, "101/edc/AE.csv", header + "1,a,2024-01-05,2024,1,5\n2,b,,2024,1,\n")
    assert variables(home, "AE")["AESTDTC"] == Expression(year="AESTDAT_YY", month="AESTDAT_MM", day="AESTDAT_DD")


def test_the_whole_date_is_taken_where_the_parts_say_no_more(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,AETERM,AESTDAT,AESTDAT_YY,AESTDAT_MM\n1,a,2024-01-05,2024,1\n")
    assert variables(home, "AE")["AESTDTC"] == Expression(item="AESTDAT")


def test_columns_that_are_measurements_become_rows_with_the_unit_their_values_leave(home: Home) -> None:
    put(home, "101/edc/VS.csv", "SUBJID,VSDAT,SYS_BP,TEMP,WEIGHT,HEIGHT,HEIGHT_UNIT\n1,2024-01-05,120,98.6,80,70,in\n")
    found = {one.testcd: one for one in loaded(home).map["VS"][0].measurements}
    assert {name: one.unit for name, one in found.items()} == {
        "SYSBP": Expression(value="mmHg"), "TEMP": Expression(value="F"), "WEIGHT": None,
        "HEIGHT": Expression(item="HEIGHT_UNIT"),
    }  # fmt: skip
    assert "# TODO: no column has the unit; of 1 numbers 1 could be kg, 1 could be LB" in written(home)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("VITALS", "by its name and SYSBP, DIABP, PULSE"),
        ("FORM7", "by 4 of its columns, among them SYSBP, DIABP, PULSE"),
    ],
)
def test_measurements_are_proposed_where_no_column_has_their_date(home: Home, file: str, why: str) -> None:
    put(home, f"101/edc/{file}.csv", "SUBJID,VISIT,PULSE,DIABP,SYSBP\n1,Week 1,70,80,120\n1,Week 2,70,80,120\n")
    (mapping,) = propose(home).mappings
    assert (mapping.dataset, mapping.why) == ("VS", why)
    assert [one.value.testcd for one in mapping.measurements] == ["SYSBP", "DIABP", "PULSE"]
    assert list(mapping.variables) == ["VISIT"]
    assert list(loaded(home).map) == ["VS"]


def test_an_ecg_is_not_taken_for_vital_signs(home: Home) -> None:
    put(home, "101/edc/EG.csv", "SUBJID,VISIT,HR,PR,RR\n1,Week 1,70,160,860\n1,Week 2,71,158,850\n")
    assert propose(home).mappings == []


def test_sdtm_exports_need_no_map(home: Home) -> None:
    put(home, "101/edc/dm.csv", "STUDYID,USUBJID,SITEID,SEX,AGE,RFICDTC\nST-1,ST-1-1,101,F,50,2024-01-05\n")
    put(home, "101/edc/ae.csv", "STUDYID,USUBJID,AETERM,AESTDTC,AESER\nST-1,ST-1-1,a,2024-01,N\n")
    study = loaded(home)
    assert study.layout == "sdtm"
    assert "map:" not in written(home)
    assert list(study.map) == ["AE", "DM"]
    assert "subject:" not in written(home)
    subject = study.sources["ae"].subject
    assert subject is not None
    assert subject.sql is not None
    assert "substr(USUBJID" in subject.sql


def test_consent_is_taken_from_demographics_where_no_form_came(home: Home) -> None:
    put(home, "101/edc/DM.csv", "SUBJID,SEX,IC_DT\n1,F,2024-01-25\n2,M,\n")
    (mapping,) = loaded(home).map["CO_CONSENT"]
    assert (mapping.source, mapping.where) == ("DM", "IC_DT <> ''")


def test_a_form_that_no_one_knows_is_left_to_a_human(home: Home) -> None:
    put(home, "101/edc/DM.csv", DM)
    put(home, "101/edc/XYZ.csv", "SUBJID,FOO\n101-1,a\n")
    assert "# TODO: XYZ feeds no dataset" in written(home)
    assert "XYZ" in loaded(home).sources


def test_a_visit_in_two_spellings_is_one(home: Home) -> None:
    put(
        home,
        "101/edc/VS.csv",
        "SUBJID,VISIT,VSDAT,PULSE\n1,Week 1,2024-01-25,70\n2,Week 1,2024-01-25,70\n3,WEEK 1,2024-01-25,70\n"
        "4,Week 2,2024-01-25,70\n",
    )
    study = loaded(home)
    assert [visit.name for visit in study.visits] == ["Week 1", "Week 2"]
    assert study.map["VS"][0].variables["VISIT"].values == {"WEEK 1": "Week 1"}


def test_no_value_of_a_patient_is_written_but_terms_and_codes(home: Home) -> None:
    put(home, "101/edc/DM.csv", "SUBJID,SEX,BRTHDAT\nP-4711,Female,1961-04-05\n")
    put(home, "101/edc/AE.csv", "SUBJID,AETERM,AESTDAT,AEOUT\nP-4711,Broken heart,2024-01-25,cured by love\n")
    text = written(home)
    for value in ("4711", "Broken heart", "1961", "2024-01-25", "cured by love"):
        assert value not in text


def test_what_is_hard_to_write_in_yaml_comes_back_as_it_was(home: Home) -> None:
    put(home, "101/edc/AE.csv", 'SUBJID,"AE: term, [x] #1",no,AETERM\n1,a,b,c\n')
    columns = loaded(home).sources["AE"].columns
    assert columns is not None
    assert columns.optional == ["AE: term, [x] #1", "no"]


def test_the_same_exports_give_the_same_proposal(home: Home) -> None:
    put(home, "101/edc/DM.csv", DM)
    put(home, "101/edc/AE.csv", "SUBJID,AETERM,AESER\n101-1,a,No\n")
    assert written(home) == written(home)


def test_known_names_are_of_the_vocabulary_and_written_plainly() -> None:
    vocabulary = load_vocabulary()
    names = known_names()
    assert set(names.forms) <= set(vocabulary)
    assert {
        topic
        for dataset, topics in names.topics.items()
        for topic in topics
        if topic not in vocabulary[dataset].variables
    } == set()
    every = [
        name
        for dataset in vocabulary.values()
        for variable in dataset.variables
        for name in names.names_of(dataset.name, variable)
    ]
    assert [name for name in every if plain(name.replace("*", "")) != name.replace("*", "")] == []


def test_what_the_list_of_known_names_points_to_is_there() -> None:
    pointers = re.findall(r"`([a-z_]+)\.([a-z_]+)`", KNOWN_ITEMS_FILE.read_text(encoding="utf-8"))
    assert pointers
    for module, name in pointers:
        assert hasattr(import_module(f"pipelines.onboarding.{module}"), name)


def test_a_dataset_in_its_own_names_is_matched_whole(home: Home) -> None:
    dataset = load_vocabulary()["AE"]
    header = ",".join(dataset.variables)
    row = ",".join("2024-01-25" if v.type == "date" else "" for v in dataset.variables.values())
    put(home, "101/edc/AE.csv", f"SUBJID,{header}\n1,{row}\n")
    (source,) = propose(home).sources
    matches = match_variables(dataset, source.profile, set())
    assert {name: match.columns for name, match in matches.items()} == {name: (name,) for name in dataset.variables}
