-- Grain: one row per delivered file and column that was agreed on or came, per column with odd text, per source and variable
-- with values that cannot be read, and per source whose last file was refused for its layout.
select
    site,
    cast(null as varchar) as subject,
    dataset,
    record,
    column_name,
    problem,
    severity as finding_severity,
    detail,
    source_file,
    source_row
from {{ source('settings', 'delivery_layout') }}
union all
-- The files of an incremental source are one delivery: what is told of them is told once, of the first by name.
select
    site, null, dataset,
    source_name || ' values of ' || variable,
    variable,
    'not a ' || kind || ' in the agreed form',
    null,
    sum(unreadable) || ' values of ' || variable || case when count(*) > 1 then ' in ' || count(*) || ' files' else '' end
    || ' cannot be read as ' || kind || ', the first in row ' || arg_min(first_row, source_file) || ': ' || arg_min(texts, source_file),
    min(source_file),
    arg_min(first_row, source_file)
from {{ ref('int_unreadable') }}
group by site, dataset, source_name, variable, kind
