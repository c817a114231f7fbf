{# An unscheduled visit is known by its name; null where it has none. #}
{% macro is_unscheduled(visit) %}upper({{ visit }}) like '%UNSCHED%'{% endmacro %}

{# A visit is one of the schedule by its number, or by its name where one of the two has no number. #}
{% macro is_of_visit(record, planned) -%}
    (
        {{ record }}.VISITNUM = {{ planned }}.visitnum
        or (({{ record }}.VISITNUM is null or {{ planned }}.visitnum is null) and upper({{ record }}.VISIT) = upper({{ planned }}.visit))
    )
{%- endmacro %}
