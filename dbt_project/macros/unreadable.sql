{#
  What is told of the values of a group that could not be read, as parts of a struct: how many, where the first stands, and the first three
  texts (of twenty, since one may stand in several records of a row). Texts are made of those values alone: there are few of them.
#}
{% macro unreadable_values(failed, raw) -%}
    {%- set at = "lpad(cast(source_row as varchar), 12, '0') || " ~ raw -%}
    unreadable := count(distinct case when {{ failed }} then {{ at }} end) filter (where {{ failed }}),
    first_row := min(source_row) filter (where {{ failed }}),
    texts := first_three(arg_min(case when {{ failed }} then left({{ raw }}, 40) end, case when {{ failed }} then {{ at }} end, 20))
{%- endmacro %}

{# Whether a text is none of CDISC's codes of yes and no, so that checks take it for no answer. Null where it is blank. #}
{% macro is_no_flag(text) -%}
    upper(trim({{ text }})) not in ('Y', 'N', 'U', 'NA')
{%- endmacro %}
