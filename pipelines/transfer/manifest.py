"""What an extract is and what is in it, as a text that is the same for the same content: no clock, no machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from pipelines.findings import RunInfo
from pipelines.study import Study
from pipelines.transfer.tables import WrittenFile


def name_transfer(run: RunInfo, cutoff: date | None) -> str:
    """Return the folder's name: the day of the newest data, the run, and the cut-off."""
    day = run.as_of[:10] or "no-data"
    return f"{day}_{run.run_id}_{f'cutoff-{cutoff.isoformat()}' if cutoff else 'all'}"


def render_manifest(study: Study, run: RunInfo, cutoff: date | None, files: Sequence[WrittenFile]) -> str:
    """Return manifest.json's text."""
    manifest = {
        "study": study.study,
        "title": study.title,
        "sponsor": study.sponsor,
        "run_id": run.run_id,
        "as_of": run.as_of,
        "cutoff": cutoff.isoformat() if cutoff else None,
        "code_version": run.code_version,
        "files": [asdict(file) for file in sorted(files, key=lambda file: file.path)],
    }
    return json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
