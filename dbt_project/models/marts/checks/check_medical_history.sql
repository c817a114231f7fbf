-- Grain: one row per record of medical history, with the subject's first consent and first dose.
select
    mh.*,
    consent.consent_date,
    dose.first_dose_date,
    case
        when mh.MHSTDTC is null and lacks_only_month(mh.MHSTDTC_raw) then mh.MHSTDTC_raw
        when mh.MHENDTC is null and lacks_only_month(mh.MHENDTC_raw) then mh.MHENDTC_raw
    end as date_without_month
from {{ ref('mh') }} as mh
left join {{ ref('int_first_consent') }} as consent on mh.USUBJID = consent.USUBJID
left join {{ ref('int_dose') }} as dose on mh.USUBJID = dose.USUBJID
