-- Grain: one row per subject, planned visit and date of laboratory samples; the row to look at is the first result of them. In the order
-- of visit numbers each knows the one before it.
with results as (
    select
        site, subject, USUBJID, dataset, record, source_file, source_row, content_hash, VISITNUM, VISIT, LBDTC
    from {{ ref('lb') }}
    where
        USUBJID is not null and LBDTC is not null and VISITNUM is not null and VISIT is not null
        and coalesce(upper(LBSTAT), '') <> 'NOT DONE'
        and not {{ is_unscheduled('VISIT') }}
        and upper(VISIT) not like '%TREATMENT OR OBSERVATION FU COMP EARLY DISC%'
),

samplings as (
    select *
    from results
    qualify row_number() over (
        partition by USUBJID, VISITNUM, VISIT, LBDTC order by content_hash, source_file, source_row
    ) = 1
)

select
    samplings.* exclude (content_hash),
    lag(LBDTC) over in_order as previous_sample_date,
    visits.visit_number_count
from samplings
cross join (select count(distinct VISITNUM) as visit_number_count from results) as visits
window in_order as (partition by USUBJID order by VISITNUM, VISIT, LBDTC)
