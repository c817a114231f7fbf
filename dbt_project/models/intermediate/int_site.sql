-- Grain: one row per site of the site master; of several records of a site the earliest activation counts.
select site_id, min_by(activation_date, earliest_first(activation_date)) as activation_date
from {{ ref('site') }}
where site_id is not null
group by site_id
