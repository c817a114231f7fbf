{# What tells one safety case of a subject from another: its number, or where it has none the event and onset that its reports name. #}
{% macro safety_case_key() -%}
    coalesce(
        'case_number=' || upper(trim(case_number)),
        concat_ws(' ', 'term=' || upper(trim(coalesce(preferred_term, term))), 'onset_date=' || coalesce(onset_date, onset_date_raw))
    )
{%- endmacro %}
