"""Forms of the EDC on events, doses and measurements, and what they are in SDTM."""

from __future__ import annotations

from pipelines.simulate.exports.source_layout import EXTRACTED, PAGE_COLUMNS, VISIT, Mapped, SourceLayout, flag
from pipelines.simulate.style import Style

SERIOUSNESS = ("aesdth", "aeslife", "aeshosp", "aesdisab", "aescong", "aesmie", "aescan", "aesod")

_VITAL_SIGNS = (
    ("SYSBP", "Systolic Blood Pressure", "sysbp", "mmHg"),
    ("DIABP", "Diastolic Blood Pressure", "diabp", "mmHg"),
    ("PULSE", "Pulse Rate", "pulse", "beats/min"),
    ("TEMP", "Temperature", "temp", "C"),
    ("WEIGHT", "Weight", "weight", "kg"),
    ("HEIGHT", "Height", "height", "cm"),
)
# A form that was not done is one record that stands for all of its tests.
_VITAL_SIGNS_NOT_DONE: Mapped = {
    "VSSPID": "recordid", "VSTESTCD": {"value": "VSALL"}, "VSTEST": {"value": "Vital Signs"},
    "VSSTAT": {"value": "NOT DONE"}, "VSREASND": "vsreasnd", **VISIT, "VSDTC": "vs_dt",
}  # fmt: skip

LAYOUTS = {
    "AE": SourceLayout(
        "edc",
        "AE",
        (*PAGE_COLUMNS, "aeterm", "mdrpt_nsv", "mdrsoc_nsv", "aesev", "aetoxgr", "aeser", "aerel", "aerel1",
         "aerel2", "aeacn", "aeacn1", "aeacn2", "aeacnoth", "aeacnot1", "aeacnot2", "aetrtem", "aelat", "aeout",
         "aestdat_yy_nsv", "aestdat_mm_nsv", "aestdat_dd_nsv", "aeendat_yy_nsv", "aeendat_mm_nsv", "aeendat_dd_nsv",
         "aeongo", "aeenrf", *SERIOUSNESS, "aedthdt", "aecontrt", "aecaseno",
         "meddraver_nsv", EXTRACTED),
        dates=("aedthdt", EXTRACTED),
        partial_dates=("aedthdt",),
        flags=("aeser", "aetrtem", "aecontrt", *SERIOUSNESS),
        sent_alone=True,
    ),
    "EX": SourceLayout(
        "edc",
        "EX",
        (*PAGE_COLUMNS, "extrt", "exdose", "exdosu", "exdosfrm", "exdosfrq", "exroute", "experf", "exst_dt", "exen_dt",
         "exby", "kitno", "unitstaken", EXTRACTED),
        dates=("exst_dt", "exen_dt", EXTRACTED),
        flags=("experf",),
    ),
    "VS": SourceLayout(
        "edc",
        "VS",
        (*PAGE_COLUMNS, "vs_dt", "vspos", "vsperf", "vsreasnd", "sysbp", "diabp", "pulse", "temp", "weight", "height",
         "vsby", "vsdevice", EXTRACTED),
        dates=("vs_dt", EXTRACTED),
        flags=("vsperf",),
        sent_alone=True,
    ),
    "LB": SourceLayout(
        "edc",
        "LB",
        ("subjid", "invid", "visnam", "visnum", "lb_dt", "battrnam", "lbtstcd", "lbtstnam", "lbmeth", "lbspec", "lbtpt",
         "orres", "orresu", "siresc", "siresn", "siresu", "sinrlo", "sinrhi", "lbstat", "lbreasnd", "lbclsig",
         "lbnrind_nsv", "alrtfl", "labname", "lbornrlo", "lbornrhi", "lbby", EXTRACTED),
        dates=("lb_dt", EXTRACTED),
        flags=("lbclsig",),
    ),
}  # fmt: skip


def mapping(style: Style) -> dict[str, list[Mapped]]:
    """Return dataset -> what feeds it."""
    return {
        "AE": [{"from": "AE", "variables": {
            "AESPID": "recordid", "AETERM": "aeterm", "AEDECOD": "mdrpt_nsv", "AEBODSYS": "mdrsoc_nsv",
            "AESTDTC": {"year": "aestdat_yy_nsv", "month": "aestdat_mm_nsv", "day": "aestdat_dd_nsv"},
            "AEENDTC": {"year": "aeendat_yy_nsv", "month": "aeendat_mm_nsv", "day": "aeendat_dd_nsv"},
            "AEENRTPT": {"item": "aeongo", "values": {"X": "ONGOING"}},
            "AEENRF": "aeenrf", "AESEV": "aesev", "AETOXGR": "aetoxgr", "AESER": flag("aeser", style),
            "AEREL": "aerel", "AEREL1": "aerel1", "AEREL2": "aerel2", "AEACN": "aeacn", "AEACN1": "aeacn1",
            "AEACN2": "aeacn2", "AEACNOTH": "aeacnoth", "AEACNOT1": "aeacnot1", "AEACNOT2": "aeacnot2",
            "AETRTEM": flag("aetrtem", style), "AELAT": "aelat", "AEOUT": "aeout", "AEDICTVER": "meddraver_nsv",
            **{column.upper(): flag(column, style) for column in SERIOUSNESS}, "AEDTHDTC": "aedthdt",
            "AECONTRT": flag("aecontrt", style), "case_number": "aecaseno",
        }}],
        "EX": [{"from": "EX", "variables": {
            "EXSPID": "recordid", "EXTRT": "extrt", "EXDOSE": "exdose", "EXDOSU": "exdosu", "EXDOSFRM": "exdosfrm",
            "EXDOSFRQ": "exdosfrq", "EXROUTE": "exroute", "EXOCCUR": flag("experf", style), **VISIT,
            "EXSTDTC": "exst_dt", "EXENDTC": "exen_dt", "performed_by": "exby", "kit_number": "kitno",
            "units_taken": "unitstaken",
        }}],
        "VS": [{"from": "VS", "variables": {
            "VSSPID": "recordid", "VSPOS": "vspos", **VISIT, "VSDTC": "vs_dt", "performed_by": "vsby",
            "device_id": "vsdevice",
            }, "measurements": [
                {"testcd": testcd, "test": test, "result": column, "unit": {"value": unit}}
                for testcd, test, column, unit in _VITAL_SIGNS
            ]},
            {"from": "VS", "where": f"vsperf = '{style.no}'", "variables": _VITAL_SIGNS_NOT_DONE}],
        "LB": [{"from": "LB", "variables": {
            "LBTESTCD": "lbtstcd", "LBTEST": "lbtstnam", "LBCAT": "battrnam", "LBMETHOD": "lbmeth",
            "LBSPEC": "lbspec", "LBTPT": "lbtpt", "LBORRES": "orres", "LBORRESU": "orresu", "LBSTRESC": "siresc",
            "LBSTRESN": "siresn", "LBSTRESU": "siresu", "LBSTNRLO": "sinrlo", "LBSTNRHI": "sinrhi",
            "LBSTAT": "lbstat", "LBREASND": "lbreasnd", "LBCLSIG": flag("lbclsig", style), "LBNRIND": "lbnrind_nsv",
            "VISITNUM": "visnum", "VISIT": "visnam", "LBDTC": "lb_dt",
            "LBNAM": "labname", "LBORNRLO": "lbornrlo", "LBORNRHI": "lbornrhi", "performed_by": "lbby",
        }}],
    }  # fmt: skip
