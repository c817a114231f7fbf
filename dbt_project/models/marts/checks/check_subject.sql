-- Grain: one row per subject in demographics: its first record, with what the other datasets say of the subject.
with events as (
    select USUBJID, count(*) as ae_count
    from {{ ref('ae') }}
    where USUBJID is not null
    group by USUBJID
),

age_reference as (
    select value as reference from {{ source('settings', 'parameter') }} where check_id = 'DM-11' and name = 'reference'
)

select
    dm.*,
    consent.consent_date,
    coalesce(recorded.consent_date_count, 0) as consent_date_count,
    recorded.earliest_consent_date,
    recorded.latest_consent_date,
    recorded.logged_consent_date,
    recorded.edc_consent_date,
    case (select reference from age_reference)
        when 'RFSTDTC' then dm.RFSTDTC when 'DMDTC' then dm.DMDTC else consent.consent_date
    end as age_reference_date,
    death.USUBJID is not null as is_death_reported,
    death.told_by as death_told_by,
    contradicting_date(
        dm.DTHDTC,
        disposition.earliest_death_date, disposition.least_death_date, disposition.greatest_death_date
    ) as disposition_death_date,
    height.USUBJID is not null as has_height,
    height.lowest_height,
    height.highest_height,
    height.height_change,
    coalesce(events.ae_count, 0) as ae_count,
    treatment.USUBJID is not null as is_treated,
    treatment.first_dose_date,
    least_days_between(treatment.first_dose_date, treatment.treated_until) as exposure_days,
    enrolled.USUBJID is not null as is_enrolled,
    coalesce(disposition.is_screen_failure, false) or coalesce(upper(dm.ARMCD) = 'SCRNFAIL', false) as is_screen_failure,
    coalesce(disposition.has_randomization, false) or randomization.USUBJID is not null as has_randomization,
    coalesce(disposition.is_randomized, false) as is_randomized_by_disposition,
    coalesce(eligibility.answered, 0) as answered,
    eligibility.criteria_count,
    strata.USUBJID is not null as is_stratified,
    strata.missing_factor
from {{ ref('int_demographics') }} as dm
left join {{ ref('int_first_consent') }} as consent on dm.USUBJID = consent.USUBJID
left join {{ ref('int_recorded_consent') }} as recorded on dm.USUBJID = recorded.USUBJID
left join {{ ref('int_reported_death') }} as death on dm.USUBJID = death.USUBJID
left join {{ ref('int_height') }} as height on dm.USUBJID = height.USUBJID
left join events on dm.USUBJID = events.USUBJID
left join {{ ref('int_treatment_period') }} as treatment on dm.USUBJID = treatment.USUBJID
left join {{ ref('int_enrolled') }} as enrolled on dm.USUBJID = enrolled.USUBJID
left join {{ ref('int_subject_disposition') }} as disposition on dm.USUBJID = disposition.USUBJID
left join {{ ref('int_randomization') }} as randomization on dm.USUBJID = randomization.USUBJID
left join {{ ref('int_eligibility') }} as eligibility on dm.USUBJID = eligibility.USUBJID
left join {{ ref('int_stratification') }} as strata on dm.USUBJID = strata.USUBJID
