-- Grain: one row per entry of the index of the site file. Of entries that are not superseded and have the same content, or the same artifact,
-- version, date and person, the second and further ones are numbered so.
{% set artifact = "coalesce(trim(artifact_number), upper(trim(artifact)))" %}
{% set same_key = 'partition by site, ' ~ artifact ~ ", coalesce(upper(trim(version)), ''), document_date, coalesce(upper(trim(person)), '')" %}
{% set in_order = "order by " ~ blank_last('received_date') ~ ", coalesce(document_id, ''), content_hash, source_file, source_row" %}
with current_entries as (
    select
        record, site, source_file, source_row,
        case when file_hash is not null then row_number() over (partition by site, lower(trim(file_hash)) {{ in_order }}) end as content_number,
        case when file_hash is not null then count(*) over (partition by site, lower(trim(file_hash))) end as content_count,
        case
            when document_date is not null and {{ artifact }} is not null then row_number() over ({{ same_key }} {{ in_order }})
        end as key_number,
        case when document_date is not null and {{ artifact }} is not null then count(*) over ({{ same_key }}) end as key_count
    from {{ ref('isf_index') }}
    where coalesce(upper(status), '') <> 'SUPERSEDED'
)

select
    entries.*,
    coalesce(entries.artifact, entries.artifact_number)
    || coalesce(' ' || entries.version, '') || coalesce(' of ' || entries.person, '') as artifact_text,
    current_entries.record is not null as is_current,
    greatest(coalesce(current_entries.content_number, 1), coalesce(current_entries.key_number, 1)) as filing_number,
    greatest(coalesce(current_entries.content_count, 1), coalesce(current_entries.key_count, 1)) as filing_count
from {{ ref('isf_index') }} as entries
left join current_entries
    on entries.site = current_entries.site and entries.source_file = current_entries.source_file
    and entries.source_row = current_entries.source_row and entries.record = current_entries.record
