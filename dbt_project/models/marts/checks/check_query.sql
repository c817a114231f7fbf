-- Grain: one row per data query; the day of extraction is the export's own, else that of the file. A page is looked for by subject, visit
-- and form, at sites that deliver all of them; what the query leaves blank contradicts no page, nor does a
-- query of a source that names no subjects.
with pages as (
    select distinct USUBJID, upper(visit) as visit, upper(form) as form
    from {{ ref('page') }}
    where USUBJID is not null
),

sites_with_pages as (
    select site
    from {{ source('settings', 'availability') }}
    where dataset = 'PAGE' and variable in ('visit', 'form') and delivered
    group by site
    having count(*) = 2
)

select
    query.* exclude (extract_date),
    coalesce(query.extract_date, extract.extract_date) as extract_date,
    coalesce(lower(query.status) = 'open', false) as is_open,
    coalesce(lower(query.status) = 'cancelled', false) as is_cancelled,
    demographics.USUBJID is not null or not source.has_subject as is_subject_known,
    sites_with_pages.site is null or not source.has_subject or pages.USUBJID is not null or query.visit is null or query.form is null as is_page_known
from {{ ref('query') }} as query
inner join {{ source('settings', 'source') }} as source on query.source_name = source.source_name
left join {{ source('settings', 'extract') }} as extract
    on query.site = extract.site and query.source_name = extract.source_name
left join {{ ref('int_demographics') }} as demographics on query.USUBJID = demographics.USUBJID
left join sites_with_pages on query.site = sites_with_pages.site
left join pages on query.USUBJID = pages.USUBJID and upper(query.visit) = pages.visit and upper(query.form) = pages.form
