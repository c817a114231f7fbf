"""dbt as a process of its own, given the project as it was parsed once: `python -m pipelines.standardize.dbt_process`.

dbt parses a project anew for each other profile, and every study has one: its own DuckDB file. That takes longer than
all the models of a small study. What a parse gives is the same for all of them but for the name of the database.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.settings import DBT_PROJECT_DIR, dbt_warehouse
from pipelines.standardize.dbt_manifest import PARSED_PROJECT, manifest_is_current, manifest_path

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


def main() -> None:
    """Run dbt with this process's arguments; exit as dbt does: 0 done, 1 something failed, 2 dbt itself did."""
    from dbt.cli.main import dbtRunner

    result = dbtRunner(manifest=read_parsed_project(DBT_PROJECT_DIR, dbt_warehouse())).invoke(sys.argv[1:])
    sys.exit(0 if result.success else 2 if result.exception else 1)


def read_parsed_project(project_dir: Path, warehouse: Path) -> Manifest | None:
    """Return the parsed project for a study's file, or None when there is no current one and dbt has to parse."""
    parsed = manifest_path(project_dir).with_name(PARSED_PROJECT)
    if not (parsed.is_file() and manifest_is_current(project_dir)):
        return None
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest: Manifest = Manifest.from_msgpack(parsed.read_bytes(), decoder=extended_mashumuro_decoder)
    database = DuckDBCredentials.path_derived_database_name(str(warehouse))
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        if node.relation_name:
            node.relation_name = node.relation_name.replace(f'"{node.database}"', f'"{database}"', 1)
        node.database = database
    manifest.build_flat_graph()
    return manifest


if __name__ == "__main__":
    main()
