-- Grain: one row per site and dataset with a current file: the earliest day on which what the site has of the dataset was extracted, also
-- where the file has no rows.
select site, dataset, min(extract_date) as extract_date
from {{ source('settings', 'delivery') }}
group by site, dataset
