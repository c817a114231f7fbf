-- Grain: one row per site that is closed: until when its records are kept - by contract, else so many years from the closure as the rule of
-- RET-01 says - and the first destruction on file. The row to look at is that of a destruction before the end, else the site's in the CTMS.
with rule as (
    select max(cast(value as integer)) as years
    from {{ source('settings', 'parameter') }}
    where check_id = 'RET-01' and name = 'rule_years'
),

masters as (
    select
        master.site_id as site,
        master.retention_end_date, master.retention_end_date_raw, master.archive_location,
        closed.closure_date, master.record, master.source_name, master.source_file, master.source_row
    from {{ ref('site') }} as master
    inner join {{ ref('int_site') }} as closed on master.site_id = closed.site_id
    where closed.closure_date is not null
    qualify row_number() over (
        partition by master.site_id
        order by coalesce(master.retention_end_date, '') desc, coalesce(master.retention_end_date_raw, '') desc, master.content_hash, master.source_file, master.source_row
    ) = 1
),

destructions as (
    select
        site, destruction_date as destroyed, source_file as destruction_file, source_row as destruction_row
    from {{ ref('isf_index') }}
    where destruction_date is not null
    qualify row_number() over (
        partition by site order by earliest_first(destruction_date), content_hash, source_file, source_row
    ) = 1
),

files as ({{ files_of('isf_index') }}),

ends as (
    select
        masters.*,
        coalesce(
            masters.retention_end_date,
            cast(year(first_day(masters.closure_date)) + rule.years as varchar)
            || replace(substr(masters.closure_date, 5, 6), '-02-29', '-02-28')
        ) as retention_end,
        destructions.destroyed, destructions.destruction_file, destructions.destruction_row,
        files.extract_date
    from masters
    inner join files on masters.site = files.site
    cross join rule
    left join destructions on masters.site = destructions.site
)

select
    site,
    cast(null as varchar) as subject,
    case when certainly_after(retention_end, destroyed) then 'ISF_INDEX' else 'SITE' end as dataset,
    'site ' || site as record,
    closure_date,
    retention_end_date_raw is not null as has_end_on_file,
    retention_end,
    destroyed,
    archive_location,
    extract_date,
    cast(date_diff('day', first_day(extract_date), final_day(retention_end)) as bigint) as days_left,
    case when certainly_after(retention_end, destroyed) then destruction_file else source_file end as source_file,
    case when certainly_after(retention_end, destroyed) then destruction_row else source_row end as source_row
from ends
