-- Grain: one row per subject, planned visit and date of electrocardiograms; the row to look at is the first result of them. In the order of
-- visit numbers each knows the one before it.
with recorded as (
    select *
    from {{ ref('eg') }}
    where
        USUBJID is not null and EGDTC is not null and VISITNUM is not null
        and coalesce(upper(EGSTAT), '') <> 'NOT DONE'
        and not coalesce({{ is_unscheduled('VISIT') }}, false)
    qualify row_number() over (
        partition by USUBJID, VISITNUM, VISIT, EGDTC order by record, source_file, source_row
    ) = 1
)

select
    site, subject, USUBJID, dataset, record, source_file, source_row, VISITNUM, VISIT, EGDTC,
    lag(EGDTC) over (partition by USUBJID order by VISITNUM, EGDTC, coalesce(VISIT, '')) as previous_date
from recorded
