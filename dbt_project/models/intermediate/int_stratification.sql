-- Grain: one row per subject in disposition or randomisation, in a study that states stratification factors: the first factor that the
-- subject lacks. The factors are those of DS-13 factors, or without them all that have a value anywhere in the study.
{% set factors = ['stratum_1', 'stratum_2', 'stratum_3'] %}
with chosen as (
    select value as factor from {{ source('settings', 'parameter') }} where check_id = 'DS-13' and name = 'factors'
),

stated as (
    {% for factor in factors %}
    select '{{ factor }}' as factor from {{ ref('rand') }} where {{ factor }} is not null
    {{ 'union' if not loop.last }}
    {% endfor %}
),

expected as (
    select factor from stated
    where factor in (select factor from chosen) or not exists (select 1 from chosen)
    union
    -- A factor that the study names is expected, unless no factor at all has a value.
    select factor from chosen where exists (select 1 from stated)
),

subjects as (
    select USUBJID from {{ ref('int_subject_disposition') }}
    union
    select USUBJID from {{ ref('rand') }} where USUBJID is not null
),

held as (
    {% for factor in factors %}
    select USUBJID, '{{ factor }}' as factor from {{ ref('rand') }} where {{ factor }} is not null
    {{ 'union' if not loop.last }}
    {% endfor %}
)

select
    subjects.USUBJID,
    min(expected.factor) filter (where held.factor is null) as missing_factor
from subjects
cross join expected
left join held on subjects.USUBJID = held.USUBJID and expected.factor = held.factor
group by subjects.USUBJID
