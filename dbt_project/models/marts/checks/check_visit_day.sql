-- Grain: one row per visit record with a complete date at a site whose country has a calendar (settings.non_working_day), in the years that
-- were laid of it. A site in two countries is in none that is certain. `site_rate` is the share of the site's visits on such days.
with calendar as (
    select country, min(substr(day, 1, 4)) as first_year, max(substr(day, 1, 4)) as last_year
    from {{ source('settings', 'non_working_day') }}
    group by country
),

sites as (
    select site_id, min(country) as country
    from {{ ref('site') }}
    where site_id is not null
    group by site_id
    having count(distinct country) = 1
),

visits as (
    select
        sv.site, sv.subject, sv.dataset, sv.record, sv.VISIT, sv.SVSTDTC, sites.country,
        off.day is not null as is_non_working_day,
        sv.source_file, sv.source_row
    from {{ ref('sv') }} as sv
    inner join sites on sv.site = sites.site_id
    inner join calendar on sites.country = calendar.country
    left join {{ source('settings', 'non_working_day') }} as off
        on sites.country = off.country and substr(sv.SVSTDTC, 1, 10) = off.day
    where length(sv.SVSTDTC) >= 10 and substr(sv.SVSTDTC, 1, 4) between calendar.first_year and calendar.last_year
)

select
    *,
    count(*) over (partition by site) as site_visit_count,
    to_nine_places(avg(case when is_non_working_day then 1.0 else 0.0 end) over (partition by site)) as site_rate
from visits
