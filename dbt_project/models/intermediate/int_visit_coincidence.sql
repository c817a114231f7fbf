-- Grain: one row per record of a scheduled visit on the day of another scheduled visit that comes before it in the order of visits.
-- SV-03 allowed_pairs names visits that may coincide, as SCREENING=BASELINE.
with visits as (
    select
        site, USUBJID, record, VISIT, upper(VISIT) as visit_key, substr(SVSTDTC, 1, 10) as visit_day,
        coalesce(VISITNUM, 1e9) as visit_order
    from {{ ref('sv') }}
    where USUBJID is not null and VISIT is not null and length(SVSTDTC) >= 10 and not {{ is_unscheduled('VISIT') }}
),

allowed as (
    select upper(trim(split_part(value, '=', 1))) as one, upper(trim(split_part(value, '=', 2))) as other
    from {{ source('settings', 'parameter') }}
    where check_id = 'SV-03' and name = 'allowed_pairs'
),

pairs as (
    select later.site, later.USUBJID, later.record, earlier.VISIT, earlier.visit_key, earlier.visit_order
    from visits as later
    inner join visits as earlier
        on later.USUBJID = earlier.USUBJID and later.visit_day = earlier.visit_day and later.visit_key <> earlier.visit_key
        and (
            later.visit_order > earlier.visit_order
            or (later.visit_order = earlier.visit_order and later.visit_key > earlier.visit_key)
        )
    left join allowed
        on (later.visit_key = allowed.one and earlier.visit_key = allowed.other)
        or (later.visit_key = allowed.other and earlier.visit_key = allowed.one)
    where allowed.one is null
)

select site, USUBJID, record, VISIT as coincident_visit
from pairs
qualify row_number() over (partition by site, USUBJID, record order by visit_order, visit_key) = 1
