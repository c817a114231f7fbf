"""From the store to SDTM-named marts: lays the mapped views over the store, then has dbt build on them."""

from pipelines.standardize.dbt_build import DBT_BUILD, DBT_COMMAND, build_warehouse, dbt_environment, dbt_target
from pipelines.standardize.raw_views import lay_raw_views

__all__ = ["DBT_BUILD", "DBT_COMMAND", "build_warehouse", "dbt_environment", "dbt_target", "lay_raw_views"]
