"""What makes a finding the same finding in the next run. Pure."""

from __future__ import annotations

import hashlib

import polars as pl

from pipelines.errors import UserError
from pipelines.validate.failing_rows import IDENTITY

ID_LENGTH = 20
_SEPARATOR = "\x1f"


def add_finding_ids(rows: pl.DataFrame, study: str) -> pl.DataFrame:
    """Add `finding_id`: a hash of study, site, subject, dataset, the record's natural key and the check.

    Files sent again, in another order or with other quotes, give the same ids.

    Raises:
        UserError: two rows have the same identity; a check-ready model then has more than one row a record.
    """
    keyed = rows.with_columns(
        pl.concat_str(
            pl.lit(study),
            *(pl.col(name).fill_null("") for name in IDENTITY),
            separator=_SEPARATOR,
        )
        .map_elements(_hash, return_dtype=pl.String)
        .alias("finding_id")
    )
    twice = keyed.filter(pl.col("finding_id").is_duplicated())
    if twice.height:
        first = twice.row(0, named=True)
        raise UserError(f"{first['check_id']} at site {first['site']}: {twice.height} findings share an identity")
    return keyed


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]
