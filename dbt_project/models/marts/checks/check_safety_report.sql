-- Grain: one row per report of the safety log: the event of EDC that its case belongs to, and what was submitted to the IRB on the case. The
-- extract is compared with that of EDC or of the IRB's submissions, whichever is earlier.
with exempt as (
    select distinct upper(trim(value)) as term
    from {{ source('settings', 'parameter') }}
    where check_id = 'SAE-01' and name = 'exempt_terms'
),

required as (
    select distinct upper(trim(value)) as category
    from {{ source('settings', 'parameter') }}
    where check_id = 'IRB-04' and name = 'required_types'
),

-- Submissions to the IRB by the cases that they report, one or several.
submitted as (
    select site, submission_date, unnest(named_items(refers_to)) as case_number
    from {{ ref('irb') }}
    where upper(trim(submission_type)) = 'SAFETY REPORT' and refers_to is not null
),

submissions as (
    select
        site,
        case_number,
        case when count(*) = count(submission_date) then min_by(submission_date, earliest_first(submission_date)) end as submission_date
    from submitted
    group by site, case_number
),

cases as (
    select USUBJID, case_key, bool_or(is_serious) as is_serious
    from {{ ref('int_safety_match') }}
    where check_id = 'SAE-04'
    group by USUBJID, case_key
),

keyed as (
    select *, {{ safety_case_key() }} as case_key
    from {{ ref('safety') }}
),

reports as (
    select
        safety.*,
        coalesce(upper(trim(safety.report_type)) = 'INITIAL', false) as is_initial,
        coalesce(by_term.term, by_preferred_term.term) is not null as is_exempt,
        required.category is not null as is_irb_required
    from keyed as safety
    left join exempt as by_term on upper(trim(safety.term)) = by_term.term
    left join exempt as by_preferred_term on upper(trim(safety.preferred_term)) = by_preferred_term.term
    left join required on upper(trim(safety.category)) = required.category
)

select
    reports.* exclude (case_key),
    coalesce(reports.term, reports.preferred_term, reports.case_number) as event,
    least(extract.extract_date, edc.extract_date) as edc_extract_date,
    least(extract.extract_date, irb.extract_date) as irb_extract_date,
    coalesce(cases.is_serious, false) as is_serious_event,
    coalesce(reports.case_number, reports.term, reports.preferred_term)
    || case when cases.is_serious then '' when cases.case_key is not null then ' (AE exists but not serious)' else '' end as case_text,
    case when reports.is_irb_required and reports.awareness_date is not null then row_number() over (
        partition by reports.site, reports.USUBJID, reports.case_key, reports.is_irb_required
        order by {{ blank_last('reports.awareness_date') }}, {{ blank_last('reports.report_date') }}, reports.content_hash, reports.source_file,
            reports.source_row
    ) end as irb_report_number,
    submissions.case_number is not null as has_irb_submission,
    submissions.submission_date as irb_submission_date
from reports
left join {{ source('settings', 'extract') }} as extract on reports.site = extract.site and reports.source_name = extract.source_name
left join {{ ref('int_delivered_on') }} as edc on reports.site = edc.site and edc.dataset = 'AE'
left join {{ ref('int_delivered_on') }} as irb on reports.site = irb.site and irb.dataset = 'IRB'
left join cases on reports.USUBJID = cases.USUBJID and reports.case_key = cases.case_key
left join submissions on reports.site = submissions.site and upper(trim(reports.case_number)) = submissions.case_number
