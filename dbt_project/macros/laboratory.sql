{# What tells one laboratory test from another: its code, or its name where no codes are delivered; and what was examined, for which the
   category stands where no specimen is delivered (glucose in blood is not glucose in urine). #}
{% macro lab_test() %}coalesce(LBTESTCD, LBTEST){% endmacro %}

{% macro lab_specimen() %}coalesce(LBSPEC, LBCAT){% endmacro %}
