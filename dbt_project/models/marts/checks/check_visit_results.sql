-- Grain: one row per subject, dataset of results (VS, LB, EG), category and scheduled visit with at least one complete date. The row to look at
-- is the first with the latest date.
with results as (
    select
        site, subject, USUBJID, dataset, 'VITAL SIGNS' as category, VISIT, substr(VSDTC, 1, 10) as result_day, source_file, source_row
    from {{ ref('vs') }}
    where length(VSDTC) >= 10
    union all
    select site, subject, USUBJID, dataset, coalesce(LBCAT, 'LABORATORY'), VISIT, substr(LBDTC, 1, 10), source_file, source_row
    from {{ ref('lb') }}
    where length(LBDTC) >= 10
    union all
    select site, subject, USUBJID, dataset, 'ELECTROCARDIOGRAM', VISIT, substr(EGDTC, 1, 10), source_file, source_row
    from {{ ref('eg') }}
    where length(EGDTC) >= 10
),

days as (
    select
        site, subject, USUBJID, dataset, category, VISIT, result_day,
        min(source_file || chr(31) || lpad(cast(source_row as varchar), 12, '0')) as place
    from results
    where USUBJID is not null and VISIT is not null and not {{ is_unscheduled('VISIT') }}
    group by site, subject, USUBJID, dataset, category, VISIT, result_day
),

visits as (
    select
        site, subject, USUBJID, dataset, category, VISIT,
        min(result_day) as first_date,
        max(result_day) as last_date,
        max_by(place, result_day) as place
    from days
    group by site, subject, USUBJID, dataset, category, VISIT
)

select
    site,
    subject,
    USUBJID,
    dataset,
    'VISIT=' || VISIT || ' CATEGORY=' || category as record,
    VISIT,
    first_date,
    last_date,
    date_diff('day', cast(first_date as date), cast(last_date as date)) as span_days,
    split_part(place, chr(31), 1) as source_file,
    cast(split_part(place, chr(31), 2) as bigint) as source_row
from visits
