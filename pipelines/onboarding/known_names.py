"""What the field calls things: answers from known_items.yml, by plain name."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.located_yaml import load_located_yaml

KNOWN_ITEMS_FILE = Path(__file__).with_name("known_items.yml")
FLAG = "flag"

# What an EDC puts around an item's name: IT.AESTDAT, I_AETERM, AETERM_NSV.
_WRAPPING = re.compile(r"^(it|i)[._]|_nsv$")
# A column that ends so writes an item again: as its code, as raw text, or as the EDC's database has it.
AGAIN = re.compile(r"_(nsv|std|raw)$", re.IGNORECASE)


def plain(name: str) -> str:
    """Return a name as known_items.yml writes names: `IT.AE_STDAT` is `aestdat`."""
    return re.sub(r"[^a-z0-9]", "", _WRAPPING.sub("", name.strip().lower()))


def plain_columns(columns: Iterable[str]) -> dict[str, str]:
    """Return plain name -> column, of two with one plain name the one that is the item itself, else the first."""
    names: dict[str, str] = {}
    for column in sorted(columns, key=is_again):
        names.setdefault(plain(column), column)
    return names


def is_again(column: str) -> bool:
    """Return whether a column writes an item that another column holds in the first place."""
    return AGAIN.search(column) is not None


def find_by_names(names: Iterable[str], columns: dict[str, str]) -> str | None:
    """Return the column that the first fitting name or pattern finds; `columns` goes from plain name to column."""
    for name in names:
        if name in columns:
            return columns[name]
        if "*" in name:
            fitting = [column for key, column in columns.items() if fnmatch.fnmatchcase(key, name)]
            if fitting:
                return fitting[0]
    return None


@dataclass(frozen=True)
class KnownMeasurement:
    """A measurement that exports give a column of its own; `units` has the range in which its values lie."""

    testcd: str
    test: str
    items: Sequence[str]
    units: dict[str, tuple[float, float]]


class KnownNames:
    """The content of known_items.yml; every list is in the order in which it is to be tried."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self.subject: list[str] = data["subject"]
        self.site: list[str] = data["site"]
        self.log_line: list[str] = data["log_line"]
        self.record_id: list[str] = data["record_id"]
        self.extract_date: list[str] = data["extract_date"]
        self.unrecorded: list[str] = data["unrecorded"]
        self.date_parts: dict[str, list[str]] = data["date_parts"]
        self.forms: dict[str, list[str]] = data["forms"]
        self.topics: dict[str, list[str]] = data["topics"]
        self.flags: list[str] = data["flags"]
        self.capitals: list[str] = data["capitals"]

    def names_of(self, dataset: str, variable: str) -> list[str]:
        """Return the names of a variable's item: its own, those listed, and those that its ending allows."""
        listed = [*self._data["items"].get(dataset, {}).get(variable, [])]
        ending = variable.removeprefix(dataset)
        if ending != variable:
            listed += [f"--{end}" for end in self._data["date_ends"].get(ending, [])]
        elif variable in self._data["everywhere"]:
            listed += self._data["everywhere"][variable]
        names = [plain(variable)]
        for prefix in self.prefixes(dataset):
            names += [f"{prefix}{ending.lower()}"] if ending != variable else []
        for name in listed:
            names += [name.replace("--", prefix) for prefix in self.prefixes(dataset)] if "--" in name else [name]
        return list(dict.fromkeys(names))

    def prefixes(self, dataset: str) -> list[str]:
        """Return what the items of a dataset's form begin with."""
        prefixes: list[str] = self._data["prefixes"].get(dataset, [dataset.lower()])
        return prefixes

    def codes_of(self, dataset: str, variable: str) -> dict[str, str]:
        """Return value, in lower case -> term, for a variable whose values are coded; empty for any other."""
        if variable in self.flags:
            return dict(self._data["codes"][FLAG])
        codes = self._data["codes"]
        shared = self._data["same_codes"].get(variable, variable)
        return dict(codes.get(f"{dataset}.{variable}") or codes.get(shared, {}))

    def measurements_of(self, dataset: str) -> list[KnownMeasurement]:
        """Return the measurements that a form of this dataset may have as columns."""
        return [
            KnownMeasurement(
                testcd, known["test"], known["items"], {u: (float(a), float(b)) for u, (a, b) in known["units"].items()}
            )
            for testcd, known in self._data["measurements"].get(dataset, {}).items()
        ]


@cache
def known_names() -> KnownNames:
    """Read known_items.yml, once."""
    return KnownNames(load_located_yaml(KNOWN_ITEMS_FILE, as_text=True).data)
