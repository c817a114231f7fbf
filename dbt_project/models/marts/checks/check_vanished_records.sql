-- Grain: one row per dataset and current file of a site and source with other content before it, both of which have a key without a date.
with max_share as (
    select cast(value as double) as share
    from {{ source('settings', 'parameter') }}
    where check_id = 'X-02' and name = 'max_share'
)

select
    vanished.site,
    cast(null as varchar) as subject,
    vanished.dataset,
    vanished.source_name as record,
    vanished.record_count,
    vanished.vanished_count,
    vanished.vanished_count || case when vanished.named is not null then ' (' || vanished.named || ')' else '' end as vanished_text,
    case when vanished.vanished_count > to_nine_places(max_share.share * vanished.record_count) then 'critical' end as finding_severity,
    extract.extract_date,
    vanished.source_file,
    cast(null as bigint) as source_row
from {{ source('settings', 'vanished') }} as vanished
left join max_share on true
left join {{ source('settings', 'extract') }} as extract
    on vanished.site = extract.site and vanished.source_name = extract.source_name
