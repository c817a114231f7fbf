-- Grain: one row per subject whose death an adverse event or the disposition tells. `told_by` names the datasets that say so outright;
-- a date of death or grade 5 alone says it less plainly.
with events as (
    select USUBJID, coalesce(bool_or(upper(AESDTH) = 'Y' or upper(AEOUT) = 'FATAL'), false) as is_outright
    from {{ ref('ae') }}
    where
        USUBJID is not null
        and (AEDTHDTC_raw is not null or upper(AESDTH) = 'Y' or upper(AEOUT) = 'FATAL' or AETOXGR = '5')
    group by USUBJID
),

dispositions as (
    select USUBJID from {{ ref('int_subject_disposition') }} where has_death
)

select
    coalesce(events.USUBJID, dispositions.USUBJID) as USUBJID,
    case
        when events.is_outright and dispositions.USUBJID is not null then 'AE and DS'
        when events.is_outright then 'AE'
        when dispositions.USUBJID is not null then 'DS'
    end as told_by
from events
full outer join dispositions on events.USUBJID = dispositions.USUBJID
