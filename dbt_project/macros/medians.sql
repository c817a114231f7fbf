{#
  The median of a group's values without the value of the row itself, in a query whose rows are in order: `position` of `value_count`. Without
  the one at that position, the middle is among three of all values: those at, before and after the middle position.
#}
{% macro median_of_others() -%}
    case
        when value_count = 1 then null
        when value_count % 2 = 0 then case when position <= value_count / 2 then middle else before_middle end
        when position <= floor(value_count / 2) then (middle + after_middle) / 2
        when position = floor(value_count / 2) + 1 then (before_middle + after_middle) / 2
        else (before_middle + middle) / 2
    end
{%- endmacro %}
