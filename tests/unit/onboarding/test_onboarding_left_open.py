"""What a proposal cannot settle is said: a source without a subject, and the columns that it does not use."""

from __future__ import annotations

import pytest
import yaml
from landed_exports import STUDY, loaded, propose, put, written

from pipelines.errors import ConfigError
from pipelines.onboarding.known_names import find_by_names, known_names, plain, plain_columns
from pipelines.onboarding.unused_columns import unused_columns
from pipelines.settings import Home
from pipelines.study import load_study
from pipelines.study_source import Expression

OPEN = "    subject: TODO  # TODO: no column has a known name of the subject's id"


def test_a_source_without_a_subject_has_the_study_refused_until_someone_says_whose_rows_these_are(home: Home) -> None:
    put(home, "101/edc/AE.csv", "WHO,AETERM,AESER\n1,a,No\n")
    lines = written(home).splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if line.startswith(OPEN)]
    with pytest.raises(ConfigError) as refused:
        loaded(home)
    path = home.study_file(STUDY)
    assert str(refused.value).startswith(f"{path}:{number}: sources.AE.subject: still open: write the column")
    lines[number - 1] = "    subject: WHO"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert load_study(path).sources["AE"].subject == Expression(item="WHO")


def test_a_subject_that_only_some_files_have_is_open(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,AETERM\n1,a\n")
    put(home, "102/edc/AE.csv", "WHO,AETERM\n1,a\n")
    assert OPEN in written(home)


def test_a_form_that_no_one_knows_is_asked_for_its_subject_too(home: Home) -> None:
    put(home, "101/edc/XYZ.csv", "WHO,FOO\n1,a\n")
    assert OPEN in written(home)


def test_a_list_of_sites_is_not_asked_for_a_subject(home: Home) -> None:
    put(home, "101/ctms/SITE.csv", "SITEID,SITESTATUS,INSTITUTION\n101,Active,Clinic\n")
    assert "subject:" not in written(home)
    assert loaded(home).sources["SITE"].subject is None


@pytest.mark.parametrize("name", ["PATIENTNO", "Patient_No", "PATNR", "SUBJECTNO", "ParticipantNumber", "SUBNO"])
def test_the_field_has_many_names_for_a_subjects_number(name: str) -> None:
    assert find_by_names(known_names().subject, plain_columns([name, "SITENO"])) == name


def test_known_names_of_subjects_are_written_plainly_and_once() -> None:
    names = known_names().subject
    assert [name for name in names if plain(name) != name.replace("*", "")] == []
    assert len(set(names)) == len(names)


def test_columns_that_nothing_reads_are_listed_and_those_that_are_read_are_not(home: Home) -> None:
    columns = "SUBJID,SITEID,AETERM,AESER,AESER_STD,AESTDAT,AESTDAT_YY,AESTDAT_MM,DEVICE,NEVER"
    put(home, "101/edc/AE.csv", f"{columns}\n1,101,a,No,N,,2024,1,pump,\n2,101,b,No,N,,2024,1,pump,\n")
    proposal = propose(home)
    (source,) = proposal.sources
    unused = unused_columns(source, proposal)
    assert (unused.telling, unused.blank, unused.written_again) == (["DEVICE"], 2, 1)
    told = "  # 4 of 10 columns are not used: DEVICE; without a value: 2; another column written again: 1"
    assert told in written(home).splitlines()


def test_what_every_export_has_is_listed_last(home: Home) -> None:
    put(home, "101/edc/AE.csv", "STUDYNAME,PROTOCOL,SUBJID,AETERM,DEVICE\nS,P,1,a,pump\n")
    put(home, "101/edc/DM.csv", "STUDYNAME,PROTOCOL,SUBJID,SEX\nS,P,1,F\n")
    assert "  # 3 of 5 columns are not used: DEVICE, STUDYNAME, PROTOCOL" in written(home).splitlines()


def test_units_places_and_conditions_count_as_used(home: Home) -> None:
    header = "SUBJID,VSDAT,TEMP,TEMP_UNIT,TEMP_LOC"
    put(home, "101/edc/VS.csv", f"{header}\n1,2024-01-05,36.6,C,EAR\n")
    put(home, "101/edc/DM.csv", "SUBJID,SEX,IC_DT\n1,F,2024-01-25\n")
    assert "not used" not in written(home)


def test_in_sdtm_what_is_no_variable_is_listed(home: Home) -> None:
    put(home, "101/edc/ae.csv", "STUDYID,USUBJID,AETERM,AESTDTC,AESER,AELLT\nST-1,ST-1-1,a,2024-01,N,b\n")
    assert "  # 2 of 6 columns are not used: STUDYID, AELLT" in written(home).splitlines()


def test_very_many_unused_columns_are_counted_and_each_line_is_a_comment(home: Home) -> None:
    extra = [f"QUESTION_NUMBER_{n}" for n in range(100)]
    put(home, "101/edc/AE.csv", f"SUBJID,AETERM,{','.join(extra)}\n1,a,{','.join(extra)}\n")
    lines = written(home).splitlines()
    begin = next(n for n, line in enumerate(lines) if "100 of 102 columns are not used: QUESTION_NUMBER_0," in line)
    comment = lines[begin : lines.index("  AE:")]
    assert all(line.startswith("  # ") and len(line) <= 130 for line in comment)
    assert " ".join(comment).replace("  #   ", "").endswith("QUESTION_NUMBER_39 and 60 more")


def test_a_columns_name_does_not_break_out_of_its_comment(home: Home) -> None:
    put(home, "101/edc/AE.csv", 'SUBJID,AETERM,"x\nstudy: Y","z\u2028study: Z","#a, b"\n1,a,b,c,d\n')
    text = written(home)
    assert yaml.safe_load(text)["study"] == STUDY
    assert r'"x\nstudy: Y", "z\u2028study: Z", "#a, b"' in text
