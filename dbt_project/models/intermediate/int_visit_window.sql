-- Grain: one row per subject and visit of the schedule whose planned day can be counted for the subject: the anchor has a date and the
-- visit a day. The planned day is the anchor + target day - SV-01 day_offset; where the anchor is a partial date it is a span of days, and
-- the window reaches around all of it.
with anchors as (
    select USUBJID, 'first_dose' as anchor, first_dose_date as anchor_date from {{ ref('int_dose') }}
    union all
    select USUBJID, 'randomization', randomization_date from {{ ref('int_randomization') }}
    union all
    select USUBJID, 'consent', consent_date from {{ ref('int_first_consent') }}
),

day_offset as (
    select cast(value as bigint) as days
    from {{ source('settings', 'parameter') }}
    where check_id = 'SV-01' and name = 'day_offset'
)

select
    anchors.USUBJID,
    schedule.visit,
    schedule.visitnum,
    schedule.is_required,
    schedule.window_before is not null as has_window,
    anchors.anchor_date,
    {{ iso_day('first_day(anchors.anchor_date)', 'schedule.target_day - day_offset.days - coalesce(schedule.window_before, 0)') }} as window_opens,
    {{ iso_day('final_day(anchors.anchor_date)', 'schedule.target_day - day_offset.days + coalesce(schedule.window_after, 0)') }} as window_closes
from {{ source('settings', 'visit') }} as schedule
inner join anchors on schedule.anchor = anchors.anchor
cross join day_offset
where schedule.target_day is not null and anchors.anchor_date is not null
