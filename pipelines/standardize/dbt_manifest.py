"""dbt's own description of the project: where it lies, and whether it describes the project as it is now."""

from __future__ import annotations

import contextlib
import hashlib
from importlib.metadata import version
from pathlib import Path

from pipelines.settings import DBT_PROJECT_DIR

PARSED_PROJECT = "partial_parse.msgpack"
_DIGEST = "siteproof-project.sha256"
_GENERATED = ("target", "logs", "dbt_packages")


def manifest_path(project_dir: Path = DBT_PROJECT_DIR) -> Path:
    """Return where dbt's description of the project lies; it must be there before Dagster loads."""
    return project_dir / "target" / "manifest.json"


def manifest_is_current(project_dir: Path = DBT_PROJECT_DIR) -> bool:
    """Return whether the manifest was made of the project's files as they are now."""
    written = manifest_path(project_dir).with_name(_DIGEST)
    if not (manifest_path(project_dir).is_file() and written.is_file()):
        return False
    return written.read_text(encoding="ascii") == project_digest(project_dir)


def keep_manifest(parsed: Path, digest: str, project_dir: Path = DBT_PROJECT_DIR) -> Path:
    """Move what dbt wrote into `parsed` to its place, with the digest of the project that it read; return the path."""
    manifest = manifest_path(project_dir)
    written = manifest.with_name(_DIGEST)
    written.unlink(missing_ok=True)
    for name in (PARSED_PROJECT, manifest.name):
        if (parsed / name).is_file():
            (parsed / name).replace(manifest.with_name(name))
    fresh = parsed / _DIGEST
    fresh.write_text(digest, encoding="ascii")
    fresh.replace(written)
    return manifest


def project_digest(project_dir: Path = DBT_PROJECT_DIR) -> str:
    """Return a hash of all files of the project, and of dbt's version."""
    digest = hashlib.sha256(version("dbt-core").encode())
    for path in sorted(project_dir.rglob("*")):
        place = path.relative_to(project_dir)
        if place.parts[0] in _GENERATED or path.name.startswith("."):
            continue
        # A file may vanish between listing and reading, while an editor saves it.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                content = path.read_bytes()
                digest.update(f"\0{place.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
