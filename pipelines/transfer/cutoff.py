"""The data cut-off: which date is a record's own, and when a record is certainly after the cut-off. No I/O."""

from __future__ import annotations

from datetime import date

# The first of these that is filled is the record's own date. A site master has none: it is a state, not an event.
RECORD_DATES: dict[str, tuple[str, ...]] = {
    "DM": ("DMDTC", "RFICDTC", "RFSTDTC"),
    "DS": ("DSSTDTC", "DSDTC"),
    "SV": ("SVSTDTC",),
    "AE": ("AESTDTC",),
    "EX": ("EXSTDTC",),
    "VS": ("VSDTC",),
    "LB": ("LBDTC",),
    "IE": ("IEDTC",),
    "CO_CONSENT": ("subject_sign_date", "representative_sign_date"),
    "DV": ("DVSTDTC",),
    "QUERY": ("opened",),
    "PAGE": ("visit_date", "entry_date"),
    "AUDIT": ("visit_date",),
    "SITE": (),
    "RAND": ("randomization_date",),
    "SCREENING_LOG": ("screening_date",),
}


def after_cutoff(dataset: str, cutoff: date | None) -> str:
    """Return the SQL condition that holds for records certainly after the cut-off, never NULL.

    A partial date is compared at its own precision: 2024-06 is not after 2024-06-15, 2024-07 is. A record without a
    date is not certainly after anything.
    """
    dates = RECORD_DATES[dataset]
    if cutoff is None or not dates:
        return "false"
    own = f"substr(coalesce({', '.join(dates)}), 1, 10)"
    return f"coalesce({own} > substr('{cutoff.isoformat()}', 1, length({own})), false)"
