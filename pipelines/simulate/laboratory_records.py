"""Writes a subject's laboratory results: each test about a level of the subject's own, some outside the range."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.subject_course import Course, Visit


@dataclass(frozen=True)
class LabTest:
    """A laboratory test with its standard unit and reference range."""

    code: str
    name: str
    unit: str
    low: float
    high: float
    digits: int = 0
    panel: str = "CHEMISTRY"

    @property
    def specimen(self) -> str:
        """What the test is made on."""
        return {"CHEMISTRY": "SERUM", "HEMATOLOGY": "BLOOD"}.get(self.panel, "URINE")


LAB_TESTS = (
    LabTest("ALT", "Alanine Aminotransferase", "U/L", 7, 56),
    LabTest("AST", "Aspartate Aminotransferase", "U/L", 10, 40),
    LabTest("CREAT", "Creatinine", "umol/L", 53, 115),
    LabTest("GLUC", "Glucose", "mmol/L", 3.9, 6.1, 1),
    LabTest("K", "Potassium", "mmol/L", 3.5, 5.1, 1),
    LabTest("SODIUM", "Sodium", "mmol/L", 136, 145),
    LabTest("HGB", "Hemoglobin", "g/L", 120, 175, 0, "HEMATOLOGY"),
    LabTest("WBC", "Leukocytes", "10^9/L", 4, 11, 1, "HEMATOLOGY"),
    LabTest("PLAT", "Platelets", "10^9/L", 150, 400, 0, "HEMATOLOGY"),
    LabTest("PH", "pH", "", 5, 8, 1, "URINALYSIS"),
)

# The laboratory quantifies ALT from here on; below, it reports "<10".
_ALT_QUANTIFIED = 10
_HIGH_GLUCOSE = 8.4


def laboratory_of(site: SiteRecords, test: LabTest) -> str:
    """Return the laboratory that makes a test for the site; every second hospital sends blood counts to another one."""
    city, number = site.hospital.city, site.hospital.number
    return f"{city} Haematology" if test.panel == "HEMATOLOGY" and number % 2 else f"{city} Core Laboratory"


def record_laboratory(site: SiteRecords, course: Course, rng: Random, significant: Visit | None) -> None:
    """Append the samples of all planned visits; at the visit `significant` the glucose is of clinical significance."""
    levels = {test.code: rng.uniform(-0.05, 1.1) for test in LAB_TESTS}
    for visit in course.planned_visits:
        for test in LAB_TESTS:
            share = levels[test.code] + rng.uniform(-0.1, 0.1)
            value = max(test.low + share * (test.high - test.low), test.low / 2)
            is_significant = visit is significant and test.code == "GLUC"
            _result(site, course, visit, test, _HIGH_GLUCOSE if is_significant else value, rng)
        _dipstick(site, course, visit, "URINALYSIS", "PROT", "Protein")
        if course.sex == "F" and visit.num == 1:
            _dipstick(site, course, visit, "PREGNANCY", "HCG", "Choriogonadotropin Beta")


def _result(site: SiteRecords, course: Course, visit: Visit, test: LabTest, value: float, rng: Random) -> None:
    number = f"{value:.{test.digits}f}"
    result = {"orres": number, "orresu": test.unit, "siresc": number, "siresn": number, "siresu": test.unit}
    result |= {"sinrlo": f"{test.low:g}", "sinrhi": f"{test.high:g}"}
    result |= {"lbornrlo": result["sinrlo"], "lbornrhi": result["sinrhi"], "labname": laboratory_of(site, test)}
    said = float(number)
    if test.code == "WBC" and rng.random() < 0.02:
        result = {"lbstat": "NOT DONE", "lbreasnd": "Sample clotted"}
    elif test.code == "ALT" and said < _ALT_QUANTIFIED:
        text = f"<{_ALT_QUANTIFIED}"
        result |= {"orres": text, "siresc": text, "siresn": str(_ALT_QUANTIFIED), "lbnrind_nsv": "NORMAL"}
    elif test.low <= said <= test.high:
        result["lbnrind_nsv"] = "NORMAL"
    else:
        result["lbnrind_nsv"] = "LOW" if said < test.low else "HIGH"
        result["lbclsig"] = "Y" if test.code == "GLUC" and said == _HIGH_GLUCOSE else "N"
    site.add(
        "LB", **_sample(site, course, visit), battrnam=test.panel, lbtstcd=test.code, lbtstnam=test.name,
        lbspec=test.specimen, lbmeth="AUTOMATED", **result,
    )  # fmt: skip


def _dipstick(site: SiteRecords, course: Course, visit: Visit, panel: str, code: str, name: str) -> None:
    site.add(
        "LB", **_sample(site, course, visit), battrnam=panel, lbtstcd=code, lbtstnam=name, lbspec="URINE",
        lbmeth="QUALITATIVE DIPSTICK", orres="NEGATIVE", siresc="NEGATIVE",
    )  # fmt: skip


def _sample(site: SiteRecords, course: Course, visit: Visit) -> dict[str, object]:
    time_point = "" if visit.num == 1 else "PRE-DOSE"
    return {
        "subjid": course.subject, "visnam": visit.name, "visnum": visit.num, "lb_dt": visit.day, "lbtpt": time_point,
        "lbby": site.who_does("SAMPLE COLLECTION", visit.day),
    }  # fmt: skip
