{# The files that bring a dataset: site, source_file, and the day on which the latest of them was extracted. A file without rows counts: it
   is known by the first dataset that its source feeds. #}
{% macro files_of(table) -%}
    select files.site, min(files.source_file) as source_file, max(extract.extract_date) as extract_date
    from (
        select site, source_name, source_file from {{ ref(table) }}
        union
        select site, source_name, source_file from {{ source('settings', 'delivery') }} where dataset = '{{ table | upper }}'
    ) as files
    left join {{ source('settings', 'extract') }} as extract
        on files.site = extract.site and files.source_name = extract.source_name
    group by files.site
{%- endmacro %}
