"""Holds requirements.lock to pyproject.toml: all that is declared is locked, fits, has hashes; no host is named."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines.settings import PROJECT_ROOT

LOCK_TEXT = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Locked:
    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def version(self) -> str:
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "==", f"{self.requirement} is not pinned"
        return specifier.version


def read_lock(text: str) -> dict[str, list[Locked]]:
    """Return the entries by name; a universal lock may hold a name more than once, with different markers."""
    entries: dict[str, list[Locked]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(line.split("--hash=")[0].strip())
        hashes = tuple(re.findall(r"--hash=(sha256:[0-9a-f]{64})", line))
        entries.setdefault(canonicalize_name(requirement.name), []).append(Locked(requirement, hashes))
    return entries


def misfits(declared: list[str], lock: dict[str, list[Locked]]) -> list[str]:
    """Return what is declared and not locked, or locked in a version that does not fit."""
    found = []
    for text in declared:
        requirement = Requirement(text)
        locked = lock.get(canonicalize_name(requirement.name), [])
        if not locked:
            found.append(f"{text}: not in the lock")
        found += [f"{text}: locked {one.version}" for one in locked if one.version not in requirement.specifier]
    return found


def declared_dependencies() -> list[str]:
    return [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["dev"]]


def test_every_declared_dependency_is_locked_in_a_version_that_fits() -> None:
    assert misfits(declared_dependencies(), read_lock(LOCK_TEXT)) == []


def test_every_locked_package_is_pinned_and_hashed() -> None:
    entries = [entry for group in read_lock(LOCK_TEXT).values() for entry in group]
    assert len(entries) > len(declared_dependencies())
    assert [str(entry.requirement) for entry in entries if not entry.version or not entry.hashes] == []


def test_the_package_that_cannot_be_built_offline_is_never_installed() -> None:
    # dbt-core 1.12 asks for it; see [tool.uv] in pyproject.toml.
    for entry in read_lock(LOCK_TEXT).get("dbt-core-experimental-parser", []):
        assert entry.requirement.marker is not None
        assert not entry.requirement.marker.evaluate()


def test_the_lock_names_no_host_and_no_path() -> None:
    options = re.compile(
        r"://|^\s*(-i|-f|-e|--(extra-)?index-url|--find-links|--trusted-host)\b| @ |file:|/home/|/tmp/", re.M
    )
    assert options.findall(LOCK_TEXT) == []


@pytest.mark.parametrize(
    ("declared", "lock", "expected"),
    [
        ("duckdb==1.5.5", "duckdb==1.5.4 \\\n    --hash=sha256:" + "0" * 64, ["duckdb==1.5.5: locked 1.5.4"]),
        ("types-PyYAML", "pyyaml==6.0.2", ["types-PyYAML: not in the lock"]),
        ("types-PyYAML", "types-pyyaml==6.0.2", []),
    ],
)
def test_a_lock_that_fell_behind_is_seen(declared: str, lock: str, expected: list[str]) -> None:
    assert misfits([declared], read_lock(lock)) == expected
