-- Grain: one row per safety case of a subject: what its reports say last of it, and its last report. Reports without a case number are of one
-- case when they name the same event and onset. A report without a date stands before those with one.
with reports as (
    select
        *,
        {{ safety_case_key() }} as case_key
    from {{ ref('safety') }}
    where USUBJID is not null
),

ordered as (
    select
        *,
        row_number() over in_order as report_position,
        count(*) over (partition by USUBJID, case_key) as report_count
    from reports
    window in_order as (
        partition by USUBJID, case_key
        order by
            coalesce(earliest_first(report_date), ''), case when upper(trim(report_type)) = 'INITIAL' then 0 else 1 end,
            coalesce(to_number(report_number), 0), content_hash, source_file, source_row
    )
),

cases as (
    select
        USUBJID,
        case_key,
        {%- for name in ['term', 'preferred_term', 'onset_date', 'end_date', 'outcome', 'criteria', 'causality'] %}
        max_by({{ name }}, report_position) filter (where {{ name }} is not null) as {{ name }},
        {%- endfor %}
        count(closed_date_raw) > 0 as is_closed,
        case
            when count(report_date) = count(report_date_raw)
                then max_by(report_date, report_position) filter (where report_date is not null)
        end as last_report_date
    from ordered
    group by USUBJID, case_key
)

select
    last.site,
    last.subject,
    last.USUBJID,
    last.dataset,
    last.source_name,
    last.source_file,
    last.source_row,
    cases.case_key,
    upper(trim(last.case_number)) as case_number,
    cases.* exclude (USUBJID, case_key),
    last.follow_up_due_date
from ordered as last
inner join cases on last.USUBJID = cases.USUBJID and last.case_key = cases.case_key
where last.report_position = last.report_count
