"""The sponsor's extract: data, open findings, verdicts and a manifest in one folder, checked without Siteproof."""

from pipelines.transfer.extract import write_extract
from pipelines.transfer.verification import verify_extract

__all__ = ["verify_extract", "write_extract"]
