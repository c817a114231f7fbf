-- Grain: one row per delivered file and column that was agreed on or came, per column with odd text and variable with values that
-- cannot be read, and per source whose last file was refused for its layout.
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
