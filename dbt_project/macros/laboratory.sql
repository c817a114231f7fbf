{# What tells one laboratory test from another: its code, or its name where no codes are delivered; and what was examined, for which the
   category stands where no specimen is delivered (glucose in blood is not glucose in urine). #}
{% macro lab_test() %}coalesce(LBTESTCD, LBTEST){% endmacro %}

{% macro lab_specimen() %}coalesce(LBSPEC, LBCAT){% endmacro %}

{# Laboratories are compared without regard to capitals and blanks around the name. #}
{% macro laboratory_key(name) %}upper(trim({{ name }})){% endmacro %}

{# The sex that a text names, as M or F; null for both sexes and for what is neither. #}
{% macro sex_named(text) -%}
    case upper(substr(trim({{ text }}), 1, 1)) when 'M' then 'M' when 'F' then 'F' end
{%- endmacro %}
