-- Grain: one row per subject and milestone that it reached: COMPLETION, the last record of a completed study; LOCK, the last lock when all pages are
-- locked. Required are the pages that are started and not marked as not done; `signed_at` is the day by which all of them are signed. A
-- signature is on the page of its id where both have one, else on the form at the visit, else on all pages of the visit, else on all pages; on
-- a page whose visit was to come it does not count. `has_unreadable_signature`: nobody can tell on which day the subject was signed.
with page as (
    select
        site,
        subject,
        page_id,
        upper(trim(form)) as form,
        coalesce(upper(trim(visit)), '') as visit,
        visit_date,
        case when not certainly_after(unlock_date, lock_date) then lock_date end as lock_date,
        source_name,
        source_file,
        source_row,
        row_number() over (partition by site, subject order by source_file, source_row, source_name) as position
    from {{ ref('page') }}
    where
        subject is not null
        and coalesce(upper(trim(status)) not in ('NOT DONE', 'NOT STARTED', 'BLANK', 'EMPTY'), entry_date_raw is not null)
),

signatures as (
    select page.source_name, page.source_file, page.source_row, signature.signed_at
    from page
    inner join {{ ref('int_signature') }} as signature
        on page.site = signature.site and page.subject = signature.subject and page.page_id = signature.page_id
    where not certainly_after(page.visit_date, signature.signed_at)
    union all
    select page.source_name, page.source_file, page.source_row, signature.signed_at
    from page
    inner join {{ ref('int_signature') }} as signature
        on page.site = signature.site and page.subject = signature.subject
        and page.form = signature.form and page.visit = coalesce(signature.visit, '')
    where
        (page.page_id is null or signature.page_id is null)
        and not certainly_after(page.visit_date, signature.signed_at)
    union all
    select page.source_name, page.source_file, page.source_row, signature.signed_at
    from page
    inner join (select * from {{ ref('int_signature') }} where page_id is null and form is null and visit is not null) as signature
        on page.site = signature.site and page.subject = signature.subject and page.visit = signature.visit
    where not certainly_after(page.visit_date, signature.signed_at)
    union all
    select page.source_name, page.source_file, page.source_row, signature.signed_at
    from page
    inner join (select * from {{ ref('int_signature') }} where page_id is null and form is null and visit is null) as signature
        on page.site = signature.site and page.subject = signature.subject
    where not certainly_after(page.visit_date, signature.signed_at)
),

page_signature as (
    select source_name, source_file, source_row, min_by(signed_at, earliest_first(signed_at)) as signed_at
    from signatures
    group by source_name, source_file, source_row
),

casebook as (
    select
        page.site,
        page.subject,
        count(*) as pages,
        count(page_signature.signed_at) as signed_pages,
        max(page_signature.signed_at) as last_signature,
        case when count(*) = count(page.lock_date) then max(page.lock_date) end as lock_date,
        max(page.source_file) filter (where page.position = 1) as source_file,
        max(page.source_row) filter (where page.position = 1) as source_row
    from page
    left join page_signature
        on page.source_file = page_signature.source_file and page.source_row = page_signature.source_row
        and page.source_name is not distinct from page_signature.source_name
    group by page.site, page.subject
),

unreadable as (
    select distinct site, subject
    from {{ ref('signature') }}
    where signed_at is null and signed_at_raw is not null
),

delivered as (
    {{ files_of('signature') }}
),

completion as (
    select
        *,
        row_number() over (partition by site, subject order by DSSTDTC desc, source_file, source_row) as position
    from {{ ref('int_disposition') }}
    where is_study_end and upper(DSDECOD) = 'COMPLETED' and DSSTDTC is not null and subject is not null
),

milestones as (
    select site, subject, 'COMPLETION' as milestone, DSSTDTC as milestone_date, dataset, source_file, source_row
    from completion
    where position = 1
    union all
    select site, subject, 'LOCK', lock_date, 'PAGE', source_file, source_row
    from casebook
    where lock_date is not null
)

select
    milestones.site,
    milestones.subject,
    milestones.dataset,
    'milestone=' || milestones.milestone as record,
    milestones.milestone,
    milestones.milestone_date,
    casebook.pages,
    casebook.signed_pages,
    case when casebook.pages = casebook.signed_pages then casebook.last_signature end as signed_at,
    unreadable.subject is not null as has_unreadable_signature,
    delivered.extract_date,
    milestones.source_file,
    milestones.source_row
from milestones
inner join casebook on milestones.site = casebook.site and milestones.subject = casebook.subject
left join unreadable on milestones.site = unreadable.site and milestones.subject = unreadable.subject
left join delivered on milestones.site = delivered.site
