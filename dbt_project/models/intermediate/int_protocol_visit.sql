-- Grain: one row per visit record of a subject that is a visit of the protocol's schedule, with the schedule's name of it. A record is one
-- visit at most: the one with its number, else, where one of the two has no number, the one with its name. No two
-- visits of the schedule share a name or a number.
select sv.site, sv.USUBJID, sv.record, schedule.visit as protocol_visit
from {{ ref('sv') }} as sv
inner join {{ source('settings', 'visit') }} as schedule
    on sv.VISITNUM = schedule.visitnum
    or ((sv.VISITNUM is null or schedule.visitnum is null) and upper(sv.VISIT) = upper(schedule.visit))
where sv.USUBJID is not null
qualify row_number() over (
    partition by sv.site, sv.USUBJID, sv.record
    order by case when sv.VISITNUM = schedule.visitnum then 1 else 2 end
) = 1
