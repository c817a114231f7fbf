-- Grain: one row per vital sign. A systolic pressure carries the diastolic one of the same measurement (same record identifier, or where
-- there is none the same date, time point and position; of several the highest); a weight carries the median of the subject's other
-- weights in the same unit.
with signs as (
    select
        *,
        case
            when VSSPID is not null then 'id ' || VSSPID
            else concat_ws('|', coalesce(VSDTC, ''), coalesce(VSTPT, ''), coalesce(VSPOS, ''))
        end as measurement
    from {{ ref('vs') }}
),

diastolic as (
    select USUBJID, VISIT, measurement, max(VSSTRESN) as DIABP
    from signs
    where VSTESTCD = 'DIABP' and VSSTRESN is not null
    group by USUBJID, VISIT, measurement
),

weights as (
    select
        site, USUBJID, record, VSORRESU, result_number(VSORRES, VSORRES_plain) as weight,
        row_number() over (own_weights order by result_number(VSORRES, VSORRES_plain)) as position,
        count(*) over own_weights as value_count
    from {{ ref('vs') }}
    where VSTESTCD = 'WEIGHT' and result_number(VSORRES, VSORRES_plain) is not null and VSORRESU is not null and USUBJID is not null
    window own_weights as (partition by USUBJID, VSORRESU)
),

others as (
    select site, USUBJID, record, {{ median_of_others() }} as others_median
    from (
        select
            *,
            max(weight) filter (where position = floor(value_count / 2)) over own_weights as before_middle,
            max(weight) filter (where position = floor(value_count / 2) + 1) over own_weights as middle,
            max(weight) filter (where position = floor(value_count / 2) + 2) over own_weights as after_middle
        from weights
        window own_weights as (partition by USUBJID, VSORRESU)
    )
),

floors as (
    select split_part(value, '=', 1) as testcd, cast(split_part(value, '=', 2) as double) as sd_floor
    from {{ source('settings', 'parameter') }}
    where check_id = 'VS-06' and name = 'sd_floor'
)

select
    vs.* exclude (measurement),
    diastolic.DIABP,
    case when vs.VSTESTCD = 'WEIGHT' then result_number(vs.VSORRES, vs.VSORRES_plain) end as weight,
    others.others_median,
    dm.AGE as age,
    history.previous_weight,
    history.days_since_previous_weight,
    history.others_count,
    history.others_mean,
    history.others_sd,
    floors.sd_floor,
    death.reported_death_date
from signs as vs
left join diastolic
    on vs.USUBJID = diastolic.USUBJID and vs.VISIT is not distinct from diastolic.VISIT
    and case when vs.VSTESTCD = 'SYSBP' then vs.measurement end = diastolic.measurement
left join others on vs.site = others.site and vs.USUBJID = others.USUBJID and vs.record = others.record
left join {{ ref('int_demographics') }} as dm on vs.USUBJID = dm.USUBJID
left join {{ ref('int_vital_sign_history') }} as history
    on vs.site = history.site and vs.USUBJID = history.USUBJID and vs.record = history.record
left join floors on vs.VSTESTCD = floors.testcd
left join {{ ref('int_death') }} as death on vs.USUBJID = death.USUBJID
