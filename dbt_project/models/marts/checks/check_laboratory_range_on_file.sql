-- Grain: one row per site, laboratory, test and group of subjects with results. Groups are those that the laboratory's ranges of the test make:
-- by sex where one of them names a sex, and ages that no range covers apart from those that one does. The row to look at is the first result.
{% set test = 'upper(trim(' ~ lab_test() ~ '))' %}
with results as (
    select
        lb.site,
        {{ laboratory_key('lb.LBNAM') }} as laboratory,
        {{ test }} as test,
        {{ sex_named('dm.SEX') }} as sex,
        case when coalesce(upper(dm.AGEU), 'YEARS') = 'YEARS' then floor(dm.AGE) end as age,
        lb.source_file,
        min(lb.LBNAM) as laboratory_name,
        min(lb.source_row) as source_row
    from {{ ref('lb') }} as lb
    left join {{ ref('int_demographics') }} as dm on lb.USUBJID = dm.USUBJID
    where
        lb.LBNAM is not null
        and {{ lab_test() }} is not null
        and coalesce(lb.LBORRES, lb.LBSTRESC, lb.LBSTRESN_raw) is not null
        and coalesce(upper(lb.LBSTAT), '') <> 'NOT DONE'
    group by all
),

ranges as (
    select
        site, {{ laboratory_key('laboratory') }} as laboratory, upper(trim(testcd)) as test,
        {{ sex_named('sex') }} as sex, age_low, age_high
    from {{ ref('lab_cert') }}
    where testcd is not null
),

-- What is not known of a subject, or not said of a range, excludes nothing.
judged as (
    select
        results.*,
        coalesce(bool_or(
            coalesce(ranges.sex = results.sex, true)
            and coalesce(results.age >= ranges.age_low, true)
            and coalesce(results.age <= ranges.age_high, true)
        ) filter (where ranges.site is not null), false) as is_on_file,
        coalesce(bool_or(ranges.sex is not null), false) as is_by_sex,
        max(ranges.age_high) filter (where ranges.age_high < results.age) as older_than
    from results
    left join ranges
        on results.site = ranges.site and results.laboratory = ranges.laboratory and results.test = ranges.test
    group by all
),

grouped as (
    select
        site, laboratory, test, is_on_file, source_file, source_row, laboratory_name,
        case when is_by_sex then sex end as sex,
        case when not is_on_file then older_than end as older_than
    from judged
)

select
    site,
    cast(null as varchar) as subject,
    'LB' as dataset,
    'laboratory=' || laboratory || '; test=' || test
    || coalesce('; sex=' || sex, '')
    || coalesce('; older than ' || cast(cast(older_than as integer) as varchar), '')
    || case when is_on_file then '' else '; without range' end as record,
    test,
    test || coalesce(' (' || nullif(concat_ws(', ', sex, 'older than ' || cast(cast(older_than as integer) as varchar)), '') || ')', '') as test_text,
    min(laboratory_name) as laboratory_name,
    is_on_file,
    min(source_file) as source_file,
    arg_min(source_row, source_file || lpad(cast(source_row as varchar), 12, '0')) as source_row
from grouped
group by site, laboratory, test, sex, older_than, is_on_file
