-- Grain: one row per subject whose death an adverse event or the disposition tells. `told_by` names the datasets that say so outright;
-- a date of death or grade 5 alone says it less plainly. Of several dates of the disposition, the one that contradicts demographics counts.
with reports as (
    select
        USUBJID,
        'AE' as dataset,
        coalesce(upper(AESDTH) = 'Y', false) or coalesce(upper(AEOUT) = 'FATAL', false) as is_outright
    from {{ ref('ae') }}
    where AEDTHDTC_raw is not null or upper(AESDTH) = 'Y' or upper(AEOUT) = 'FATAL' or AETOXGR = '5'
    union all
    select USUBJID, 'DS', true
    from {{ ref('ds') }}
    where upper(DSDECOD) = 'DEATH'
),

dated as (
    select ds.USUBJID, ds.DSSTDTC
    from {{ ref('ds') }} as ds
    left join {{ ref('int_demographics') }} as dm on ds.USUBJID = dm.USUBJID
    where upper(ds.DSDECOD) = 'DEATH' and ds.DSSTDTC is not null
    qualify row_number() over (
        partition by ds.USUBJID
        order by
            case when certainly_differ(ds.DSSTDTC, dm.DTHDTC) then 1 when ds.DSSTDTC <> dm.DTHDTC then 2 else 3 end,
            earliest_first(ds.DSSTDTC), ds.content_hash, ds.source_file, ds.source_row
    ) = 1
)

select
    reports.USUBJID,
    case
        when bool_or(is_outright and dataset = 'AE') and bool_or(is_outright and dataset = 'DS') then 'AE and DS'
        when bool_or(is_outright) then min(case when is_outright then dataset end)
    end as told_by,
    any_value(dated.DSSTDTC) as disposition_death_date
from reports
left join dated on reports.USUBJID = dated.USUBJID
where reports.USUBJID is not null
group by reports.USUBJID
