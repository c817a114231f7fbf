-- Grain: one row per consent record. `consent_date` is when the subject, or else the representative, signed; `main_consent_number` counts
-- a subject's dated main consents, the earliest first. One that leaves its day open (2024-06) comes before the days that it may lie before:
-- what is certainly before the first consent is then certainly before all. A consent without category is taken as the main one. `form` is
-- the form that was signed: what the category names, or the main one where the site has no form of that name but has that version of the
-- main one.
with consents as (
    select
        *,
        coalesce(subject_sign_date, representative_sign_date) as consent_date,
        coalesce(subject_sign_date_raw, representative_sign_date_raw) is not null as is_signed,
        coalesce(upper(consent_category), 'MAIN') = 'MAIN' as is_main,
        coalesce(upper(trim(consent_category)), 'MAIN') as named_form,
        upper(trim(icf_version)) as named_version
    from {{ ref('co_consent') }}
),

forms as (
    select distinct site, form from {{ ref('int_consent_version') }}
),

main_versions as (
    select distinct site, version from {{ ref('int_consent_version') }} where form = 'MAIN'
)

select
    consents.* exclude (named_form, named_version),
    case when forms.form is null and main_versions.version is not null then 'MAIN' else consents.named_form end as form,
    case when consents.is_main and consents.consent_date is not null then row_number() over (
        partition by consents.USUBJID, consents.is_main and consents.consent_date is not null
        order by consents.consent_date, consents.content_hash, consents.source_file, consents.source_row
    ) end as main_consent_number
from consents
left join forms on consents.site = forms.site and consents.named_form = forms.form
left join main_versions on consents.site = main_versions.site and consents.named_version = main_versions.version
