-- Grain: one row per subject with an administered dose. The greatest date text is the latest that is certain.
select
    USUBJID,
    max(greatest(coalesce(EXENDTC, ''), coalesce(EXSTDTC, ''))) as last_dose_date
from {{ ref('ex') }}
where
    USUBJID is not null
    and coalesce(EXOCCUR, 'Y') = 'Y'
    and (EXDOSE > 0 or (EXDOSE = 0 and upper(EXTRT) like '%PLACEBO%'))
    and coalesce(EXENDTC, EXSTDTC) is not null
group by USUBJID
