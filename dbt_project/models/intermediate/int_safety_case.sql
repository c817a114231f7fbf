-- Grain: one row per safety case of a subject: what its reports say last of it, and its last report. Reports without a case number are of one
-- case when they name the same event and onset. A report without a date stands before those with one. A follow-up is due when the last report
-- says so, or one that is listed and not sent, unless a report was sent that has its number or a later one, or may be of that day or later.
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
),

listed as (
    select
        USUBJID, case_key, follow_up_due_date,
        coalesce(upper(trim(report_type)) <> 'INITIAL', false) and report_date_raw is null as is_not_sent,
        to_number(report_number) as report_number,
        max(to_number(report_number)) filter (where report_date_raw is not null) over (partition by USUBJID, case_key) as sent_number,
        count(report_date_raw) over (partition by USUBJID, case_key) as sent_count,
        report_position = report_count as is_last
    from ordered
),

requested as (
    select listed.USUBJID, listed.case_key, {{ without_mark('min(earliest_first(listed.follow_up_due_date))') }} as follow_up_due_date
    from listed
    inner join cases on listed.USUBJID = cases.USUBJID and listed.case_key = cases.case_key
    where
        (listed.is_last and not listed.is_not_sent)
        or (
            listed.is_not_sent
            and not coalesce(listed.sent_number >= listed.report_number, false)
            and (listed.sent_count = 0 or certainly_after(listed.follow_up_due_date, cases.last_report_date))
        )
    group by listed.USUBJID, listed.case_key
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
    requested.follow_up_due_date
from ordered as last
inner join cases on last.USUBJID = cases.USUBJID and last.case_key = cases.case_key
left join requested on last.USUBJID = requested.USUBJID and last.case_key = requested.case_key
where last.report_position = last.report_count
