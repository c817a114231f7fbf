"""The data cut-off: which date is a record's own, and when a record is certainly after the cut-off. No I/O."""

from __future__ import annotations

from datetime import date

# The first of these that is filled is the record's own date. A site master and a data dictionary have none: they
# are states, not events.
RECORD_DATES: dict[str, tuple[str, ...]] = {
    "DM": ("DMDTC", "RFICDTC", "RFSTDTC"),
    "DS": ("DSSTDTC", "DSDTC"),
    "SV": ("SVSTDTC",),
    "AE": ("AESTDTC",),
    "EX": ("EXSTDTC",),
    "VS": ("VSDTC",),
    "LB": ("LBDTC",),
    "EG": ("EGDTC",),
    "CM": ("CMSTDTC",),
    "MH": ("MHSTDTC",),
    "IE": ("IEDTC",),
    "CO_CONSENT": ("subject_sign_date", "representative_sign_date"),
    "DV": ("DVSTDTC",),
    "QUERY": ("opened",),
    "PAGE": ("visit_date", "entry_date"),
    "AUDIT": ("changed_at", "visit_date"),
    "DATA_DICTIONARY": (),
    "SITE": (),
    "RAND": ("randomization_date",),
    "SCREENING_LOG": ("screening_date",),
    "ICF_VERSION": ("version_date", "irb_approval_date"),
    "IRB": ("submission_date", "approval_date"),
    "PERSON": ("start_date",),
    "DELEGATION": ("start_date",),
    "TRAINING": ("completion_date",),
    "CREDENTIAL": ("sign_date", "issue_date"),
    "SAFETY": ("report_date", "awareness_date"),
    "LAB_CERT": ("issue_date", "effective_date"),
    "IP_LOG": ("movement_date",),
    "KIT": ("received_date", "assigned_date"),
    "TEMP_LOG": ("reading_date",),
    "EQUIPMENT": ("calibration_date",),
    "MONITORING": ("visit_end_date", "opened_date"),
    "ISF_INDEX": ("received_date", "document_date"),
    "SIGNATURE": ("signed_at",),
    "PARTICIPATION": ("activation_date",),
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
