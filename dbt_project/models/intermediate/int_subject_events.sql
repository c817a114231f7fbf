-- Grain: one row per subject with adverse events: what they say together.
select
    USUBJID,
    bool_or('DRUG WITHDRAWN' in (
        coalesce(upper(AEACN), ''), coalesce(upper(AEACN1), ''), coalesce(upper(AEACN2), ''), coalesce(upper(AEACN3), '')
    )) as has_drug_withdrawn,
    bool_or(AEDTHDTC_raw is not null) as has_death_date
from {{ ref('ae') }}
where USUBJID is not null
group by USUBJID
