-- Grain: one row per site that delivered its list of submissions to the IRB, with rows in it or without: the day on which it was extracted,
-- of several files the earliest.
with files as (
    select site, source_name, source_file from {{ ref('irb') }}
    union
    select site, source_name, source_file from {{ source('settings', 'delivery') }} where dataset = 'IRB'
)

select
    files.site,
    min(extract.extract_date) as extract_date,
    min(files.source_file) as source_file
from files
left join {{ source('settings', 'extract') }} as extract
    on files.site = extract.site and files.source_name = extract.source_name
group by files.site
