"""What `siteproof init` proposes for REDCap exports where the project's data dictionary is at hand."""

from __future__ import annotations

import pytest
from landed_exports import loaded, propose, put, written

from pipelines.errors import ConfigError
from pipelines.ingest.intake import ingest_study
from pipelines.settings import Home
from pipelines.study import load_study

DICTIONARY = """Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels"
record_id,demographics,text,Record,
age,demographics,text,Age,
race,demographics,radio,Race,"1, Asian | 2, White"
aeterm,adverse_events,text,Term,
"""
PROJECT = """record_id,redcap_repeat_instrument,redcap_repeat_instance,age,race,aeterm
1,,,34,1,
1,adverse_events,1,,,Headache
"""


def test_with_the_dictionary_beside_study_yml_each_instrument_is_a_source(home: Home) -> None:
    put(home, "101/edc/data.csv", PROJECT)
    study_file = home.study_file("ST-1")
    study_file.parent.mkdir(parents=True)
    (study_file.parent / "project.csv").write_text(DICTIONARY, encoding="utf-8")
    text = written(home)
    assert text.count("dictionary: project.csv  # CONFIRM: it knows all columns") == 2
    study_file.write_text(text, encoding="utf-8")
    study = load_study(study_file)
    assert {name: source.table for name, source in study.sources.items()} == {
        "demographics": "demographics",
        "adverse_events": "adverse_events",
    }
    assert [(event.file, event.status) for event in ingest_study(home, study)] == [("data.csv", "accepted")] * 2


def test_a_dictionary_in_landing_is_no_export_and_is_to_be_moved(home: Home) -> None:
    # An export without REDCap's own columns, which only the dictionary tells.
    put(home, "101/edc/data.csv", "record_id,age,race\n1,34,1\n")
    for site in ("101", "102"):
        put(home, f"{site}/edc/dictionary.csv", DICTIONARY)
    (source,) = propose(home).sources
    assert (source.profile.export.format, source.profile.export.table) == ("redcap", "demographics")
    assert (
        "dictionary: dictionary.csv  # TODO: it knows all columns; move it from landing, where it is "
        "101/edc/dictionary.csv, to beside this file"
    ) in written(home)
    with pytest.raises(ConfigError, match=r"beside study\.yml"):
        loaded(home)


def test_of_dictionaries_that_differ_only_the_one_that_knows_all_columns_is_proposed(home: Home) -> None:
    put(home, "101/edc/data.csv", PROJECT)
    put(home, "101/edc/old.csv", DICTIONARY.replace("aeterm", "term"))
    put(home, "101/edc/new.csv", DICTIONARY)
    new = home.landing / "ST-1" / "101" / "edc" / "new.csv"
    assert {source.name: source.profile.export.dictionary for source in propose(home).sources} == {
        "demographics": new, "adverse_events": new, "old": None,
    }  # fmt: skip


def test_a_dictionary_that_no_export_needs_is_left_where_it_is(home: Home) -> None:
    put(home, "101/edc/AE.csv", "SUBJID,AETERM\n1,Headache\n")
    put(home, "101/edc/dictionary.csv", DICTIONARY)
    assert [(one.name, one.profile.export.format) for one in propose(home).sources] == [
        ("AE", "csv"), ("dictionary", "csv"),
    ]  # fmt: skip
