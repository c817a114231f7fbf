-- Grain: one row per clause of an item's branching logic, for logic that can be read (is_readable_logic). The logic holds where all clauses of one
-- of its alternatives do: alternatives are joined by or, the clauses of one by and.
with logic as (
    select form, field, logic_tokens(branching_logic) as tokens
    from {{ ref('int_dictionary_item') }}
    where is_readable_logic(branching_logic)
),

placed as (
    select form, field, unnest(tokens) as token, unnest(range(len(tokens))) as position
    from logic
),

numbered as (
    select form, field, token, count_if(lower(token) = 'or') over (partition by form, field order by position) as alternative
    from placed
)

select
    form,
    field,
    alternative,
    clause_item(token) as controlling_field,
    clause_choice(token) as choice,
    clause_operator(token) as operator,
    clause_value(token) as wanted,
    clause_is_number(token) as is_number
from numbered
where lower(token) not in ('and', 'or')
