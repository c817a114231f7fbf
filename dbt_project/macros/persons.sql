{# Joins to each record, as `alias`, the person of the site's list whom a column of it names; `alias.person` is null where that is nobody's name. #}
{% macro join_person_named(records, column) -%}
    left join {{ ref('int_person_alias') }} as alias on {{ records }}.site = alias.site and upper(trim({{ records }}.{{ column }})) = alias.alias
{%- endmacro %}
