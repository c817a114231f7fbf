"""The files that a made-up site delivers: columns in the manner of a Rave export, and how each sponsor writes them.

What the columns mean in SDTM terms is said in study_config.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

System = Literal["edc", "edc_audit", "ctms"]

# What every EDC page carries, as Rave's SAS-on-demand listings do.
PAGE_COLUMNS = (
    "studyid", "siteid", "invid", "subjid", "subjectid", "datapagename", "instancename", "folderseq_nsv", "recordid",
)  # fmt: skip
# When the EDC wrote the file, in every row of it; lists of the CTMS do not say.
EXTRACTED = "dataextractiondate"


@dataclass(frozen=True)
class SourceLayout:
    """One kind of file: `dates` and `flags` are the columns that each sponsor writes in its own way.

    Of `partial_dates` the day may be missing. `subject` is None where rows belong to no subject; `site` is the column
    that must name the delivering site.
    """

    system: System
    dataset: str
    columns: tuple[str, ...]
    dates: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    partial_dates: tuple[str, ...] = ()
    subject: str | None = "subjid"
    site: str = "invid"

    @property
    def names_extraction(self) -> bool:
        """Whether the rows say when the file was written."""
        return EXTRACTED in self.columns

    @property
    def in_audit(self) -> bool:
        """Whether the subject is written with initials behind it (1001001-XXX), as the EDC's own listings do."""
        return self.system == "edc_audit"


SERIOUSNESS = ("aesdth", "aeslife", "aeshosp", "aesdisab", "aescong", "aesmie", "aescan", "aesod")

