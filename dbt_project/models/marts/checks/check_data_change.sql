-- Grain: one row per change or deletion of a value in the audit trail. The page that it is on is known by its id; a signature is on that page, on
-- the form at the visit, or on the whole casebook. `reason_core` is the reason in small letters without blanks and without those items of
-- E-02's empty_reasons that are one character.
with idle as (
    select coalesce(string_agg(value, '' order by position), '') || ' ' as characters
    from {{ source('settings', 'parameter') }}
    where check_id = 'E-02' and name = 'empty_reasons' and length(value) = 1
),

page_lock as (
    select site, subject, page_id, max(lock_date) as lock_date, max(unlock_date) as unlock_date
    from {{ ref('page') }}
    where page_id is not null and lock_date is not null
    group by site, subject, page_id
),

-- A signature without a page and a form is on all pages.
signed as (
    select
        site,
        subject,
        page_id,
        case when page_id is null then upper(form) end as form,
        case when page_id is null and form is not null then coalesce(upper(visit), '') end as visit,
        max(signed_at) as signed_at
    from {{ ref('signature') }}
    where signed_at is not null
    group by all
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
    nullif(translate(lower(change.reason), idle.characters, ''), '') as reason_core,
    page_lock.lock_date,
    page_lock.unlock_date,
    greatest(page_signed.signed_at, form_signed.signed_at, casebook_signed.signed_at) as signed_at,
    signatures_extracted.extract_date,
    change.source_file,
    change.source_row
from {{ ref('int_data_change') }} as change
cross join idle
left join page_lock
    on change.site = page_lock.site and change.subject = page_lock.subject and change.page_id = page_lock.page_id
left join signed as page_signed
    on change.site = page_signed.site and change.subject = page_signed.subject and change.page_id = page_signed.page_id
left join signed as form_signed
    on change.site = form_signed.site and change.subject = form_signed.subject
    and upper(change.form) = form_signed.form and coalesce(upper(change.visit), '') = form_signed.visit
left join (select * from signed where page_id is null and form is null) as casebook_signed
    on change.site = casebook_signed.site and change.subject = casebook_signed.subject
left join signatures_extracted on change.site = signatures_extracted.site
