-- Grain: one row per demographics record.
select
    dm.*,
    row_number() over (
        partition by dm.USUBJID order by {{ blank_last('dm.DMDTC') }}, dm.content_hash, dm.source_file, dm.source_row
    ) as dm_record_number,
    count(*) over (partition by dm.USUBJID) as dm_record_count,
    master.site_id is not null as is_site_known,
    dose.USUBJID is not null as is_treated
from {{ ref('dm') }} as dm
left join {{ ref('int_site') }} as master on dm.SITEID = master.site_id
left join {{ ref('int_dose') }} as dose on dm.USUBJID = dose.USUBJID
