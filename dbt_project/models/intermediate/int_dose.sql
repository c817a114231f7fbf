-- Grain: one row per subject with an administered dose. The greatest date text is the latest that is certain. A blank EXOCCUR says
-- nothing where the site delivers that item; where it does not, every dose was given.
select
    USUBJID,
    max(greatest(coalesce(EXENDTC, ''), coalesce(EXSTDTC, ''))) as last_dose_date
from {{ ref('ex') }} as ex
left join {{ source('settings', 'availability') }} as occurrence
    on ex.site = occurrence.site and occurrence.dataset = 'EX' and occurrence.variable = 'EXOCCUR'
where
    USUBJID is not null
    and (upper(EXOCCUR) = 'Y' or (EXOCCUR is null and not coalesce(occurrence.delivered, false)))
    and (EXDOSE > 0 or (EXDOSE = 0 and upper(EXTRT) like '%PLACEBO%'))
    and coalesce(EXENDTC, EXSTDTC) is not null
group by USUBJID
