-- Grain: one row per visit record. A scheduled visit is a subject's and is not called unscheduled; a planned one also has a number, and
-- knows the dated one before it in the order of numbers. Rows without a subject are nobody's: they must not meet each other.
with visits as (
    select
        *,
        is_scheduled and VISITNUM is not null as is_planned,
        coalesce(cast(VISITNUM as varchar), VISIT) as visit_key
    from (
        select
            *,
            USUBJID is not null and coalesce(cast(VISITNUM as varchar), VISIT) is not null
            and upper(coalesce(VISIT, '')) not like '%UNSCHED%' as is_scheduled
        from {{ ref('sv') }}
    )
)

select
    visits.* exclude (visit_key),
    case when is_planned and SVSTDTC is not null then lag(SVSTDTC) over in_order end as previous_visit_date,
    case when is_planned and SVSTDTC is not null then lag(VISIT) over in_order end as previous_visit,
    row_number() over (
        partition by visits.USUBJID, visit_key, is_scheduled
        order by {{ blank_last('SVSTDTC') }}, content_hash, source_file, source_row
    ) as visit_record_number,
    count(*) over (partition by visits.USUBJID, visit_key, is_scheduled) as visit_record_count,
    master.activation_date,
    death.death_date
from visits
left join {{ ref('int_site') }} as master on visits.site = master.site_id
left join {{ ref('int_death') }} as death on visits.USUBJID = death.USUBJID
window in_order as (
    partition by visits.USUBJID, is_planned and SVSTDTC is not null
    order by VISITNUM, SVSTDTC, content_hash, source_file, source_row
)
