"""check_dated_record names the dates of its datasets itself; it follows the vocabulary when that grows."""

from __future__ import annotations

import re

import pytest

from pipelines.settings import DBT_PROJECT_DIR
from pipelines.vocabulary import Dataset, load_vocabulary

MODEL = DBT_PROJECT_DIR / "models" / "marts" / "checks" / "check_dated_record.sql"
LISTED = dict(re.findall(r"'(\w+)': \[([^\]]*)\]", MODEL.read_text(encoding="utf-8")))
# X-06 looks at these where the vocabulary has them; CM, MH and LB have checks of their own.
DATASETS_WITH_DATES = ("DM", "SV", "VS", "AE", "EX", "EG", "IE", "DS", "DV", "PR", "CE")
KNOWN = [dataset for dataset in load_vocabulary().values() if dataset.name in DATASETS_WITH_DATES]


def test_every_dataset_is_looked_at() -> None:
    assert sorted(LISTED) == sorted(dataset.table for dataset in KNOWN)


@pytest.mark.parametrize("dataset", KNOWN, ids=lambda dataset: dataset.name)
def test_every_date_is_looked_at(dataset: Dataset) -> None:
    dates = {variable.name for variable in dataset.variables.values() if variable.type == "date"}
    assert set(re.findall(r"\w+", LISTED[dataset.table])) == dates
