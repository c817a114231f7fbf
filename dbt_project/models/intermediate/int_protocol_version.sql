-- Grain: one row per site and version of the protocol, in capitals, that its visits or its IRB name. `effective_date` is the first certain
-- day on which the site is known to work under it: of its first visit recorded under it, those before the approval left out. A version that
-- the IRB of the site did not approve by name is a slip or a finding of its own (IRB-03), and not in effect. From `next_effective_date` on the
-- site works under another.
with approved as (
    select
        site,
        upper(trim(protocol_version)) as version,
        {{ without_mark('min(earliest_first(approval_date))') }} as approval_date
    from {{ ref('irb') }}
    where
        protocol_version is not null
        and approval_date is not null
        and coalesce(upper(trim(decision)) not in ('REJECTED', 'PENDING'), true)
    group by site, upper(trim(protocol_version))
),

visits as (
    select distinct site, upper(trim(protocol_version)) as version, SVSTDTC
    from {{ ref('sv') }}
    where protocol_version is not null and SVSTDTC is not null
),

used as (
    select visits.site, visits.version, {{ without_mark('min(earliest_first(visits.SVSTDTC))') }} as effective_date
    from visits
    inner join approved on visits.site = approved.site and visits.version = approved.version
    where not certainly_after(approved.approval_date, visits.SVSTDTC)
    group by visits.site, visits.version
),

ordered as (
    select
        used.*,
        lead(effective_date) over (partition by site order by earliest_first(effective_date), version) as next_effective_date
    from used
)

select
    coalesce(ordered.site, approved.site) as site,
    coalesce(ordered.version, approved.version) as version,
    approved.approval_date,
    ordered.effective_date,
    ordered.next_effective_date
from ordered
full outer join approved on ordered.site = approved.site and ordered.version = approved.version
