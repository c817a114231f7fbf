"""The vocabulary is whole: every dataset can be named, keyed and cast, and dbt stages each one."""

from __future__ import annotations

import re
from typing import get_args

from pipelines.settings import DBT_PROJECT_DIR
from pipelines.vocabulary import Level, VariableType, load_vocabulary

# What every raw view, staging model and mart has beside the variables; a variable may not be called so.
COMMON_COLUMNS = {
    "study", "site", "subject", "usubjid", "source_name", "source_file", "source_row", "content_hash", "dataset",
    "record",
}  # fmt: skip


def test_the_datasets_are_those_of_the_design() -> None:
    assert list(load_vocabulary()) == [
        "DM", "DS", "SV", "AE", "EX", "VS", "EG", "LB", "CM", "MH", "IE", "CO_CONSENT",
        "ICF_VERSION", "IRB", "PERSON", "DELEGATION", "TRAINING", "CREDENTIAL", "SAFETY", "LAB_CERT", "IP_LOG", "KIT",
        "TEMP_LOG", "EQUIPMENT", "MONITORING", "ISF_INDEX", "SIGNATURE", "PARTICIPATION",
        "DV", "QUERY", "PAGE", "AUDIT", "DATA_DICTIONARY", "SITE", "RAND", "SCREENING_LOG",
    ]  # fmt: skip


def test_each_dataset_has_a_staging_model_and_a_mart() -> None:
    for dataset in load_vocabulary().values():
        staging = DBT_PROJECT_DIR / "models" / "staging" / f"stg_{dataset.table}.sql"
        assert staging.read_text(encoding="utf-8").strip() == f"{{{{ stage('{dataset.table}') }}}}"
        assert (DBT_PROJECT_DIR / "models" / "marts" / f"{dataset.table}.sql").is_file()


def test_values_that_cannot_be_read_are_looked_for_in_each_dataset_that_may_have_them() -> None:
    text = (DBT_PROJECT_DIR / "models" / "intermediate" / "int_unreadable.sql").read_text(encoding="utf-8")
    listed = re.search(r"set tables = \[(.*?)\]", text, re.DOTALL)
    assert listed is not None
    cast = {
        dataset.table
        for dataset in load_vocabulary().values()
        if any(variable.type in ("date", "number", "flag") for variable in dataset.variables.values())
    }
    assert sorted(re.findall(r"'(\w+)'", listed.group(1))) == sorted(cast)


def test_a_dataset_is_about_subjects_about_the_site_or_about_either() -> None:
    levels = {dataset.name: dataset.level for dataset in load_vocabulary().values()}
    assert set(levels.values()) == set(get_args(Level))
    assert {name for name, level in levels.items() if level == "either"} == {"DV", "IP_LOG", "KIT"}
    assert {name for name, level in levels.items() if level == "site"} == {
        "SITE", "DATA_DICTIONARY", "ICF_VERSION", "IRB", "PERSON", "DELEGATION", "TRAINING", "CREDENTIAL", "LAB_CERT",
        "TEMP_LOG", "EQUIPMENT", "MONITORING", "ISF_INDEX", "PARTICIPATION",
    }  # fmt: skip


def test_each_natural_key_is_made_of_variables() -> None:
    for dataset in load_vocabulary().values():
        assert dataset.natural_key, dataset.name
        for key in dataset.natural_key:
            assert key, dataset.name
            assert set(key) <= {*dataset.variables, "USUBJID"}, dataset.name


def test_each_variable_can_be_cast_described_and_told_from_the_common_columns() -> None:
    for dataset in load_vocabulary().values():
        folded = [name.casefold() for name in dataset.variables]
        assert len(set(folded)) == len(folded), dataset.name
        assert not COMMON_COLUMNS & set(folded), dataset.name
        for variable in dataset.variables.values():
            assert variable.type in get_args(VariableType), variable
            assert variable.description, variable
            assert f"{variable.name}_raw" not in dataset.variables, variable


def test_a_variable_of_dates_is_named_like_one_and_is_cast_like_one() -> None:
    for dataset in load_vocabulary().values():
        for variable in dataset.variables.values():
            if variable.name.endswith(("DTC", "_date")):
                assert variable.type == "date", variable
