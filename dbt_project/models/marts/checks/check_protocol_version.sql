-- Grain: one row per record that names a version of the protocol (visit, eligibility criterion), at a site whose list of submissions to the IRB
-- names versions that were submitted for approval. Of several approvals of a version the first counts; it is open where one of them cannot be read.
with records as (
    select
        site, subject, dataset, record, source_file, source_row,
        upper(trim(protocol_version)) as protocol_version, SVSTDTC as record_date
    from {{ ref('sv') }}
    where protocol_version is not null
    union all
    select site, subject, dataset, record, source_file, source_row, upper(trim(TIVERS)), IEDTC
    from {{ ref('ie') }}
    where TIVERS is not null
),

approved as (
    select
        site,
        protocol_version,
        case when count(*) = count(approval_date) then min(approval_date) end as version_approval_date
    from {{ ref('int_irb_approval') }}
    where protocol_version is not null
    group by site, protocol_version
),

listed as (
    select distinct site
    from {{ ref('irb') }}
    where protocol_version is not null and upper(trim(submission_type)) in ('INITIAL', 'AMENDMENT', 'CONTINUING REVIEW')
),

-- An approval that does not say of which version it is may be of any, from its date on. A continuing review approves no new version.
unnamed as (
    select
        site,
        case when count(*) = count(approval_date) then {{ without_mark('min(earliest_first(approval_date))') }} end as approval_date
    from {{ ref('int_irb_approval') }}
    where protocol_version is null and submission_type <> 'CONTINUING REVIEW'
    group by site
)

select
    records.*,
    approved.version_approval_date,
    approved.site is null
    and (unnamed.site is null or certainly_after(unnamed.approval_date, records.record_date)) as is_unapproved_version
from records
inner join listed on records.site = listed.site
left join approved on records.site = approved.site and records.protocol_version = approved.protocol_version
left join unnamed on records.site = unnamed.site
