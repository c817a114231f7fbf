-- Grain: one row per enrolled subject with a visit date: its last visit, and how long the schedule lets it be until the next one. The
-- interval is that from the planned day of the last attended visit of the schedule to the next planned day of the same anchor.
with visits as (
    select sv.*, schedule.target_day, schedule.anchor
    from {{ ref('sv') }} as sv
    left join {{ ref('int_protocol_visit') }} as protocol
        on sv.site = protocol.site and sv.USUBJID = protocol.USUBJID and sv.record = protocol.record
    left join {{ source('settings', 'visit') }} as schedule on protocol.protocol_visit = schedule.visit
    where sv.USUBJID is not null and sv.SVSTDTC is not null
),

last_visit as (
    select *
    from visits
    qualify row_number() over (
        partition by USUBJID order by earliest_first(SVSTDTC) desc, VISITNUM desc nulls last, content_hash, source_file, source_row
    ) = 1
),

last_planned as (
    select USUBJID, target_day, anchor
    from visits
    where target_day is not null
    qualify row_number() over (partition by USUBJID order by earliest_first(SVSTDTC) desc, target_day desc, anchor) = 1
),

intervals as (
    select last_planned.USUBJID, min(following.target_day - last_planned.target_day) as planned_interval
    from last_planned
    inner join {{ source('settings', 'visit') }} as following
        on last_planned.anchor = following.anchor and following.target_day > last_planned.target_day
    group by last_planned.USUBJID
)

select
    visit.site,
    visit.subject,
    visit.USUBJID,
    visit.dataset,
    visit.record,
    visit.source_file,
    visit.source_row,
    visit.SVSTDTC as last_visit_date,
    extract.extract_date,
    case when length(visit.SVSTDTC) >= 10 then least_days_between(visit.SVSTDTC, extract.extract_date) end as days_since_visit,
    intervals.planned_interval,
    coalesce(disposition.has_disposition, false) as has_disposition
from last_visit as visit
inner join {{ ref('int_enrolled') }} as enrolled on visit.USUBJID = enrolled.USUBJID
left join {{ source('settings', 'extract') }} as extract on visit.site = extract.site and visit.source_name = extract.source_name
left join intervals on visit.USUBJID = intervals.USUBJID
left join {{ ref('int_subject_disposition') }} as disposition on visit.USUBJID = disposition.USUBJID
