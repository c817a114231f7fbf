-- Grain: one row per site with an index of its file and essential record that it is expected to hold. A record that is not there is in no row
-- of the index: the finding is about the file.
select
    site,
    cast(null as varchar) as subject,
    'ISF_INDEX' as dataset,
    'expected=' || artifact_number as record,
    artifact as expected,
    artifact_number || ' ' || artifact
    || case when on_file then coalesce(' (filed on ' || filed || ', due on ' || due || ')', '') else '' end as expected_text,
    due,
    on_file,
    filed,
    extract_date,
    source_file,
    cast(null as bigint) as source_row
from {{ ref('int_expected_record') }}
