-- Grain: one row per check (SAE-02, SAE-04), event of AE and safety case that belong together: every serious event with each case whose number
-- it names, or that is alike by term and onset within the check's limits, and every case without one with the event that is not serious and
-- alike. Onsets that may lie that near do. One event may belong to several cases, as a case to several events; `is_pair` marks those of SAE-02
-- that are compared: the case that the event names, else, of cases that no event names, the most alike, each event and case once.
{% set rounds = 3 %}
{% set best_first = 'similarity desc, most_days_apart nulls last, event_record, event_site, case_key' %}
with limits as (
    select
        check_id,
        max(case when name = 'match_days' then cast(value as double) end) as match_days,
        max(case when name = 'min_similarity' then cast(value as double) end) as min_similarity
    from {{ source('settings', 'parameter') }}
    where check_id in ('SAE-02', 'SAE-04') and name in ('match_days', 'min_similarity')
    group by check_id
),

near as (
    select
        ae.USUBJID,
        ae.site as event_site,
        ae.record as event_record,
        safety.case_key,
        coalesce(upper(ae.AESER), '') = 'Y' as is_serious,
        coalesce(upper(trim(ae.case_number)) = safety.case_number, false) as is_named,
        coalesce(greatest(
            term_similarity(ae.AEDECOD, safety.preferred_term), term_similarity(ae.AETERM, safety.term),
            term_similarity(ae.AEDECOD, safety.term), term_similarity(ae.AETERM, safety.preferred_term)
        ), 0) as similarity,
        days_apart(ae.AESTDTC, safety.onset_date) as least_days_apart,
        greatest(
            date_diff('day', first_day(ae.AESTDTC), final_day(safety.onset_date)),
            date_diff('day', first_day(safety.onset_date), final_day(ae.AESTDTC))
        ) as most_days_apart
    from {{ ref('ae') }} as ae
    inner join {{ ref('int_safety_case') }} as safety on ae.USUBJID = safety.USUBJID
),

named as (
    select
        *,
        row_number() over (partition by USUBJID, case_key order by {{ best_first }}) = 1 as is_pair
    from near
    where is_named and is_serious
),

alike as (
    select limits.check_id, near.*
    from near
    cross join limits
    where
        near.is_serious and not near.is_named
        and near.similarity >= limits.min_similarity and near.least_days_apart <= limits.match_days
),

left_0 as (
    select alike.*
    from alike
    anti join named on alike.USUBJID = named.USUBJID and alike.case_key = named.case_key
    anti join named as event
        on alike.USUBJID = event.USUBJID and alike.event_site = event.event_site and alike.event_record = event.event_record
    where alike.check_id = 'SAE-02'
),

{% for number in range(1, rounds + 1) %}
pairs_{{ number }} as (
    select * exclude (rank_of_event, rank_of_case)
    from (
        select
            *,
            row_number() over (partition by USUBJID, event_site, event_record order by {{ best_first }}) as rank_of_event,
            row_number() over (partition by USUBJID, case_key order by {{ best_first }}) as rank_of_case
        from left_{{ number - 1 }}
    )
    where rank_of_event = 1 and rank_of_case = 1
),

left_{{ number }} as (
    select remaining.*
    from left_{{ number - 1 }} as remaining
    anti join pairs_{{ number }} as paired
        on remaining.USUBJID = paired.USUBJID and remaining.case_key = paired.case_key
    anti join pairs_{{ number }} as event
        on remaining.USUBJID = event.USUBJID
        and remaining.event_site = event.event_site and remaining.event_record = event.event_record
),

{% endfor %}
pairs as (
    select USUBJID, event_site, event_record, case_key from named where is_pair
    {%- for number in range(1, rounds + 1) %}
    union all
    select USUBJID, event_site, event_record, case_key from pairs_{{ number }}
    {%- endfor %}
),

belonging as (
    select limits.check_id, USUBJID, event_site, event_record, case_key
    from named
    cross join limits
    union all
    select check_id, USUBJID, event_site, event_record, case_key
    from alike
),

serious as (
    select belonging.*, belonging.check_id = 'SAE-02' and pairs.case_key is not null as is_pair
    from belonging
    left join pairs
        on belonging.USUBJID = pairs.USUBJID and belonging.event_site = pairs.event_site
        and belonging.event_record = pairs.event_record and belonging.case_key = pairs.case_key
),

not_serious as (
    select limits.check_id, USUBJID, event_site, event_record, case_key, similarity, most_days_apart, is_named
    from near
    cross join limits
    where
        not is_serious
        and (is_named or (similarity >= limits.min_similarity and least_days_apart <= limits.match_days))
)

select check_id, USUBJID, event_site, event_record, case_key, true as is_serious, is_pair
from serious
union all
select check_id, USUBJID, event_site, event_record, case_key, false, false
from not_serious
anti join serious using (check_id, USUBJID, case_key)
qualify row_number() over (partition by check_id, USUBJID, case_key order by is_named desc, {{ best_first }}) = 1
