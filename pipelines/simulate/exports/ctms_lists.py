"""Lists of the CTMS: sites and deviations, and what they are in the vocabulary."""

from __future__ import annotations

from pipelines.simulate.exports.source_layout import Mapped, SourceLayout
from pipelines.simulate.style import Style

LAYOUTS = {
    "SITE": SourceLayout(
        "ctms",
        "SITE",
        ("protocol", "site_num", "pi_number", "pi_last_name", "site_status", "account", "site_active_dt",
         "site_closed_dt", "city", "country",
         "pi_start_dt", "previous_pi_number", "retention_end_dt", "archive"),
        dates=("site_active_dt", "site_closed_dt", "pi_start_dt", "retention_end_dt"),
        subject=None,
        site="site_num",
    ),
    "DEVIATIONS": SourceLayout(
        "ctms",
        "DV",
        ("subjectenrollmentnumber", "deviationid", "deviationdate", "deviation", "companycategory", "deemedimportant",
         "visit", "discovereddate", "k__"),
        dates=("deviationdate", "discovereddate"),
        flags=("deemedimportant",),
        subject="subjectenrollmentnumber",
        site="k__",
    ),
}  # fmt: skip


def mapping(style: Style) -> dict[str, list[Mapped]]:
    """Return dataset -> what feeds it."""
    return {
        "DV": [{"from": "DEVIATIONS", "variables": {
            "DVSPID": "deviationid", "DVTERM": "deviation", "DVCAT": "companycategory",
            "DVSCAT": {"item": "deemedimportant", "values": {style.yes: "IMPORTANT", style.no: "NOT IMPORTANT"}},
            "DVSTDTC": "deviationdate", "discovered_date": "discovereddate", "VISIT": "visit",
        }}],
        "SITE": [{"from": "SITE", "variables": {
            "site_id": "site_num", "name": "account", "investigator": "pi_number", "status": "site_status",
            "country": "country", "activation_date": "site_active_dt",
            "closure_date": "site_closed_dt", "investigator_start_date": "pi_start_dt",
            "previous_investigator": "previous_pi_number", "retention_end_date": "retention_end_dt",
            "archive_location": "archive",
        }}],
    }  # fmt: skip
