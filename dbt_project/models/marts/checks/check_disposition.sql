-- Grain: one row per disposition record, with what the subject's records say together. What is told once a subject is told at the first record
-- that it is about, where its position (..._number) is 1.
with stops as (
    select
        disposition.*,
        coalesce(
            upper(DSCAT) = 'DISPOSITION EVENT' and upper(DSDECOD) = 'ADVERSE EVENT'
            and upper(DSSPID) like '%' || upper(form_marker.value) || '%', false
        ) as is_stop_for_event
    from {{ ref('int_disposition') }} as disposition
    left join {{ source('settings', 'parameter') }} as form_marker
        on form_marker.check_id = 'DS-05' and form_marker.name = 'form_marker'
),

records as (
    select
        *,
        row_number() over (
            partition by USUBJID, is_randomization
            order by {{ blank_last('DSSTDTC') }}, content_hash, source_file, source_row
        ) as randomization_number,
        count(*) filter (where is_randomization) over (partition by USUBJID) as randomization_count,
        {{ position_among('is_study_discontinuation', 'DSSTDTC') }} as study_discontinuation_number,
        {{ position_among('is_stop_for_event', 'DSSTDTC') }} as event_stop_number,
        {{ position_among('names_death', 'DSSTDTC') }} as named_death_number,
        {{ position_among('is_death', 'DSSTDTC', first='DSSTDTC_raw is null') }} as death_number,
        {{ position_among('is_death_by_event', 'DSSTDTC') }} as event_death_number,
        max(case when upper(DSTERM) = 'DEATH DUE TO ADVERSE EVENT' then 1 else 0 end) over () = 1 as is_legacy_term_in_use
    from stops
)

select
    records.* exclude (
        is_discontinuation, is_treatment_discontinuation, is_study_discontinuation, is_stop_for_event,
        is_death, names_death, is_death_by_event, is_death_of_other_cause
    ),
    dose.last_dose_date,
    coalesce(together.study_discontinuation_count, 0) as study_discontinuation_count,
    coalesce(together.has_study_discontinuation, false) as has_study_discontinuation,
    coalesce(together.dated_death_count, 0) as dated_death_count,
    together.least_death_date,
    together.greatest_death_date,
    coalesce(together.has_other_death_date, false) as has_other_death_date,
    coalesce(events.has_drug_withdrawn, false) as has_drug_withdrawn,
    coalesce(events.has_death_date, false) as has_event_death_date
from records
left join {{ ref('int_dose') }} as dose on records.USUBJID = dose.USUBJID
left join {{ ref('int_subject_disposition') }} as together on records.USUBJID = together.USUBJID
left join {{ ref('int_subject_events') }} as events on records.USUBJID = events.USUBJID
