-- Grain: one row per site and name under which exactly one person of its list is known: the id, the name, or that of the EDC account, in
-- capitals. `person` is the id, or the name where the list has no ids. A name that two persons bear names nobody.
with aliases as (
    select site, coalesce(person_id, name) as person, upper(trim(person_id)) as alias from {{ ref('person') }}
    union
    select site, coalesce(person_id, name), upper(trim(name)) from {{ ref('person') }}
    union
    select site, coalesce(person_id, name), upper(trim(user_name)) from {{ ref('person') }}
)

select site, alias, min(person) as person
from aliases
where alias is not null and person is not null
group by site, alias
having count(distinct person) = 1
