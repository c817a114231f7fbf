-- Grain: one row per visit record. Planned visits have a number and are not called unscheduled; of those that have a date, each knows
-- the one before it in the order of numbers.
with visits as (
    select
        *,
        coalesce(VISITNUM is not null and upper(coalesce(VISIT, '')) not like '%UNSCHED%', false) as is_planned
    from {{ ref('sv') }}
)

select
    visits.*,
    case when is_planned and SVSTDTC is not null then lag(SVSTDTC) over in_order end as previous_visit_date,
    case when is_planned and SVSTDTC is not null then lag(VISIT) over in_order end as previous_visit,
    row_number() over (
        partition by visits.USUBJID, VISITNUM, is_planned
        order by coalesce(SVSTDTC, '~'), content_hash, source_file, source_row
    ) as visit_record_number,
    count(*) over (partition by visits.USUBJID, VISITNUM, is_planned) as visit_record_count,
    master.activation_date,
    death.death_date
from visits
left join {{ ref('int_site') }} as master on visits.site = master.site_id
left join {{ ref('int_death') }} as death on visits.USUBJID = death.USUBJID
window in_order as (
    partition by visits.USUBJID, is_planned and SVSTDTC is not null
    order by VISITNUM, SVSTDTC, content_hash, source_file, source_row
)
