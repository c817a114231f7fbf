-- A dose whose visit has no number gets the one that the protocol's visit schedule (study.yml) gives to its name.
select
    ex.* exclude (VISITNUM),
    coalesce(ex.VISITNUM, case when ex.VISITNUM_raw is null then schedule.visitnum end) as VISITNUM
from {{ ref('stg_ex') }} as ex
left join {{ source('settings', 'visit') }} as schedule on upper(ex.VISIT) = upper(schedule.visit)
