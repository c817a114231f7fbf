-- Grain: one row per safety case of a subject, shown at its last report.
select
    safety.site,
    safety.subject,
    safety.USUBJID,
    safety.dataset,
    safety.case_key as record,
    coalesce(safety.term, safety.preferred_term, safety.case_number) as event,
    safety.outcome,
    safety.is_closed,
    safety.last_report_date,
    safety.follow_up_due_date,
    extract.extract_date,
    safety.source_file,
    safety.source_row
from {{ ref('int_safety_case') }} as safety
left join {{ source('settings', 'extract') }} as extract
    on safety.site = extract.site and safety.source_name = extract.source_name
