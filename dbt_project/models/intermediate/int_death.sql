-- Grain: one row per subject with a date of death: `death_date` is the earliest of demographics, adverse events and disposition,
-- `reported_death_date` that of adverse events and disposition alone, `death_event_date` that of the disposition event DEATH.
with dates as (
    select USUBJID, DTHDTC as death_date, false as is_reported, false as is_event from {{ ref('dm') }}
    union all
    select USUBJID, AEDTHDTC, true, false from {{ ref('ae') }}
    union all
    select
        USUBJID, DSSTDTC, true,
        coalesce(upper(DSCAT) = 'DISPOSITION EVENT' and upper(DSDECOD) = 'DEATH', false)
    from {{ ref('ds') }}
    where upper(coalesce(DSDECOD, '')) like '%DEATH%' or upper(coalesce(DSTERM, '')) like '%DEATH%'
)

select
    USUBJID,
    min_by(death_date, earliest_first(death_date)) as death_date,
    min_by(death_date, earliest_first(death_date)) filter (where is_reported) as reported_death_date,
    min_by(death_date, earliest_first(death_date)) filter (where is_event) as death_event_date
from dates
where death_date is not null and USUBJID is not null
group by USUBJID
