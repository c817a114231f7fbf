-- Grain: one row per received file that counts: the current one of a site and source, or a later one that was refused as empty.
select
    site,
    cast(null as varchar) as subject,
    dataset,
    source_name as record,
    row_count,
    previous,
    source_file,
    cast(null as bigint) as source_row
from {{ source('settings', 'delivery') }}
