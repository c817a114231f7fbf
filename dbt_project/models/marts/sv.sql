-- A visit without a number gets the one that the protocol's visit schedule (study.yml) gives to its name.
select
    sv.* exclude (VISITNUM),
    coalesce(sv.VISITNUM, case when sv.VISITNUM_raw is null then schedule.visitnum end) as VISITNUM
from {{ ref('stg_sv') }} as sv
left join {{ source('settings', 'visit') }} as schedule on upper(sv.VISIT) = upper(schedule.visit)
