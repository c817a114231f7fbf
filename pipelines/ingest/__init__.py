"""Deliveries: what arrives in landing is read strictly, kept write-once in the store, and listed in a ledger a site."""

from __future__ import annotations

from pipelines.ingest.announcements import WaitingFile, landing_fingerprint, waiting_files
from pipelines.ingest.decisions import decide
from pipelines.ingest.deliveries import (
    CurrentDelivery,
    LateDelivery,
    current_deliveries,
    delivered_files,
    held_deliveries,
    known_sites,
    late_deliveries,
    may_be_foreign,
    previous_deliveries,
    read_deliveries,
    repeated_deliveries,
    still_refused,
)
from pipelines.ingest.intake import ingest_site, ingest_study, utc_now
from pipelines.ingest.landing import landing_sites, unusable_site_folders
from pipelines.ingest.ledger import DeliveryEvent

__all__ = [
    "CurrentDelivery",
    "DeliveryEvent",
    "LateDelivery",
    "WaitingFile",
    "current_deliveries",
    "decide",
    "delivered_files",
    "held_deliveries",
    "ingest_site",
    "ingest_study",
    "known_sites",
    "landing_fingerprint",
    "landing_sites",
    "late_deliveries",
    "may_be_foreign",
    "previous_deliveries",
    "read_deliveries",
    "repeated_deliveries",
    "still_refused",
    "unusable_site_folders",
    "utc_now",
    "waiting_files",
]
