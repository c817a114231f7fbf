-- Grain: one row per consent record. `consent_date` is when the subject, or else the representative, signed; `main_consent_number` counts
-- a subject's dated main consents, the earliest first. A consent without category is taken as the main one.
with consents as (
    select
        *,
        coalesce(subject_sign_date, representative_sign_date) as consent_date,
        coalesce(subject_sign_date_raw, representative_sign_date_raw) is not null as is_signed,
        coalesce(upper(consent_category), 'MAIN') = 'MAIN' as is_main
    from {{ ref('co_consent') }}
)

select
    *,
    case when is_main and consent_date is not null then row_number() over (
        partition by USUBJID, is_main and consent_date is not null
        order by earliest_first(consent_date), content_hash, source_file, source_row
    ) end as main_consent_number
from consents
