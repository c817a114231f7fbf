{# An unscheduled visit is known by its name; null where it has none. #}
{% macro is_unscheduled(visit) %}upper({{ visit }}) like '%UNSCHED%'{% endmacro %}
