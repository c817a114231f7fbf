-- Grain: one row per clause of an item's branching logic, for logic that can be read: [item] = 'value' or [item] <> 'value', several joined by or.
with clauses as (
    select form, field, unnest(logic_clauses(branching_logic)) as clause
    from {{ ref('int_dictionary_item') }}
    where is_readable_logic(branching_logic)
)

select
    form,
    field,
    clause_item(clause) as controlling_field,
    clause_is_equation(clause) as is_equation,
    clause_value(clause) as wanted
from clauses
