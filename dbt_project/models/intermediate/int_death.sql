-- Grain: one row per subject with a date of death: the earliest of demographics, adverse events and disposition.
with dates as (
    select USUBJID, DTHDTC as death_date from {{ ref('dm') }}
    union all
    select USUBJID, AEDTHDTC from {{ ref('ae') }}
    union all
    select USUBJID, DSSTDTC from {{ ref('ds') }}
    where upper(coalesce(DSDECOD, '')) like '%DEATH%' or upper(coalesce(DSTERM, '')) like '%DEATH%'
)

select USUBJID, min_by(death_date, earliest_first(death_date)) as death_date
from dates
where death_date is not null and USUBJID is not null
group by USUBJID
