-- Grain: one row per site and person, in capitals, who is the principal investigator by the list, the delegation log or the site master, or
-- was the one before. INVESTIGATOR is the principal one: ICH E6(R3) has one investigator a site, and others are subinvestigators.
with investigator_names as (
    select site_id as site, trim(investigator) as name from {{ ref('site') }}
    union
    select site_id, trim(previous_investigator) from {{ ref('site') }}
),

investigators as (
    select site, coalesce(person_id, name) as person
    from {{ ref('person') }}
    where upper(trim(role)) in ('PI', 'PRINCIPAL INVESTIGATOR', 'INVESTIGATOR')
    union all
    select site, person
    from {{ ref('int_delegation') }}
    where role in ('PI', 'PRINCIPAL INVESTIGATOR', 'INVESTIGATOR')
    union all
    select master.site, coalesce(alias.person, master.name)
    from investigator_names as master
    left join {{ ref('int_person_alias') }} as alias on master.site = alias.site and upper(master.name) = alias.alias
)

select distinct site, upper(trim(person)) as person_key
from investigators
where site is not null and person is not null
