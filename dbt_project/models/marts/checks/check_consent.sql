-- Grain: one row per consent record, with what happened around it. `greatest_age` is certain: the oldest that the subject can have been
-- on the day of consent, or where that is blank on the day of the first procedure; without a birth date, the recorded age. `country_majority` is what study.yml sets by country (ICF-06 by_country). `consenter` is blank where it is
-- not certain who took consent, or when.
with majority as (
    select distinct
        upper(trim(split_part(value, '=', 1))) as country,
        try_cast(split_part(value, '=', 2) as double) as years
    from {{ source('settings', 'parameter') }}
    where check_id = 'ICF-06' and name = 'by_country'
)

select
    consent.*,
    first.first_needing_consent as first_procedure_date,
    master.activation_date,
    case
        when dm.BRTHDTC is not null and coalesce(consent.consent_date, first.first_needing_consent) is not null then
            date_diff('year', first_day(dm.BRTHDTC), final_day(coalesce(consent.consent_date, first.first_needing_consent)))
            - case
                when strftime(final_day(coalesce(consent.consent_date, first.first_needing_consent)), '%m-%d') < strftime(first_day(dm.BRTHDTC), '%m-%d') then 1 else 0
            end
        else dm.AGE
    end as greatest_age,
    majority.years as country_majority,
    extract.extract_date,
    coalesce(upper(trim(consent.witness_name)) = upper(trim(consent.consenter_name)), false) as is_witnessed_by_consenter,
    consenter.person as consenter,
    consenter.sign_date as consenting_date,
    coalesce(consenter.is_delegated, false) as is_consenter_delegated,
    coalesce(consenter.is_investigator, false) as is_consenter_investigator
from {{ ref('int_consent') }} as consent
left join {{ ref('int_first_procedure') }} as first on consent.USUBJID = first.USUBJID
left join {{ ref('int_site') }} as master on consent.site = master.site_id
left join {{ ref('int_demographics') }} as dm on consent.USUBJID = dm.USUBJID
left join {{ source('settings', 'extract') }} as extract
    on consent.site = extract.site and consent.source_name = extract.source_name
left join majority on upper(dm.COUNTRY) = majority.country
left join {{ ref('int_consenter') }} as consenter
    on
        consent.site = consenter.site
        and upper(trim(consent.consenter_name)) = consenter.name
        and case when consent.consenter_sign_date_raw is null then consent.subject_sign_date else consent.consenter_sign_date end = consenter.sign_date
