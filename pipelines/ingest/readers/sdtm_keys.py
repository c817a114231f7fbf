"""The identifiers of SDTM, which tell of a dataset in any of its transport formats whose a row is."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipelines.ingest.readers.reader import Table

_KEYS = frozenset({"STUDYID", "DOMAIN", "USUBJID", "SUBJID", "SITEID"})


def dataset_table(name: str, header: Sequence[str], rows: pa.Table) -> Table:
    """Return a dataset with its identifiers marked; case does not matter, as SAS does not tell names apart by it."""
    written = {column.upper(): column for column in header}
    subject = written.get("USUBJID", written.get("SUBJID"))
    keys = frozenset(written[key] for key in _KEYS & written.keys())
    return Table(name, tuple(header), rows, keys=keys, subject=subject, site=written.get("SITEID"))
