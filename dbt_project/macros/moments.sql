{# The first and the last minute of what an ISO date leaves open, as text that sorts; a time is both. Null when it is blank. #}
{% macro earliest_moment(iso) -%}
    case when length({{ iso }}) = 16 then {{ iso }} else cast(first_day({{ iso }}) as varchar) || 'T00:00' end
{%- endmacro %}

{% macro latest_moment(iso) -%}
    case when length({{ iso }}) = 16 then {{ iso }} else cast(final_day({{ iso }}) as varchar) || 'T24:00' end
{%- endmacro %}

{# Hours between a Monday of long ago and a timestamp that fall on Saturdays and Sundays. #}
{% macro weekend_hours_until(moment) -%}
    {%- set hours = "(date_diff('minute', timestamp '1899-01-02 00:00:00', " ~ moment ~ ") / 60.0)" -%}
    (48 * floor({{ hours }} / 168) + greatest({{ hours }} - 168 * floor({{ hours }} / 168) - 120, 0))
{%- endmacro %}

{# The fewest hours between two dates without those of Saturdays and Sundays; a date without a time is a whole day. #}
{% macro least_weekday_hours_between(a, b) -%}
    {%- set start = "case when length(" ~ a ~ ") = 16 then try_cast(" ~ a ~ " as timestamp) else cast(final_day(" ~ a ~ ") + 1 as timestamp) end" -%}
    {%- set finish = "case when length(" ~ b ~ ") = 16 then try_cast(" ~ b ~ " as timestamp) else cast(first_day(" ~ b ~ ") as timestamp) end" -%}
    least_hours_between({{ a }}, {{ b }}) - ({{ weekend_hours_until(finish) }} - {{ weekend_hours_until(start) }})
{%- endmacro %}
