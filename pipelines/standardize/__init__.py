"""From the store to SDTM-named marts: lays the mapped views over the store, then has dbt build on them."""

from pipelines.standardize.dbt_build import build_warehouse, dbt_environment
from pipelines.standardize.raw_views import lay_raw_views

__all__ = ["build_warehouse", "dbt_environment", "lay_raw_views"]
