-- Grain: one row per vital sign. A systolic pressure carries the diastolic one of the same measurement (same record identifier, else
-- same date, time point and position); a weight carries the median of the subject's other weights in the same unit.
with diastolic as (
    select
        USUBJID, VISIT, VSSPID, VSDTC, VSTPT, VSPOS,
        arg_min(VSSTRESN, content_hash) as DIABP
    from {{ ref('vs') }}
    where VSTESTCD = 'DIABP' and VSSTRESN is not null
    group by USUBJID, VISIT, VSSPID, VSDTC, VSTPT, VSPOS
),

weights as (
    select site, USUBJID, record, VSORRESU, to_number(VSORRES) as weight
    from {{ ref('vs') }}
    where VSTESTCD = 'WEIGHT' and to_number(VSORRES) is not null
),

others as (
    select own.site, own.USUBJID, own.record, median(other.weight) as others_median
    from weights as own
    inner join weights as other
        on own.USUBJID = other.USUBJID and own.VSORRESU is not distinct from other.VSORRESU and own.record <> other.record
    group by own.site, own.USUBJID, own.record
)

select
    vs.*,
    diastolic.DIABP,
    case when vs.VSTESTCD = 'WEIGHT' then to_number(vs.VSORRES) end as weight,
    others.others_median,
    dm.AGE as age
from {{ ref('vs') }} as vs
left join diastolic
    on vs.VSTESTCD = 'SYSBP' and vs.USUBJID = diastolic.USUBJID and vs.VISIT is not distinct from diastolic.VISIT
    and vs.VSSPID is not distinct from diastolic.VSSPID and vs.VSDTC is not distinct from diastolic.VSDTC
    and vs.VSTPT is not distinct from diastolic.VSTPT and vs.VSPOS is not distinct from diastolic.VSPOS
left join others on vs.site = others.site and vs.USUBJID = others.USUBJID and vs.record = others.record
left join {{ ref('int_demographics') }} as dm on vs.USUBJID = dm.USUBJID
