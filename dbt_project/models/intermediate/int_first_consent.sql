-- Grain: one row per subject with a date of main consent: the earliest consent record's, or where there is none that of demographics.
select
    coalesce(consent.USUBJID, dm.USUBJID) as USUBJID,
    coalesce(consent.consent_date, dm.RFICDTC) as consent_date
from (select * from {{ ref('int_consent') }} where main_consent_number = 1 and USUBJID is not null) as consent
full outer join (select * from {{ ref('int_demographics') }} where RFICDTC is not null) as dm on consent.USUBJID = dm.USUBJID
