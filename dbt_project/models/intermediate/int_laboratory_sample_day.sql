-- Grain: one row per site, laboratory and date of samples that it tested, as the date is written; the row to look at is the first of them.
select
    site,
    {{ laboratory_key('LBNAM') }} as laboratory,
    LBDTC as sample_date,
    min(LBNAM) as laboratory_name,
    min(source_file) as source_file,
    arg_min(source_row, source_file || lpad(cast(source_row as varchar), 12, '0')) as source_row
from {{ ref('lb') }}
where LBNAM is not null and LBDTC is not null and coalesce(upper(LBSTAT), '') <> 'NOT DONE'
group by site, {{ laboratory_key('LBNAM') }}, LBDTC
