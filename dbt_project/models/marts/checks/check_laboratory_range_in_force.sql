-- Grain: one row per dated result of a test for which the laboratory has a range with an effective date that may be the subject's by sex and
-- age: whether one of them is in force on the day, and whether the limits of the result are those of one in force.
{% set test = 'upper(trim(' ~ lab_test() ~ '))' %}
with ranges as (
    select
        site, {{ laboratory_key('laboratory') }} as laboratory, upper(trim(testcd)) as test,
        {{ sex_named('sex') }} as sex, age_low, age_high, range_low, range_high, upper(trim(unit)) as unit, effective_date, end_date
    from {{ ref('lab_cert') }}
    where testcd is not null
    qualify count(effective_date) over (
        partition by site, {{ laboratory_key('laboratory') }}, upper(trim(testcd))
    ) > 0
),

results as (
    select
        lb.site, lb.subject, lb.dataset, lb.record, lb.source_file, lb.source_row, lb.USUBJID,
        {{ laboratory_key('lb.LBNAM') }} as laboratory,
        {{ test }} as test,
        lb.LBDTC, lb.LBORNRLO, lb.LBORNRHI, upper(trim(lb.LBORRESU)) as unit
    from {{ ref('lb') }} as lb
    semi join ranges
        on lb.site = ranges.site and {{ laboratory_key('lb.LBNAM') }} = ranges.laboratory and {{ test }} = ranges.test
    where lb.LBDTC is not null and coalesce(upper(lb.LBSTAT), '') <> 'NOT DONE'
),

-- The age on the day, as far as the birth date tells it; else the age on record is the least.
of_subjects as (
    select
        results.*,
        {{ sex_named('dm.SEX') }} as sex,
        case
            when dm.BRTHDTC is not null then lowest_age(dm.BRTHDTC, results.LBDTC)
            when coalesce(upper(dm.AGEU), 'YEARS') = 'YEARS' then floor(dm.AGE)
        end as least_age,
        case when dm.BRTHDTC is not null then highest_age(dm.BRTHDTC, results.LBDTC) end as greatest_age
    from results
    left join {{ ref('int_demographics') }} as dm on results.USUBJID = dm.USUBJID
),

-- Limits differ where both are given, in one unit.
compared as (
    select
        of_subjects.site, of_subjects.subject, of_subjects.dataset, of_subjects.record, of_subjects.source_file, of_subjects.source_row,
        of_subjects.test, of_subjects.LBDTC, of_subjects.LBORNRLO, of_subjects.LBORNRHI,
        ranges.effective_date,
        not certainly_after(ranges.effective_date, of_subjects.LBDTC) and not certainly_after(of_subjects.LBDTC, ranges.end_date) as is_in_force,
        coalesce(of_subjects.unit = ranges.unit, true) as is_of_unit,
        coalesce(of_subjects.LBORNRLO <> ranges.range_low, false) or coalesce(of_subjects.LBORNRHI <> ranges.range_high, false) as has_other_limits
    from of_subjects
    inner join ranges
        on of_subjects.site = ranges.site and of_subjects.laboratory = ranges.laboratory and of_subjects.test = ranges.test
    where
        coalesce(ranges.sex = of_subjects.sex, true)
        and coalesce(of_subjects.greatest_age >= ranges.age_low, true)
        and coalesce(of_subjects.least_age <= ranges.age_high, true)
)

select
    site, subject, dataset, record,
    test, LBDTC, LBORNRLO, LBORNRHI,
    case
        when LBORNRLO is not null and LBORNRHI is not null then LBORNRLO || ' to ' || LBORNRHI
        when LBORNRLO is not null then 'from ' || LBORNRLO
        when LBORNRHI is not null then 'up to ' || LBORNRHI
    end as recorded_range,
    bool_or(is_in_force) as is_in_force,
    coalesce(bool_and(has_other_limits) filter (where is_in_force and is_of_unit), false) as has_other_limits,
    source_file, source_row
from compared
group by site, subject, dataset, record, test, LBDTC, LBORNRLO, LBORNRHI, source_file, source_row
having count(effective_date) > 0
