-- Grain: one row per site and laboratory test with numeric results. The row to look at is the first one without a range.
with by_file as (
    select
        site,
        coalesce(LBTEST, LBTESTCD) as LBTEST,
        source_file,
        count(*) as result_count,
        count(*) filter (where LBSTNRLO_raw is null or LBSTNRHI_raw is null) as without_range_count,
        min(source_row) as first_row,
        min(source_row) filter (where LBSTNRLO_raw is null or LBSTNRHI_raw is null) as first_row_without_range
    from {{ ref('lb') }}
    where LBSTRESN is not null
    group by site, coalesce(LBTEST, LBTESTCD), source_file
)

select
    site,
    cast(null as varchar) as subject,
    'LB' as dataset,
    'LBTEST=' || coalesce(LBTEST, '(blank)') as record,
    LBTEST,
    cast(sum(result_count) as bigint) as result_count,
    cast(sum(without_range_count) as bigint) as without_range_count,
    coalesce(min(source_file) filter (where without_range_count > 0), min(source_file)) as source_file,
    coalesce(
        arg_min(first_row_without_range, source_file) filter (where without_range_count > 0),
        arg_min(first_row, source_file)
    ) as source_row
from by_file
group by site, LBTEST
