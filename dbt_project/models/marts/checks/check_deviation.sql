-- Grain: one row per protocol deviation; `deviation` is what it is called, by the best name that was delivered.
with eligibility_categories as (
    select distinct upper(value) as category
    from {{ source('settings', 'parameter') }}
    where check_id = 'IE-05' and name = 'eligibility_categories'
),

violations as (
    select USUBJID, count(*) as violation_count
    from {{ ref('int_criterion') }}
    where is_violated and USUBJID is not null
    group by USUBJID
),

-- Submissions to the IRB by what they report, one or several deviations; one without a date leaves open when it was first reported.
reported as (
    select site, submission_date, unnest(named_items(refers_to)) as reported
    from {{ ref('irb') }}
    where refers_to is not null and coalesce(upper(trim(submission_type)) <> 'SAFETY REPORT', true)
),

reports as (
    select
        site,
        reported,
        case when count(*) = count(submission_date) then min(submission_date) end as irb_submission_date
    from reported
    group by site, reported
)

select
    dv.*,
    coalesce(dv.DVTERM, dv.DVDECOD, dv.DVCAT) as deviation,
    consent.consent_date,
    extract.extract_date,
    eligibility_categories.category is not null as is_eligibility_deviation,
    coalesce(violations.violation_count, 0) as violation_count,
    coalesce(upper(trim(dv.DVSCAT)) in ('IMPORTANT', 'Y', 'YES'), false) as is_important,
    case when dv.discovered_date_raw is null then dv.DVSTDTC else dv.discovered_date end as discovery_date,
    reports.site is not null as is_reported_to_irb,
    reports.irb_submission_date,
    irb_list.extract_date as irb_extract_date
from {{ ref('dv') }} as dv
left join {{ ref('int_first_consent') }} as consent on dv.USUBJID = consent.USUBJID
left join {{ source('settings', 'extract') }} as extract on dv.site = extract.site and dv.source_name = extract.source_name
left join eligibility_categories on upper(dv.DVCAT) = eligibility_categories.category
left join violations on dv.USUBJID = violations.USUBJID
left join reports on dv.site = reports.site and upper(trim(dv.DVSPID)) = reports.reported
left join {{ ref('int_irb_list') }} as irb_list on dv.site = irb_list.site
