-- Grain: one row per site that delivered its list of submissions to the IRB: what is approved on the day of its extract. The row to look at is
-- the newest approval. `expiry_date` is when approval ends that is in force, blank where one of them is open.
with approvals as (
    select
        list.site,
        list.extract_date,
        approval.approval_date,
        approval.expiry_date,
        days_from_span(list.extract_date, approval.approval_date, approval.expiry_date) = 0 as is_in_force,
        approval.source_file,
        approval.source_row,
        row_number() over (
            partition by list.site
            order by
                approval.approval_date desc nulls last, approval.expiry_date desc nulls last,
                approval.content_hash, approval.source_file, approval.source_row
        ) as newest_first
    from {{ ref('int_irb_list') }} as list
    inner join {{ ref('int_irb_approval') }} as approval on list.site = approval.site
),

summed as (
    select
        site,
        bool_or(is_in_force) as is_approved,
        {{ without_mark('max(earliest_first(expiry_date))') }} as last_expiry_date,
        case
            when count(*) filter (where is_in_force) = count(expiry_date) filter (where is_in_force)
                then {{ without_mark('max(earliest_first(expiry_date)) filter (where is_in_force)') }}
        end as expiry_date,
        max(source_file) filter (where newest_first = 1) as source_file,
        max(source_row) filter (where newest_first = 1) as source_row
    from approvals
    group by site
),

-- An amendment is approved for as long as what it amends, so the review that is due counts from the first approval with that end.
current_approval as (
    select summed.site, min(approvals.approval_date) as approval_date
    from summed
    inner join approvals on summed.site = approvals.site and summed.expiry_date = approvals.expiry_date
    group by summed.site
),

submissions as (
    select
        irb.site,
        bool_or(coalesce(upper(trim(irb.submission_type)) = 'CLOSURE' and coalesce(upper(trim(irb.decision)) <> 'REJECTED', true), false)) as is_closed_with_irb,
        bool_or(coalesce(
            upper(trim(irb.submission_type)) = 'CONTINUING REVIEW'
            and not certainly_by(coalesce(irb.submission_date, irb.approval_date), current_approval.approval_date), false
        )) as is_review_submitted
    from {{ ref('irb') }} as irb
    left join current_approval on irb.site = current_approval.site
    group by irb.site
)

select
    list.site,
    cast(null as varchar) as subject,
    'IRB' as dataset,
    'site ' || list.site as record,
    list.extract_date,
    master.closure_date,
    coalesce(summed.is_approved, false) as is_approved,
    summed.last_expiry_date,
    summed.expiry_date,
    coalesce(submissions.is_closed_with_irb, false) as is_closed_with_irb,
    coalesce(submissions.is_review_submitted, false) as is_review_submitted,
    coalesce(summed.source_file, list.source_file) as source_file,
    summed.source_row
from {{ ref('int_irb_list') }} as list
left join {{ ref('int_site') }} as master on list.site = master.site_id
left join summed on list.site = summed.site
left join submissions on list.site = submissions.site
