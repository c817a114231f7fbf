-- Grain: one row per visit record. A scheduled visit is a subject's and is not called unscheduled; a planned one also has a number, and
-- knows the dated one before it in the order of numbers. Rows without a subject are nobody's: they must not meet each other.
with scheduled as (
    select
        *,
        coalesce(cast(VISITNUM as varchar), VISIT) as visit_key,
        USUBJID is not null and coalesce(cast(VISITNUM as varchar), VISIT) is not null
        and not coalesce({{ is_unscheduled('VISIT') }}, false) as is_scheduled
    from {{ ref('sv') }}
),

planned as (
    select *, is_scheduled and VISITNUM is not null as is_planned
    from scheduled
),

visits as (
    select
        * exclude (visit_key),
        case when is_planned and SVSTDTC is not null then lag(SVSTDTC) over in_order end as previous_visit_date,
        case when is_planned and SVSTDTC is not null then lag(VISIT) over in_order end as previous_visit,
        row_number() over (
            partition by USUBJID, visit_key, is_scheduled
            order by {{ blank_last('SVSTDTC') }}, content_hash, source_file, source_row
        ) as visit_record_number,
        count(*) over (partition by USUBJID, visit_key, is_scheduled) as visit_record_count
    from planned
    window in_order as (
        partition by USUBJID, is_planned and SVSTDTC is not null
        order by VISITNUM, SVSTDTC, content_hash, source_file, source_row
    )
)

select
    visits.*,
    master.activation_date,
    master.closure_date,
    death.death_date,
    demographics.DTHDTC as demographics_death_date,
    death.death_event_date,
    extract.extract_date,
    coincidence.coincident_visit,
    schedule.window_opens,
    schedule.window_closes,
    deviation.days_to_window_deviation,
    elsewhere.previous_site,
    elsewhere.previous_site_date,
    elsewhere.days_since_other_site
from visits
left join {{ ref('int_site') }} as master on visits.site = master.site_id
left join {{ ref('int_death') }} as death on visits.USUBJID = death.USUBJID
left join {{ ref('int_demographics') }} as demographics on visits.USUBJID = demographics.USUBJID
left join {{ source('settings', 'extract') }} as extract
    on visits.site = extract.site and visits.source_name = extract.source_name
left join {{ ref('int_visit_coincidence') }} as coincidence
    on visits.site = coincidence.site and visits.USUBJID = coincidence.USUBJID and visits.record = coincidence.record
left join {{ ref('int_protocol_visit') }} as protocol
    on visits.site = protocol.site and visits.USUBJID = protocol.USUBJID
    and case when visits.is_scheduled then visits.record end = protocol.record
left join {{ ref('int_visit_window') }} as schedule
    on visits.USUBJID = schedule.USUBJID and protocol.protocol_visit = schedule.visit and schedule.has_window
left join {{ ref('int_window_deviation') }} as deviation
    on visits.site = deviation.site and visits.USUBJID = deviation.USUBJID and visits.record = deviation.record
left join {{ ref('int_visit_elsewhere') }} as elsewhere
    on visits.site = elsewhere.site and visits.USUBJID = elsewhere.USUBJID and visits.record = elsewhere.record
