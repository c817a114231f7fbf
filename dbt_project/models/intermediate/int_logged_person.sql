-- Grain: one row per site and person of whom the delegation log tells all: who has an entry in it, and where it names nobody but persons
-- of the list, everybody of the list. Elsewhere a person without an entry may be one whom the log calls otherwise. `is_investigator`: the
-- principal investigator, by the list, the log or the site master, or the one before.
with investigator_names as (
    select site_id as site, trim(investigator) as name from {{ ref('site') }}
    union
    select site_id, trim(previous_investigator) from {{ ref('site') }}
),

investigators as (
    select site, coalesce(person_id, name) as person
    from {{ ref('person') }}
    where upper(trim(role)) in ('PI', 'PRINCIPAL INVESTIGATOR')
    union
    select site, person
    from {{ ref('int_delegation') }}
    where role in ('PI', 'PRINCIPAL INVESTIGATOR')
    union
    select master.site, coalesce(alias.person, master.name)
    from investigator_names as master
    left join {{ ref('int_person_alias') }} as alias on master.site = alias.site and upper(master.name) = alias.alias
),

strangers as (
    select distinct site from {{ ref('int_delegation') }} where person is not null and not is_listed_person
),

persons as (
    select site, person from {{ ref('int_delegation') }} where person is not null
    union
    select alias.site, alias.person
    from {{ ref('int_person_alias') }} as alias
    left join strangers on alias.site = strangers.site
    where strangers.site is null
)

select persons.site, persons.person, investigators.person is not null as is_investigator
from persons
left join investigators on persons.site = investigators.site and persons.person = investigators.person
