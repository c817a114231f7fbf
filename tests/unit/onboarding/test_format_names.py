"""How a user names a format: every name of study.yml, what else the field calls it, and what to say of any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UserError
from pipelines.ingest.readers import READERS
from pipelines.onboarding.format_names import FORMATS, ask_for_format, find_format


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_of_study_yml_is_named_as_it_stands_there(name: str) -> None:
    assert find_format(name).format == name
    assert find_format(f" {name.upper()} ").format == name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("odm-xml", "odm"), ("ODM_XML", "odm"), ("odm1.3", "odm"), ("odm1.3.2", "odm"), ("ODM 2.0", "odm"),
        ("odm2", "odm"), ("odmxml", "odm"), ("redcap-odm", "odm"), ("datasetjson", "dataset-json"),
        ("Dataset_JSON", "dataset-json"), ("ndjson", "dataset-json"), ("dsjc", "dataset-json"), ("sas", "sas7bdat"),
        ("SAS7BDAT", "sas7bdat"), ("xport", "xpt"), ("Excel", "xlsx"), ("redcap-csv", "redcap"),
        ("secutrial-zip", "secutrial"),
    ],
)  # fmt: skip
def test_what_else_the_field_calls_it(name: str, meant: str) -> None:
    assert find_format(name).format == meant


def test_tab_separated_text_is_csv_with_its_delimiter() -> None:
    assert find_format("TSV").format == "csv"
    assert dict(find_format("TSV").settings) == {"delimiter": "\t"}


def test_an_archive_has_no_format_of_its_own() -> None:
    assert find_format("zip").format is None


def test_an_unknown_name_is_answered_with_all_and_the_nearest() -> None:
    with pytest.raises(UserError, match='no format "xlxs"') as told:
        find_format("xlxs")
    assert 'Did you mean "xlsx"?' in str(told.value)
    assert all(name in str(told.value) for name in FORMATS)


@pytest.mark.parametrize(
    ("file", "proposal"),
    [("AE.xpt", "it could be xpt;"), ("a/dm.NDJSON", "it could be dataset-json;"), ("all.zip", "--member names")],
)
def test_without_a_name_the_suffix_proposes_and_nothing_is_read(file: str, proposal: str) -> None:
    told = str(ask_for_format(Path(file)))
    assert proposal in told
    assert "--as FORMAT" in told


def test_a_suffix_that_says_nothing_proposes_nothing() -> None:
    assert "could be" not in str(ask_for_format(Path("AE.bak")))


def test_every_format_has_a_reader() -> None:
    assert set(READERS) == set(FORMATS)
