"""What Dagster loads."""

from pipelines.orchestration.assembly import build_definitions
from pipelines.settings import go_offline, resolve_home

go_offline()
defs = build_definitions(resolve_home())
