-- Grain: one row per consent record, with what happened around it. `greatest_age` is certain: the oldest that the subject can have been
-- on the day of consent, or where that is blank on the day of the first procedure; without a birth date, the recorded age. `country_majority` is what study.yml sets by country (ICF-06 by_country). `consenter` is blank where it is
-- not certain who took consent, or when. A version of the form is the site's in the language that was signed: as the list writes it, else in
-- the one entry of that language whatever the country or script. Where the list has the version in others only, it is in any of them.
with versions as (
    select
        site, form, version,
        min(irb_approval_date) as irb_approval_date,
        max(irb_approval_date_raw) is null as is_approval_blank
    from {{ ref('int_consent_version') }}
    group by site, form, version
),

-- How many entries a version has in a language whatever the country or script: of several it is not certain which was signed.
entries as (
    select
        *,
        language_codes(language) as language_code,
        count(*) over (partition by site, form, version, language_codes(language)) as entry_count
    from {{ ref('int_consent_version') }}
),

majority as (
    select distinct
        upper(trim(split_part(value, '=', 1))) as country,
        try_cast(split_part(value, '=', 2) as double) as years
    from {{ source('settings', 'parameter') }}
    where check_id = 'ICF-06' and name = 'by_country'
)

select
    consent.* exclude (form),
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
    coalesce(consenter.is_investigator, false) as is_consenter_investigator,
    case when own.version is not null then own.irb_approval_date else versions.irb_approval_date end as version_approval_date,
    case when own.version is not null then own.irb_approval_date_raw is null else coalesce(versions.is_approval_blank, true) end as is_unapproved_version,
    own.version is not null and own.language <> '' as is_known_version,
    own.later_version,
    own.later_effective_date,
    dm.languages as understood_languages,
    coalesce(share_a_language(dm.languages, consent.form_language), false) as is_in_understood_language
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
left join versions
    on consent.site = versions.site
    and consent.form = versions.form
    and upper(trim(consent.icf_version)) = versions.version
left join entries as exact
    on versions.site = exact.site
    and versions.form = exact.form
    and versions.version = exact.version
    and coalesce(lower(trim(consent.form_language)), '') = exact.language
left join entries as single
    on versions.site = single.site
    and versions.form = single.form
    and versions.version = single.version
    and language_codes(consent.form_language) = single.language_code
    and single.entry_count = 1
    and single.language <> ''
left join entries as own
    on versions.site = own.site
    and versions.form = own.form
    and versions.version = own.version
    and case when exact.version is not null then exact.language else single.language end = own.language
