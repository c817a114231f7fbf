-- Grain: one row per subject in demographics whose site delivered stratification factors: the first factor that the subject lacks. The factors
-- are those of DS-13 factors, or without them all that have a value anywhere in the study; what a site did not deliver nobody there lacks.
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

delivered as (
    select availability.site, availability.variable as factor
    from {{ source('settings', 'availability') }} as availability
    inner join expected on availability.variable = expected.factor
    where availability.dataset = 'RAND' and availability.delivered
),

held as (
    {% for factor in factors %}
    select USUBJID, '{{ factor }}' as factor from {{ ref('rand') }} where {{ factor }} is not null
    {{ 'union' if not loop.last }}
    {% endfor %}
)

select
    subject.USUBJID,
    min(delivered.factor) filter (where held.factor is null) as missing_factor
from {{ ref('int_demographics') }} as subject
inner join delivered on subject.site = delivered.site
left join held on subject.USUBJID = held.USUBJID and delivered.factor = held.factor
group by subject.USUBJID
