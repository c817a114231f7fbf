-- Grain: one row per dated consent, randomisation or visit at a site with submissions to the IRB, beside its periods of approval. A date that
-- may lie in a period is not outside; where nothing was approved, all are.
with events as (
    select
        site, subject, dataset, record, source_file, source_row,
        'consent' as event_type, 'Consent' as event, consent_date as event_date
    from {{ ref('int_consent') }}
    union all
    select
        site, subject, dataset, record, source_file, source_row,
        'randomisation', 'Randomisation', randomization_date
    from {{ ref('rand') }}
    union all
    select
        site, subject, dataset, record, source_file, source_row,
        'visit', coalesce(VISIT, 'Visit'), SVSTDTC
    from {{ ref('sv') }}
),

dated as (
    select events.*
    from events
    inner join (select distinct site from {{ ref('irb') }}) as listed on events.site = listed.site
    where events.event_date is not null
),

-- A site has far fewer days than events.
days as (
    select distinct site, event_date from dated
),

approved as (
    select days.site, days.event_date, min(days_from_span(days.event_date, approval.approval_date, approval.expiry_date)) as days_outside
    from days
    inner join {{ ref('int_irb_approval') }} as approval on days.site = approval.site
    group by days.site, days.event_date
)

select
    dated.*,
    coalesce(approved.days_outside > 0, true) as is_outside_approval
from dated
left join approved on dated.site = approved.site and dated.event_date = approved.event_date
