{#
  The position of a record among the subject's records of which `condition` holds, the earliest first; NULL for all others, and for records of
  nobody. `first` sorts before the date.
#}
{% macro position_among(condition, date, first=none) -%}
    case when USUBJID is not null and ({{ condition }}) then row_number() over (
        partition by USUBJID, {{ condition }}
        order by {{ first ~ ', ' if first }}{{ blank_last(date) }}, content_hash, source_file, source_row
    ) end
{%- endmacro %}
