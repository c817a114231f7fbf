"""Forms of the EDC on concomitant medication, medical history and electrocardiograms, and what they are in SDTM."""

from __future__ import annotations

from pipelines.simulate.exports.source_layout import EXTRACTED, PAGE_COLUMNS, VISIT, Mapped, SourceLayout, flag
from pipelines.simulate.style import Style

LAYOUTS = {
    "CM": SourceLayout(
        "edc",
        "CM",
        (*PAGE_COLUMNS, "cmtrt", "cmdecod_nsv", "atccode_nsv", "cmcat", "cmindc", "cmproph", "cmaeno", "cmst_dt",
         "cmen_dt", "cmongo", "whodrugver_nsv", EXTRACTED),
        dates=("cmst_dt", "cmen_dt", EXTRACTED),
        partial_dates=("cmst_dt", "cmen_dt"),
        flags=("cmproph",),
    ),
    "MH": SourceLayout(
        "edc",
        "MH",
        (*PAGE_COLUMNS, "mhterm", "mhdecod_nsv", "mhcat", "mhst_dt", "mhen_dt", "mhongo", EXTRACTED),
        dates=("mhst_dt", "mhen_dt", EXTRACTED),
        partial_dates=("mhst_dt", "mhen_dt"),
    ),
    "EG": SourceLayout(
        "edc",
        "EG",
        (*PAGE_COLUMNS, "eg_dt", "egperf", "egreasnd", "qtcf", "hr", "egby", "egdevice", EXTRACTED),
        dates=("eg_dt", EXTRACTED),
        flags=("egperf",),
    ),
}  # fmt: skip

_ONGOING = {"X": "ONGOING"}


def mapping(style: Style) -> dict[str, list[Mapped]]:
    """Return dataset -> what feeds it."""
    ecg = {"EGSPID": "recordid", **VISIT, "EGDTC": "eg_dt", "performed_by": "egby", "device_id": "egdevice"}
    return {
        "CM": [{"from": "CM", "variables": {
            "CMSPID": "recordid", "CMTRT": "cmtrt", "CMDECOD": "cmdecod_nsv", "CMCLASCD": "atccode_nsv",
            "CMCAT": "cmcat", "CMINDC": "cmindc",
            "CMPROPH": flag("cmproph", style), "CMAENO": "cmaeno",
            "CMSTDTC": "cmst_dt", "CMENDTC": "cmen_dt",
            "CMENRTPT": {"item": "cmongo", "values": _ONGOING}, "CMDICTVER": "whodrugver_nsv",
        }}],
        "MH": [{"from": "MH", "variables": {
            "MHSPID": "recordid", "MHTERM": "mhterm", "MHDECOD": "mhdecod_nsv", "MHCAT": "mhcat", "MHSTDTC": "mhst_dt",
            "MHENDTC": "mhen_dt", "MHENRTPT": {"item": "mhongo", "values": _ONGOING},
        }}],
        "EG": [
            {"from": "EG", "variables": ecg, "measurements": [
                {"testcd": "QTCFAG", "test": "QTcF Interval, Aggregate", "result": "qtcf", "unit": {"value": "msec"}},
                {"testcd": "EGHRMN", "test": "ECG Mean Heart Rate", "result": "hr", "unit": {"value": "beats/min"}},
            ]},
            {"from": "EG", "where": f"egperf = '{style.no}'", "variables": {
                "EGSPID": "recordid", "EGTESTCD": {"value": "EGALL"}, "EGTEST": {"value": "Electrocardiogram"},
                "EGSTAT": {"value": "NOT DONE"}, "EGREASND": "egreasnd", **VISIT, "EGDTC": "eg_dt",
            }},
        ],
    }  # fmt: skip
