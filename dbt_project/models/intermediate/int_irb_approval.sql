-- Grain: one row per approval by the IRB that allows the study at a site: an initial one, of an amendment, or of a continuing review, from its
-- approval date to its expiry date, that day included. A blank end is open, and so is a start or an end that cannot be read. Other submissions
-- allow nothing, nor does one that was rejected or is pending.
with approvals as (
    select
        site,
        record,
        upper(trim(submission_type)) as submission_type,
        approval_date,
        approval_date_raw,
        expiry_date,
        expiry_date_raw,
        upper(trim(protocol_version)) as protocol_version,
        content_hash,
        source_file,
        source_row
    from {{ ref('irb') }}
    where
        upper(trim(submission_type)) in ('INITIAL', 'AMENDMENT', 'CONTINUING REVIEW')
        and approval_date_raw is not null
        and coalesce(upper(trim(decision)) not in ('REJECTED', 'PENDING'), true)
),

-- An amendment that names no end is approved for as long as what it amends; by the dates on which they were approved.
amended as (
    select
        days.site,
        days.approval_date_raw,
        case when count(*) = count(review.expiry_date) then {{ without_mark('max(earliest_first(review.expiry_date))') }} end as expiry_date
    from (
        select distinct site, approval_date_raw, approval_date
        from approvals
        where submission_type = 'AMENDMENT' and expiry_date_raw is null
    ) as days
    inner join approvals as review on days.site = review.site
    where
        review.submission_type <> 'AMENDMENT'
        and days_from_span(days.approval_date, review.approval_date, review.expiry_date) = 0
    group by days.site, days.approval_date_raw
)

select
    approvals.site,
    approvals.record,
    approvals.submission_type,
    approvals.approval_date,
    approvals.approval_date_raw,
    case
        when approvals.submission_type = 'AMENDMENT' and approvals.expiry_date_raw is null then amended.expiry_date else approvals.expiry_date
    end as expiry_date,
    approvals.protocol_version,
    approvals.content_hash,
    approvals.source_file,
    approvals.source_row
from approvals
left join amended on approvals.site = amended.site and approvals.approval_date_raw = amended.approval_date_raw
