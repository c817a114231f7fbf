{#
  The trainings of each person, one row per site, person in capitals and course: the earliest day on which it may have been completed, and
  whether an entry has a day that cannot be read.
#}
{% macro completed_trainings() -%}
    select
        site,
        upper(person) as person_key,
        course,
        min(completion_date) as training_date,
        count(completion_date_raw) > count(completion_date) as has_unreadable_training
    from {{ ref('int_training') }}
    group by site, upper(person), course
{%- endmacro %}
