"""Deliveries: what arrives in landing is read strictly, kept write-once in the store, and listed in a ledger a site."""

from __future__ import annotations

from pipelines.ingest.deliveries import (
    CurrentDelivery,
    current_deliveries,
    delivered_files,
    known_sites,
    previous_deliveries,
    read_deliveries,
    repeated_deliveries,
)
from pipelines.ingest.intake import ingest_site, ingest_study
from pipelines.ingest.landing import landing_fingerprint, landing_sites, unusable_site_folders
from pipelines.ingest.ledger import DeliveryEvent

__all__ = [
    "CurrentDelivery",
    "DeliveryEvent",
    "current_deliveries",
    "delivered_files",
    "ingest_site",
    "ingest_study",
    "known_sites",
    "landing_fingerprint",
    "landing_sites",
    "previous_deliveries",
    "read_deliveries",
    "repeated_deliveries",
    "unusable_site_folders",
]
