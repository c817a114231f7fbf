"""Forms of the EDC on who a subject is and how it fares in the study, and what they are in SDTM."""

from __future__ import annotations

from pipelines.simulate.exports.source_layout import EXTRACTED, PAGE_COLUMNS, VISIT, Mapped, SourceLayout, flag
from pipelines.simulate.style import Style

_SURVIVAL_CONTACT: Mapped = {
    "SVSPID": "recordid", "VISIT": "instancename", "SSTESTCD": {"value": "SURVSTAT"}, "SSORRES": "ssorres",
    "SSSTRESC": "ssorres", "SSSTAT": "ssstat", "SSDTC": "ss_dt",
}  # fmt: skip

LAYOUTS = {
    "DM": SourceLayout(
        "edc",
        "DM",
        (*PAGE_COLUMNS, "record_dt", "brthdat", "brthdat_yy_nsv", "age", "sex", "sex_std_nsv", "ethnic", "race",
         "raceoth", "arm", "armcd", "actarm", "actarmcd", "armnrs", "dthfl", "dthdt", "firstdosedate",
         "lastparticipantdate", "rficdat", "country",
         "subjlang", "personkey", "personkeyof", EXTRACTED),
        dates=("record_dt", "brthdat", "dthdt", "firstdosedate", "lastparticipantdate", "rficdat", EXTRACTED),
        flags=("dthfl",),
    ),
    "VISDT": SourceLayout(
        "edc",
        "SV",
        (*PAGE_COLUMNS, "visit_dt", "visitdat_yy_nsv", "svupdes", "peperf", "protver", "visitby",
         EXTRACTED),
        dates=("visit_dt", EXTRACTED),
        sent_alone=True,
    ),
    "SURVIVAL": SourceLayout(
        "edc", "SV", (*PAGE_COLUMNS, "ss_dt", "ssorres", "ssstat", EXTRACTED), dates=("ss_dt", EXTRACTED),
    ),
    "IE": SourceLayout(
        "edc",
        "IE",
        ("subjid", "invid", "iecat", "ietestcd", "ietest", "ieorres", "ie_dt", "tiver", EXTRACTED),
        dates=("ie_dt", EXTRACTED),
        flags=("ieorres",),
    ),
    "CONSENT": SourceLayout(
        "edc",
        "CO_CONSENT",
        ("subjid", "invid", "conscat", "icfver", "consdt", "consenter", "consenterdt", "lar_name", "lar_role", "lar_dt",
         "consmode", "lackscap", "consyn", "copygiven", "cannotread", "witness", "witnessdt",
         "icflang", "translator", EXTRACTED),
        dates=("consdt", "consenterdt", "lar_dt", "witnessdt", EXTRACTED),
        flags=("lackscap", "copygiven", "cannotread"),
    ),
    "DS": SourceLayout(
        "edc",
        "DS",
        (*PAGE_COLUMNS, "dscat", "dsscat", "dsterm", "dsdecod", "dsst_dt", "record_dt", EXTRACTED),
        dates=("dsst_dt", "record_dt", EXTRACTED),
        sent_alone=True,
    ),
    "IXRSRAND": SourceLayout(
        "edc",
        "RAND",
        ("studyid", "invid", "subjid", "randnum", "rand_dt", "status", "trtgrpc", "stratum1", "stratum2",
         "dispid_nsv", EXTRACTED),
        dates=(EXTRACTED,),
        times=("rand_dt",),
    ),
    "ENROLL": SourceLayout(
        "edc",
        "SCREENING_LOG",
        ("studyid", "invid", "subjid", "enroll_dt", "enrollyn", "sfreas", "country", "asof_dt", EXTRACTED),
        dates=("enroll_dt", "asof_dt", EXTRACTED),
        flags=("enrollyn",),
    ),
}  # fmt: skip


def mapping(style: Style) -> dict[str, list[Mapped]]:
    """Return dataset -> what feeds it."""
    return {
        "DM": [{"from": "DM", "variables": {
            "SITEID": "siteid", "BRTHDTC": "brthdat", "AGE": "age", "AGEU": {"value": "YEARS"}, "SEX": "sex",
            "RACE": "race", "ETHNIC": "ethnic", "COUNTRY": "country", "ARM": "arm", "ARMCD": "armcd",
            "ACTARM": "actarm", "ACTARMCD": "actarmcd", "ARMNRS": "armnrs", "DTHFL": flag("dthfl", style),
            "DTHDTC": "dthdt", "RFSTDTC": "firstdosedate", "RFPENDTC": "lastparticipantdate", "RFICDTC": "rficdat",
            "DMDTC": "record_dt", "languages": "subjlang", "identity_key": "personkey", "identity_basis": "personkeyof",
        }}],
        "DS": [{"from": "DS", "variables": {
            "DSSPID": "recordid", "DSCAT": "dscat", "DSSCAT": "dsscat", "DSTERM": "dsterm", "DSDECOD": "dsdecod",
            "VISIT": "instancename", "DSSTDTC": "dsst_dt", "DSDTC": "record_dt",
        }}],
        "SV": [{"from": "VISDT", "variables": {"SVSPID": "recordid", **VISIT, "SVSTDTC": "visit_dt",
            "SVUPDES": "svupdes", "protocol_version": "protver", "performed_by": "visitby"}},
            {"from": "SURVIVAL", "variables": _SURVIVAL_CONTACT}],
        "IE": [{"from": "IE", "variables": {
            "IETESTCD": "ietestcd", "IETEST": "ietest",
            "IECAT": {"item": "iecat", "values": {"INCL": "INCLUSION", "EXCL": "EXCLUSION"}},
            "IEORRES": flag("ieorres", style), "IEDTC": "ie_dt", "TIVERS": "tiver",
        }}],
        "CO_CONSENT": [{"from": "CONSENT", "variables": {
            "consent_category": {"item": "conscat", "values": {"MAINCONSENT": "MAIN", "GENETICS": "GENETICS"}},
            "icf_version": "icfver", "subject_sign_date": "consdt", "consenter_name": "consenter",
            "consenter_sign_date": "consenterdt", "representative_name": "lar_name", "representative_role": "lar_role",
            "representative_sign_date": "lar_dt", "consent_mode": "consmode",
            "lacks_capacity": flag("lackscap", style), "copy_given": flag("copygiven", style),
            "cannot_read": flag("cannotread", style), "witness_name": "witness", "witness_sign_date": "witnessdt",
            "form_language": "icflang", "translator": "translator",
        }}],
        "RAND": [{"from": "IXRSRAND", "variables": {
            "randomization_number": "randnum", "randomization_date": "rand_dt", "status": "status",
            "treatment_code": "trtgrpc", "stratum_1": "stratum1", "stratum_2": "stratum2",
        }}],
        "SCREENING_LOG": [{"from": "ENROLL", "variables": {
            "screening_date": "enroll_dt", "enrolled": flag("enrollyn", style), "failure_reason": "sfreas",
            "as_of_date": "asof_dt",
        }}],
    }  # fmt: skip
