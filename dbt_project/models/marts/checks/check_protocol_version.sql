-- Grain: one row per record that names a version of the protocol (visit, eligibility criterion), at a site whose list of submissions to the IRB
-- names versions. Of several approvals of a version the first counts; it is open where one of them cannot be read.
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
)

select
    records.*,
    approved.version_approval_date,
    approved.site is null as is_unapproved_version
from records
inner join (select distinct site from {{ ref('irb') }} where protocol_version is not null) as listed on records.site = listed.site
left join approved on records.site = approved.site and records.protocol_version = approved.protocol_version
