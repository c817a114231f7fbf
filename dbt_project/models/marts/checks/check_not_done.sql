-- Grain: one row per vital sign or laboratory test marked NOT DONE. A row for all tests (VSALL, LBALL) knows a result that the subject has
-- all the same at that visit and date, in that category.
{% set datasets = {
    'vs': {'test': 'VSTEST', 'category': "cast(null as varchar)"},
    'lb': {'test': 'LBTEST', 'category': 'LBCAT'},
} %}
{% for name, columns in datasets.items() %}
{% set prefix = name | upper %}
{% set result = 'coalesce(' ~ prefix ~ 'ORRES, ' ~ prefix ~ 'STRESC)' %}
{% set key = ['USUBJID', 'VISIT', prefix ~ 'DTC', 'category'] %}
(
    with tests as (
        select *, {{ columns.category }} as category, {{ result }} as result
        from {{ ref(name) }}
    ),

    not_done as (select * from tests where upper({{ prefix }}STAT) = 'NOT DONE'),

    done as (
        select {{ key | join(', ') }}, min(result) as result
        from tests
        where result is not null and USUBJID is not null
        group by {{ key | join(', ') }}
    )

    select
        not_done.site, not_done.subject, not_done.dataset, not_done.record, not_done.source_file, not_done.source_row,
        coalesce(not_done.{{ columns.test }}, not_done.{{ prefix }}TESTCD) as test,
        not_done.VISIT,
        coalesce(not_done.result, done.result) as result,
        not_done.{{ prefix }}REASND as reason,
        coalesce(reason.delivered, false)
        and exists (select 1 from {{ ref(name) }} where {{ prefix }}REASND is not null) as is_reason_collected
    from not_done
    left join done
        on not_done.{{ prefix }}TESTCD = '{{ prefix }}ALL'
        and not_done.USUBJID = done.USUBJID
        {%- for column in key[1:] %}
        and not_done.{{ column }} is not distinct from done.{{ column }}
        {%- endfor %}
    left join {{ source('settings', 'availability') }} as reason
        on not_done.site = reason.site and reason.dataset = '{{ prefix }}' and reason.variable = '{{ prefix }}REASND'
)
{{ 'union all' if not loop.last }}
{% endfor %}
