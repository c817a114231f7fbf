-- Grain: one row per subject with an administered dose: from when until when it was treated. A dose without an end goes on until
-- participation ends, else until the extract, unless the disposition says that the subject has finished.
select
    dose.USUBJID,
    dose.first_dose_date,
    dose.last_dose_date,
    case
        when dose.is_open and not coalesce(disposition.has_disposition, false)
            then coalesce(dm.RFPENDTC, dose.known_until, dose.last_dose_date)
        else dose.last_dose_date
    end as treated_until
from {{ ref('int_dose') }} as dose
left join {{ ref('int_subject_disposition') }} as disposition on dose.USUBJID = disposition.USUBJID
left join {{ ref('int_demographics') }} as dm on dose.USUBJID = dm.USUBJID
