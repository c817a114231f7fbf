-- Grain: one row per site of the site master; of several records of a site the earliest activation counts, and it is closed when all of
-- them are, on the latest day. The lines of study.yml do not count for that: they cannot say that a site is closed.
select
    site_id,
    min_by(activation_date, earliest_first(activation_date)) as activation_date,
    case
        when count(*) filter (where source_name is distinct from 'study.yml') = count(closure_date) then max(closure_date)
    end as closure_date
from {{ ref('site') }}
where site_id is not null
group by site_id
