"""The EDC's own lists: queries, pages, data points and audit trail, and what they are in the vocabulary."""

from __future__ import annotations

from pipelines.simulate.exports.source_layout import EXTRACTED, Mapped, SourceLayout
from pipelines.simulate.style import Style

LAYOUTS = {
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
         "data_entry_lag", "page_status", "locked", "unlocked", EXTRACTED, "k__"),
        dates=("visit_date", "min_entereddate", EXTRACTED),
        times=("locked", "unlocked"),
        subject="subjectname",
        site="k__",
    ),
    "DATA_POINTS": SourceLayout(
        "edc_audit",
        "AUDIT",
        ("protocolname", "subjectname", "visit", "visit_date", "formoid", "fieldoid", "log_number", "datapointid",
         "n_changes", "isrequired", "datapageid", "currentvalue", EXTRACTED, "k__"),
        dates=("visit_date", EXTRACTED),
        subject="subjectname",
        site="k__",
    ),
    "AUDIT_TRAIL": SourceLayout(
        "edc_audit",
        "AUDIT",
        ("protocolname", "subjectname", "visit", "formoid", "fieldoid", "log_number", "datapointid", "datapageid",
         "auditid", "auditaction", "audittime", "audituser", "oldvalue", "newvalue", "changereason", EXTRACTED, "k__"),
        dates=(EXTRACTED,),
        times=("audittime",),
        subject="subjectname",
        site="k__",
    ),
}  # fmt: skip


def mapping(_style: Style) -> dict[str, list[Mapped]]:
    """Return dataset -> what feeds it; the EDC codes its lists in one way for all sponsors."""
    where = {"form": "formoid", "field": "fieldoid", "visit": "visit", "log_line": "log_number"}
    statuses = {"Open": "open", "Answered": "answered", "Closed": "closed", "Cancelled": "cancelled"}
    return {
        "QUERY": [{"from": "QUERIES", "variables": {
            "query_id": "datapointid", **where, "status": {"item": "querystatus", "values": statuses},
            "marking_group": "markinggroup", "opened": "created", "answered": "answered", "closed": "resolved",
            "extract_date": EXTRACTED, "query_type": "querytype", "answer": "answertext",
        }}],
        "PAGE": [{"from": "DATA_PAGES", "variables": {
            "page_id": "datapageid", "form": "formoid", "visit": "visit", "visit_date": "visit_date",
            "entry_date": "min_entereddate", "status": "page_status", "lock_date": "locked", "unlock_date": "unlocked",
        }}],
        "AUDIT": [{"from": "DATA_POINTS", "variables": {
            "item_id": "datapointid", **where, "visit_date": "visit_date", "change_count": "n_changes",
            "is_required": "isrequired", "page_id": "datapageid", "value": "currentvalue",
        }},
            {"from": "AUDIT_TRAIL", "variables": {
            **where, "item_id": "datapointid", "page_id": "datapageid", "audit_id": "auditid", "action": "auditaction",
            "changed_at": "audittime", "changed_by": "audituser", "old_value": "oldvalue", "new_value": "newvalue",
            "reason": "changereason",
        }}],
    }  # fmt: skip
