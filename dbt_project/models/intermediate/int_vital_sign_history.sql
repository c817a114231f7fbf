-- Grain: one row per numeric vital sign of a subject, with the subject's other results of the test in the same unit: how many there are,
-- their mean and standard deviation, and for a weight with a complete date the one before it. Sums are exact decimals, so that the order
-- in which threads add them does not show.
with results as (
    select
        site, USUBJID, record, VSTESTCD, VSSTRESU, VSORRESU, VSDTC, content_hash, source_file, source_row,
        cast(VSSTRESN as decimal(18, 4)) as result,
        case when VSTESTCD = 'WEIGHT' and length(VSDTC) >= 10 then result_number(VSORRES, VSORRES_plain) end as dated_weight
    from {{ ref('vs') }}
    where USUBJID is not null and abs(VSSTRESN) < 100000
),

counted as (
    select
        *,
        count(*) over own - 1 as others_count,
        sum(result) over own - result as others_sum,
        sum(result * result) over own - result * result as others_square_sum,
        lag(dated_weight) over in_order as previous_weight,
        lag(VSDTC) over in_order as previous_date
    from results
    window
        own as (partition by USUBJID, VSTESTCD, VSSTRESU),
        in_order as (
            partition by USUBJID, VSTESTCD, VSORRESU, dated_weight is null
            order by VSDTC, content_hash, source_file, source_row
        )
)

select
    site,
    USUBJID,
    record,
    others_count,
    cast(others_sum as double) / nullif(others_count, 0) as others_mean,
    sqrt(greatest(
        cast(others_square_sum as double) - cast(others_sum as double) * cast(others_sum as double) / nullif(others_count, 0), 0
    ) / nullif(greatest(others_count - 1, 0), 0)) as others_sd,
    case when dated_weight is not null then previous_weight end as previous_weight,
    case when dated_weight is not null then least_days_between(previous_date, VSDTC) end as days_since_previous_weight
from counted
