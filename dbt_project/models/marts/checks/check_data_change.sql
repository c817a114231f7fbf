-- Grain: one row per change or deletion of a value in the audit trail. The page that it is on is known by its id; a signature is on that page where
-- both have an id, else on the form at the visit, on the visit, or on the whole casebook; with one of the subject that has an unreadable date
-- nobody knows the latest. `is_reason_empty`: nothing but items of E-02's empty_reasons and blanks, whatever the letters; those of one character
-- are left out of the reason and of the other items.
with idle as (
    select coalesce(string_agg(lower(value), '' order by position), '') || ' ' as characters
    from {{ source('settings', 'parameter') }}
    where check_id = 'E-02' and name = 'empty_reasons' and length(value) = 1
),

empty as (
    select distinct translate(lower(parameter.value), idle.characters, '') as reason_core
    from {{ source('settings', 'parameter') }} as parameter
    cross join idle
    where parameter.check_id = 'E-02' and parameter.name = 'empty_reasons'
),

page_lock as (
    select site, subject, page_id, max(lock_date) as lock_date, max(unlock_date) as unlock_date
    from {{ ref('page') }}
    where page_id is not null and lock_date is not null
    group by site, subject, page_id
),

signed as (
    select site, subject, page_id, upper(trim(form)) as form, upper(trim(visit)) as visit, max(signed_at) as signed_at
    from {{ ref('signature') }}
    where signed_at is not null
    group by all
),

page_signed as (
    select site, subject, page_id, max(signed_at) as signed_at
    from signed
    where page_id is not null
    group by site, subject, page_id
),

form_signed as (
    select
        site, subject, form, coalesce(visit, '') as visit,
        max(signed_at) as signed_at,
        max(signed_at) filter (where page_id is null) as signed_at_without_page
    from signed
    where form is not null
    group by site, subject, form, coalesce(visit, '')
),

unreadable as (
    select distinct site, subject
    from {{ ref('signature') }}
    where signed_at is null and signed_at_raw is not null
),

signatures_extracted as (
    select extract.site, max(extract.extract_date) as extract_date
    from {{ source('settings', 'extract') }} as extract
    where extract.source_name in (select source_name from {{ ref('signature') }})
    group by extract.site
)

select
    change.site,
    change.subject,
    change.dataset,
    change.record,
    change.form,
    change.field,
    change.visit,
    change.changed_at,
    change.changed_by,
    change.is_by_system,
    change.old_value,
    change.reason,
    coalesce(translate(lower(change.reason), idle.characters, ''), '') = '' or empty.reason_core is not null as is_reason_empty,
    page_lock.lock_date,
    page_lock.unlock_date,
    case when unreadable.subject is null then greatest(
        page_signed.signed_at,
        case when change.page_id is null then form_signed.signed_at else form_signed.signed_at_without_page end,
        visit_signed.signed_at,
        casebook_signed.signed_at
    ) end as signed_at,
    signatures_extracted.extract_date,
    change.source_file,
    change.source_row
from {{ ref('int_data_change') }} as change
cross join idle
left join empty on translate(lower(change.reason), idle.characters, '') = empty.reason_core
left join page_lock
    on change.site = page_lock.site and change.subject = page_lock.subject and change.page_id = page_lock.page_id
left join page_signed
    on change.site = page_signed.site and change.subject = page_signed.subject and change.page_id = page_signed.page_id
left join form_signed
    on change.site = form_signed.site and change.subject = form_signed.subject
    and upper(trim(change.form)) = form_signed.form and coalesce(upper(trim(change.visit)), '') = form_signed.visit
left join (select * from signed where page_id is null and form is null and visit is not null) as visit_signed
    on change.site = visit_signed.site and change.subject = visit_signed.subject and upper(trim(change.visit)) = visit_signed.visit
left join (select * from signed where page_id is null and form is null and visit is null) as casebook_signed
    on change.site = casebook_signed.site and change.subject = casebook_signed.subject
left join unreadable on change.site = unreadable.site and change.subject = unreadable.subject
left join signatures_extracted on change.site = signatures_extracted.site