SOURCES: dict[str, SourceLayout] = {
    "DM": SourceLayout(
        "edc",
        "DM",
        (*PAGE_COLUMNS, "record_dt", "brthdat", "brthdat_yy_nsv", "age", "sex", "sex_std_nsv", "ethnic", "race",
         "raceoth", "arm", "armcd", "actarm", "actarmcd", "armnrs", "dthfl", "dthdt", "firstdosedate",
         "lastparticipantdate", "rficdat", "country", EXTRACTED),
        dates=("record_dt", "brthdat", "dthdt", "firstdosedate", "lastparticipantdate", "rficdat", EXTRACTED),
        flags=("dthfl",),
    ),
    "VISDT": SourceLayout(
        "edc",
        "SV",
        (*PAGE_COLUMNS, "visit_dt", "visitdat_yy_nsv", "svupdes", "peperf", EXTRACTED),
        dates=("visit_dt", EXTRACTED),
    ),
    "SURVIVAL": SourceLayout(
        "edc", "SV", (*PAGE_COLUMNS, "ss_dt", "ssorres", "ssstat", EXTRACTED), dates=("ss_dt", EXTRACTED),
    ),
    "AE": SourceLayout(
        "edc",
        "AE",
        (*PAGE_COLUMNS, "aeterm", "mdrpt_nsv", "mdrsoc_nsv", "aesev", "aetoxgr", "aeser", "aerel", "aerel1",
         "aerel2", "aeacn", "aeacn1", "aeacn2", "aeacnoth", "aeacnot1", "aeacnot2", "aetrtem", "aelat", "aeout",
         "aestdat_yy_nsv", "aestdat_mm_nsv", "aestdat_dd_nsv", "aeendat_yy_nsv", "aeendat_mm_nsv", "aeendat_dd_nsv",
         "aeongo", "aeenrf", *SERIOUSNESS, "aedthdt", "meddraver_nsv", EXTRACTED),
        dates=("aedthdt", EXTRACTED),
        partial_dates=("aedthdt",),
        flags=("aeser", "aetrtem", *SERIOUSNESS),
    ),
    "EX": SourceLayout(
        "edc",
        "EX",
        (*PAGE_COLUMNS, "extrt", "exdose", "exdosu", "exdosfrm", "exdosfrq", "exroute", "experf", "exst_dt", "exen_dt",
         EXTRACTED),
        dates=("exst_dt", "exen_dt", EXTRACTED),
        flags=("experf",),
    ),
    "VS": SourceLayout(
        "edc",
        "VS",
        (*PAGE_COLUMNS, "vs_dt", "vspos", "vsperf", "vsreasnd", "sysbp", "diabp", "pulse", "temp", "weight", "height",
         EXTRACTED),
        dates=("vs_dt", EXTRACTED),
        flags=("vsperf",),
    ),
    "LB": SourceLayout(
        "edc",
        "LB",
        ("subjid", "invid", "visnam", "visnum", "lb_dt", "battrnam", "lbtstcd", "lbtstnam", "lbmeth", "lbspec", "lbtpt",
         "orres", "orresu", "siresc", "siresn", "siresu", "sinrlo", "sinrhi", "lbstat", "lbreasnd", "lbclsig",
         "lbnrind_nsv", "alrtfl", EXTRACTED),
        dates=("lb_dt", EXTRACTED),
        flags=("lbclsig",),
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
         "consmode", "lackscap", "consyn", "copygiven", "cannotread", "witness", "witnessdt", EXTRACTED),
        dates=("consdt", "consenterdt", "lar_dt", "witnessdt", EXTRACTED),
        flags=("lackscap", "copygiven", "cannotread"),
    ),
    "DS": SourceLayout(
        "edc",
        "DS",
        (*PAGE_COLUMNS, "dscat", "dsscat", "dsterm", "dsdecod", "dsst_dt", "record_dt", EXTRACTED),
        dates=("dsst_dt", "record_dt", EXTRACTED),
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
    "QUERIES": SourceLayout(
        "edc_audit",
        "QUERY",
        ("protocolname", "subjectname", "visit", "formoid", "fieldoid", "log_number", "datapointid", "querystatus",
         "created", "answered", "answertext", "resolved", EXTRACTED, "queryage", "markinggroup", "querytype", "k__"),
        dates=("created", "answered", "resolved", EXTRACTED),
        subject="subjectname",
        site="k__",
    ),
    "DATA_PAGES": SourceLayout(
        "edc_audit",
        "PAGE",
        ("protocolname", "subjectname", "datapageid", "visit", "formoid", "visit_date", "min_entereddate",
         "data_entry_lag", EXTRACTED, "k__"),
        dates=("visit_date", "min_entereddate", EXTRACTED),
        subject="subjectname",
        site="k__",
    ),
    "DATA_POINTS": SourceLayout(
        "edc_audit",
        "AUDIT",
        ("protocolname", "subjectname", "visit", "visit_date", "formoid", "fieldoid", "log_number", "datapointid",
         "n_changes", "isrequired", EXTRACTED, "k__"),
        dates=("visit_date", EXTRACTED),
        subject="subjectname",
        site="k__",
    ),
    "SITE": SourceLayout(
        "ctms",
        "SITE",
        ("protocol", "site_num", "pi_number", "pi_last_name", "site_status", "account", "site_active_dt",
         "site_closed_dt", "city", "country"),
        dates=("site_active_dt", "site_closed_dt"),
        subject=None,
        site="site_num",
    ),
    "DEVIATIONS": SourceLayout(
        "ctms",
        "DV",
        ("subjectenrollmentnumber", "deviationid", "deviationdate", "deviation", "companycategory", "deemedimportant",
         "visit", "k__"),
        dates=("deviationdate",),
        flags=("deemedimportant",),
        subject="subjectenrollmentnumber",
        site="k__",
    ),
}  # fmt: skip

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Style:
    """How one sponsor's systems write; `dates` names a format of study.yml for each system."""

    indication: str
    sponsor: str
    site_prefix: str
    countries: tuple[str, ...]
    dates: dict[System, str]
    delimiter: str = ","
    newline: str = "\n"
    yes: str = "Y"
    no: str = "N"
    unknown: str = ""
    youngest: int = 18
    oldest: int = 82
    min_age: int | None = None
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    upper_case_headers: tuple[System, ...] = ()
    # The CTMS of every sponsor here is an old Windows application.
    encodings: dict[System, str] = field(default_factory=lambda: {"ctms": "cp1252"})

    def write_date(self, source: SourceLayout, text: str) -> str:
        """Return an ISO date as this sponsor writes it; text that is no date stays as it is."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        return format_date(day, self.dates[source.system])

    def write_flag(self, text: str) -> str:
        """Return Y or N as this sponsor codes it; other text stays."""
        return {"Y": self.yes, "N": self.no}.get(text, text)


def format_date(day: date, date_format: str) -> str:
    """Write a date in one of the formats of study.yml, with English months in every locale."""
    parts = {"YYYY": f"{day.year:04d}", "MMM": _MONTHS[day.month - 1], "MM": f"{day.month:02d}", "DD": f"{day.day:02d}"}
    text = "YYYY-MM-DD" if date_format == "ISO8601" else date_format
    for letters, value in parts.items():
        if letters != "MM" or "MMM" not in date_format:
            text = text.replace(letters, value)
    return text


def write_time(moment: datetime) -> str:
    """Write a date and time to the minute, ISO 8601."""
    return moment.isoformat(timespec="minutes")


# Studies take these in turn. The third is paediatric: minors consent with a representative.
STYLES: tuple[Style, ...] = (
    Style(
        "Chronic Hepatitis B",
        "Nordlys Biopharma",
        "1",
        ("USA", "CAN"),
        {"edc": "YYYY-MM-DD", "edc_audit": "YYYY-MM-DD", "ctms": "DD-MMM-YYYY"},
    ),
    Style(
        "Moderate Plaque Psoriasis",
        "Société Arvernes",
        "02",
        ("FRA", "DEU"),
        {"edc": "DD.MM.YYYY", "edc_audit": "ISO8601", "ctms": "DD/MM/YYYY"},
        delimiter=";",
        newline="\r\n",
        yes="Yes",
        no="No",
        headers={"QUERIES": {"datapointid": "Data Point Id"}},
    ),
    Style(
        "Adolescent Asthma",
        "Harrow Lane Therapeutics",
        "3",
        ("GBR", "IRL"),
        {"edc": "DD-MMM-YYYY", "edc_audit": "YYYY-MM-DD", "ctms": "MM/DD/YYYY"},
        yes="1",
        no="0",
        unknown="UNK",
        youngest=12,
        oldest=24,
        min_age=12,
        upper_case_headers=("ctms",),
    ),
)
