"""What is said of one kind of file that a made-up site delivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.simulate.style import Style, System

# A piece of study.yml, as it is written.
Mapped = dict[str, Any]

# What every EDC page carries, as Rave's SAS-on-demand listings do.
PAGE_COLUMNS = (
    "studyid", "siteid", "invid", "subjid", "subjectid", "datapagename", "instancename", "folderseq_nsv", "recordid",
)  # fmt: skip
# When the EDC wrote the file, in every row of it; lists of the CTMS do not say.
EXTRACTED = "dataextractiondate"
# The visit of a page of the EDC.
VISIT: Mapped = {"VISITNUM": "folderseq_nsv", "VISIT": "instancename"}


@dataclass(frozen=True)
class SourceLayout:
    """One kind of file: `dates` and `flags` are the columns that each sponsor writes in its own way.

    Of `partial_dates` the day may be missing. `subject` is None where rows belong to no subject; `site` is the column
    that must name the delivering site. `is_template` where the file is a template of the dataset, which needs no map.
    `sent_alone` where the site may send the file again without the others, so it never shares one with them.
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
    is_template: bool = False
    sent_alone: bool = False

    @property
    def names_extraction(self) -> bool:
        """Whether the rows say when the file was written."""
        return EXTRACTED in self.columns

    @property
    def in_audit(self) -> bool:
        """Whether the subject is written with initials behind it (1001001-XXX), as the EDC's own listings do."""
        return self.system == "edc_audit"


def flag(item: str, style: Style) -> str | Mapped:
    """Return the mapping of an item that a sponsor codes in its own way to Y and N."""
    return item if style.yes == "Y" else {"item": item, "values": {style.yes: "Y", style.no: "N"}}
