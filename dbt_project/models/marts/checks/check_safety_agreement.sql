-- Grain: one row per serious event with its safety case (a pair of SAE-02) and item that both state: what EDC has and what the safety log has.
-- Of the criteria, those count that EDC answers; a list in other words than AE's is not compared.
{% set criteria = ['AESDTH', 'AESLIFE', 'AESHOSP', 'AESDISAB', 'AESCONG', 'AESMIE', 'AESCAN', 'AESOD'] %}
{% set compared = {
    'term': ['upper(trim(ae.AEDECOD))', 'upper(trim(safety.preferred_term))'],
    'onset': ['ae.AESTDTC', 'safety.onset_date'],
    'end': ['ae.AEENDTC', 'safety.end_date'],
    'outcome': ['upper(trim(ae.AEOUT))', 'upper(trim(safety.outcome))'],
    'criteria': ['edc_criteria', 'safety_criteria'],
    'causality': ['upper(trim(ae.AEREL))', 'upper(trim(safety.causality))'],
} %}
with pairs as (
    select
        ae.site, ae.subject, ae.USUBJID, ae.dataset, ae.record, ae.source_file, ae.source_row,
        coalesce(ae.AETERM, ae.AEDECOD) as event,
        {%- for field, values in compared.items() if field != 'criteria' %}
        {{ values[0] }} as edc_{{ field }}, {{ values[1] }} as safety_{{ field }},
        {%- endfor %}
        coalesce(
            {%- for name in criteria %}ae.{{ name }}{{ ', ' if not loop.last }}{% endfor -%}
        ) is not null and lists_criteria(safety.criteria) as is_criteria_comparable,
        concat_ws(', '
            {%- for name in criteria %}, case when upper(ae.{{ name }}) = 'Y' then '{{ name }}' end{% endfor -%}
        ) as edc_criteria,
        concat_ws(', '
            {%- for name in criteria %}, case when ae.{{ name }} is not null and upper(safety.criteria) like '%{{ name }}%' then '{{ name }}' end{% endfor -%}
        ) as safety_criteria
    from {{ ref('int_safety_match') }} as matched
    inner join {{ ref('ae') }} as ae
        on matched.USUBJID = ae.USUBJID and matched.event_site = ae.site and matched.event_record = ae.record
    inner join {{ ref('int_safety_case') }} as safety
        on matched.USUBJID = safety.USUBJID and matched.case_key = safety.case_key
    where matched.check_id = 'SAE-02' and matched.is_pair
),

items as (
    {%- for field in compared %}
    select
        site, subject, USUBJID, dataset, record, source_file, source_row, event, '{{ field }}' as field,
        {%- if field == 'criteria' %}
        case when is_criteria_comparable then coalesce(nullif(edc_criteria, ''), 'none') end as edc_value,
        case when is_criteria_comparable then coalesce(nullif(safety_criteria, ''), 'none') end as safety_value
        {%- else %}
        edc_{{ field }} as edc_value,
        safety_{{ field }} as safety_value
        {%- endif %}
    from pairs
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    site,
    subject,
    USUBJID,
    dataset,
    record || ' ' || field as record,
    field,
    field || coalesce(' of ' || event, '') as item,
    edc_value,
    safety_value,
    source_file,
    source_row
from items
where edc_value is not null and safety_value is not null
