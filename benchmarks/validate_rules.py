"""The 20 checks that benchmarks/validate.py counts, written once for the catalogue and once for SQL by hand."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from pipelines.settings import Home

STUDY = "BENCH-01"
_STUDY_FILE = {
    "study": STUDY,
    "title": "Benchmark",
    "sponsor": "-",
    "sources": {"AE": {"path": "edc/AE.csv"}},
    "map": {},
}


@dataclass(frozen=True)
class BenchmarkRule:
    """A check: two predicates, and the column that its message shows."""

    check_id: str
    applies: str
    fails: str
    shown: str
    severity: str = "major"

    @property
    def message_sql(self) -> str:
        """The message as SQL."""
        return f"concat('Please verify ', coalesce({self.shown}, '(blank)'), ' of ', coalesce(subject, '(blank)'), '.')"


_PREDICATES = [
    ("AESTDTC IS NOT NULL AND AEENDTC IS NOT NULL", "certainly_after(AESTDTC, AEENDTC)", "AESTDTC"),
    ("AESTDTC IS NOT NULL AND consent_date IS NOT NULL", "certainly_after(consent_date, AESTDTC)", "consent_date"),
    ("true", "AETERM IS NULL", "AEDECOD"),
    ("AETERM IS NOT NULL", "AEDECOD IS NULL", "AETERM"),
    ("AESEV IS NOT NULL", "AESEV NOT IN ('MILD', 'MODERATE', 'SEVERE')", "AESEV"),
    ("AETOXGR IS NOT NULL", "NOT regexp_full_match(AETOXGR, '[1-5]')", "AETOXGR"),
    ("AESER IS NOT NULL", "AESER NOT IN ('Y', 'N')", "AESER"),
    ("AESER = 'Y'", "coalesce(AESHOSP, AESLIFE, AEDTHDTC) IS NULL AND days_since_collection > 90", "AETERM"),
    ("AETERM IS NOT NULL", "AEREL IS NULL", "AETERM"),
    ("AETERM IS NOT NULL", "AEACN IS NULL", "AETERM"),
    ("coalesce(AEOUT, '') = 'FATAL'", "AEDTHDTC IS NULL AND AESDTH = 'Y'", "AEOUT"),
    ("AEENDTC IS NOT NULL", "coalesce(AEOUT, '') = 'NOT RECOVERED/NOT RESOLVED' AND entry_count > 1", "AEENDTC"),
    ("coalesce(AEOUT, '') = 'RECOVERED/RESOLVED'", "AEENDTC IS NULL AND days_since_collection > 115", "AEOUT"),
    ("AEOUT IS NULL", "days_since_collection > 118", "AETERM"),
    ("true", "entry_count > 1", "AETERM"),
    ("AESLIFE = 'Y' AND AETOXGR IS NOT NULL", "AETOXGR IN ('1', '2') AND AESEV IS NULL", "AETOXGR"),
    ("AESDTH = 'Y'", "AEDTHDTC IS NULL", "AETERM"),
    ("coalesce(AESHOSP, '') = 'Y'", "coalesce(AESER, '') <> 'Y' AND AESEV IS NULL", "AESER"),
    ("AESTDTC IS NOT NULL", "least_days_between(consent_date, AESTDTC) > 320", "AESTDTC"),
    ("AEDECOD IS NOT NULL", "length(AEDECOD) > 8 OR AEDECOD = AETERM", "AEDECOD"),
]  # fmt: skip

RULES = [
    BenchmarkRule(f"BM-{number:02}", f"coalesce({applies}, false)", f"coalesce({fails}, false)", shown)
    for number, (applies, fails, shown) in enumerate(_PREDICATES, start=1)
]


def write_study(home: Home) -> None:
    """Write the study's study.yml, and the checks as a catalogue in the home's folder `expectations/`."""
    path = home.study_file(STUDY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(_STUDY_FILE), encoding="utf-8")
    suite = {
        "name": "data_entry.benchmark",
        "meta": {"model": "check_adverse_event", "group": "Benchmark"},
        "expectations": [_entry(rule) for rule in RULES],
    }
    path = home.root / "expectations" / "data_entry" / "benchmark.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(suite), encoding="utf-8")


def _entry(rule: BenchmarkRule) -> dict[str, object]:
    return {
        "type": "expect_rows_to_hold",
        "kwargs": {"applies_when": rule.applies, "fails_when": rule.fails},
        "severity": "warning",
        "meta": {
            "id": rule.check_id,
            "title": rule.check_id,
            "scope": "record",
            "needs": ["DELIVERY"],
            "population": rule.applies,
            "failing_condition": rule.fails,
            "reference": "benchmark",
            "query_text": "Please verify {value} of {subject}.",
            "shows": {"value": rule.shown},
            "owner": "-",
            "example_fail": {"AETERM": None},
            "example_pass": {"AETERM": "A"},
        },
    }
