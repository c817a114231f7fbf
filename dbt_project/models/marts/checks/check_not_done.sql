-- Grain: one row per vital sign, laboratory test or electrocardiogram marked NOT DONE. A row for all tests (VSALL, LBALL, EGALL) knows a result that the subject has
-- all the same at that visit and date, in that category.
{% set datasets = {
    'vs': {'category': "cast(null as varchar)", 'result': 'coalesce(VSORRES, VSSTRESC)'},
    'lb': {'category': 'LBCAT', 'result': 'coalesce(LBORRES, LBSTRESC)'},
    'eg': {'category': "cast(null as varchar)", 'result': 'EGORRES'},
} %}
{% for name, columns in datasets.items() %}
{% set prefix = name | upper %}
{% set key = ['USUBJID', 'VISIT', prefix ~ 'DTC', 'category'] %}
(
    with tests as (
        select *, {{ columns.category }} as category, {{ columns.result }} as result
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
        coalesce(not_done.{{ prefix }}TEST, not_done.{{ prefix }}TESTCD) as test,
        not_done.VISIT,
        coalesce(not_done.result, done.result) as result,
        not_done.{{ prefix }}REASND as reason,
        coalesce(reason.delivered, false)
        and exists (select 1 from {{ ref(name) }} where {{ prefix }}REASND is not null) as is_reason_collected
    from not_done
    left join done
        on case when not_done.{{ prefix }}TESTCD = '{{ prefix }}ALL' then not_done.USUBJID end = done.USUBJID
        {%- for column in key[1:] %}
        and not_done.{{ column }} is not distinct from done.{{ column }}
        {%- endfor %}
    left join {{ source('settings', 'availability') }} as reason
        on not_done.site = reason.site and reason.dataset = '{{ prefix }}' and reason.variable = '{{ prefix }}REASND'
)
{{ 'union all' if not loop.last }}
{% endfor %}
