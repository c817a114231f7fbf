-- Grain: one row per subject with disposition records: what they say together of consent, screening and randomisation, of the end of treatment,
-- of participation and of life. Dates of death are compared as texts, so a month and a day in it are two; where `has_other_death_date`, no
-- day fits both.
select
    USUBJID,
    {{ without_mark("min(earliest_first(DSSTDTC)) filter (where upper(DSDECOD) = 'INFORMED CONSENT OBTAINED')") }} as consent_date,
    coalesce(bool_or(upper(DSDECOD) = 'SCREEN FAILURE'), false) as is_screen_failure,
    bool_or(is_randomization) as has_randomization,
    coalesce(bool_or(upper(DSDECOD) in ('RANDOMIZED', 'RANDOMIZATION')), false) as is_randomized,
    coalesce(bool_or(upper(DSCAT) like '%DISPO%'), false) as has_disposition,
    bool_or(is_study_end) as has_study_end,
    bool_or(is_study_discontinuation) as has_study_discontinuation,
    count(*) filter (where is_study_discontinuation) as study_discontinuation_count,
    bool_or(is_discontinuation and coalesce(upper(DSDECOD), '') not in ('', 'COMPLETED')) as has_left_study,
    bool_or(is_treatment_discontinuation) as has_left_treatment,
    bool_or(is_death_of_other_cause) as has_death_of_other_cause,
    min_by(DSSTDTC, earliest_first(DSSTDTC)) filter (where names_death and DSSTDTC is not null) as earliest_named_death_date,
    min(DSSTDTC) filter (where names_death) as least_named_death_date,
    max(DSSTDTC) filter (where names_death) as greatest_named_death_date,
    bool_or(is_death) as has_death,
    count(*) filter (where is_death and DSSTDTC is not null) as dated_death_count,
    min_by(DSSTDTC, earliest_first(DSSTDTC)) filter (where is_death and DSSTDTC is not null) as earliest_death_date,
    min(DSSTDTC) filter (where is_death) as least_death_date,
    max(DSSTDTC) filter (where is_death) as greatest_death_date,
    certainly_after(
        max(DSSTDTC) filter (where is_death),
        min_by(DSSTDTC, earliest_first(DSSTDTC)) filter (where is_death and DSSTDTC is not null)
    ) as has_other_death_date
from {{ ref('int_disposition') }}
where USUBJID is not null
group by USUBJID
