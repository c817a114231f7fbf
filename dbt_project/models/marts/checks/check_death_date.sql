-- Grain: one row per subject with a date of death in adverse events or disposition: of several dates the least complete.
with dates as (
    select
        site, subject, USUBJID, dataset, record, AEDTHDTC as death_date, source_file, source_row, content_hash
    from {{ ref('ae') }}
    where AEDTHDTC is not null and USUBJID is not null
    union all
    select
        site, subject, USUBJID, dataset, record, DSSTDTC, source_file, source_row, content_hash
    from {{ ref('int_disposition') }}
    where is_death and DSSTDTC is not null and USUBJID is not null
)

select site, subject, dataset, record, death_date, source_file, source_row
from dates
qualify row_number() over (
    partition by USUBJID
    order by length(death_date), dataset, death_date, content_hash, source_file, source_row
) = 1
