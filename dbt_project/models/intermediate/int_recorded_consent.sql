-- Grain: one row per subject with a date of main consent: how many of consent form, demographics and disposition state one, and the earliest
-- and the latest that they state. If any two of them certainly differ, these two do. `edc_consent_date` is that of demographics, or where these
-- have none, of the disposition.
with dates as (
    select USUBJID, consent_date, 'CO_CONSENT' as dataset from {{ ref('int_consent') }} where main_consent_number = 1
    union all
    select USUBJID, RFICDTC, 'DM' from {{ ref('int_demographics') }}
    union all
    select USUBJID, consent_date, 'DS' from {{ ref('int_subject_disposition') }}
)

select
    USUBJID,
    count(*) as consent_date_count,
    {{ without_mark('min(earliest_first(consent_date))') }} as earliest_consent_date,
    max(consent_date) as latest_consent_date,
    max(consent_date) filter (where dataset = 'CO_CONSENT') as logged_consent_date,
    coalesce(max(consent_date) filter (where dataset = 'DM'), max(consent_date) filter (where dataset = 'DS')) as edc_consent_date
from dates
where USUBJID is not null and consent_date is not null
group by USUBJID
