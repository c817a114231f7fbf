-- Grain: one row per delivered file and column that was agreed on or came, and per variable with values that cannot be read.
select
    site,
    cast(null as varchar) as subject,
    dataset,
    source_name || ' column ' || column_name as record,
    column_name,
    problem,
    case when problem = 'new column' then 'minor' end as finding_severity,
    case problem
        when 'missing column' then 'column ' || column_name || ' is missing'
        when 'new column' then 'column ' || column_name || ' is new'
    end as detail,
    source_file,
    cast(null as bigint) as source_row
from {{ source('settings', 'delivery_layout') }}
union all
select
    site, null, dataset,
    source_name || ' values of ' || variable,
    variable,
    'not a ' || kind || ' in the agreed form',
    null,
    unreadable || ' values of ' || variable || ' cannot be read as ' || kind || ', the first in row ' || first_row,
    source_file,
    first_row
from {{ ref('int_unreadable') }}
