-- Grain: one row per laboratory result, with what the study and the subject say of the test. Of several results of one test of one sample
-- the second and further ones know the first. Rows without a subject are nobody's: they must not meet each other.
{% set result = 'coalesce(LBORRES, LBSTRESC, LBSTRESN_raw)' %}
{% set sample = ['USUBJID', 'test', 'specimen', 'LBDTC', 'LBTPT', 'VISITNUM'] %}
with shares as (
    select
        {{ lab_test() }} as test,
        {{ lab_specimen() }} as specimen,
        avg(case when to_number(plain_digits(coalesce(LBORRES_plain, LBORRES))) is not null then 1.0 else 0.0 end) as numeric_share
    from {{ ref('lb') }}
    where LBORRES is not null
    group by all
),

medians as (
    select {{ lab_test() }} as test, {{ lab_specimen() }} as specimen, LBSTRESU, median(LBSTRESN) as study_median
    from {{ ref('lb') }}
    where LBSTRESN is not null
    group by all
),

sampled as (
    select
        site, USUBJID, record, {{ lab_test() }} as test, {{ lab_specimen() }} as specimen, LBDTC, LBTPT, VISITNUM,
        {{ result }} as result, content_hash, source_file, source_row
    from {{ ref('lb') }}
    where USUBJID is not null and {{ lab_test() }} is not null and length(LBDTC) >= 10 and {{ result }} is not null
),

-- Few samples have a test twice; only those are numbered.
repeated as (
    select {{ sample | join(', ') }}
    from sampled
    group by all
    having count(*) > 1
),

numbered as (
    select
        site, USUBJID, record,
        row_number() over same_sample as sample_result_number,
        first_value(result) over same_sample as first_result
    from sampled
    semi join repeated
        on {% for name in sample %}sampled.{{ name }} is not distinct from repeated.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
    window same_sample as (partition by {{ sample | join(', ') }} order by result, content_hash, source_file, source_row, record)
),

results as (
    select *, {{ lab_test() }} as test, {{ lab_specimen() }} as specimen, {{ result }} as result
    from {{ ref('lb') }}
)

select
    results.* exclude (test, specimen),
    dm.SEX,
    unitless.test is not null as is_unitless_test,
    case
        when LBSTNRLO is not null and LBSTNRHI is not null then LBSTNRLO_raw || ' to ' || LBSTNRHI_raw
        when LBSTNRLO is not null then 'from ' || LBSTNRLO_raw
        when LBSTNRHI is not null then 'up to ' || LBSTNRHI_raw
    end as reference_range,
    shares.numeric_share,
    medians.study_median,
    history.others_count,
    history.others_median,
    coalesce(numbered.sample_result_number, 1) as sample_result_number,
    numbered.first_result,
    event.days_to_event,
    in_history.record is not null as is_in_history,
    death.reported_death_date,
    consent.consent_date,
    extract.extract_date
from results
left join shares on results.test = shares.test and results.specimen is not distinct from shares.specimen
left join medians
    on results.test = medians.test
    and results.specimen is not distinct from medians.specimen
    and results.LBSTRESU is not distinct from medians.LBSTRESU
left join numbered on results.site = numbered.site and results.USUBJID = numbered.USUBJID and results.record = numbered.record
left join {{ ref('int_lab_history') }} as history
    on results.site = history.site and results.USUBJID = history.USUBJID and results.record = history.record
left join {{ ref('int_event_near_result') }} as event
    on results.site = event.site and results.USUBJID = event.USUBJID and results.record = event.record
left join {{ ref('int_result_in_history') }} as in_history
    on results.site = in_history.site and results.USUBJID = in_history.USUBJID and results.record = in_history.record
left join (
    select distinct value as test
    from {{ source('settings', 'parameter') }}
    where check_id = 'LB-01' and name = 'unitless_tests'
) as unitless on results.LBTESTCD = unitless.test
left join {{ ref('int_demographics') }} as dm on results.USUBJID = dm.USUBJID
left join {{ ref('int_death') }} as death on results.USUBJID = death.USUBJID
left join {{ ref('int_first_consent') }} as consent on results.USUBJID = consent.USUBJID
left join {{ source('settings', 'extract') }} as extract
    on results.site = extract.site and results.source_name = extract.source_name
