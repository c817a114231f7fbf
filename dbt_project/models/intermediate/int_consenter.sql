-- Grain: one row per site, name of who took consent, in capitals, and day, where the name is that of a person of the list or the delegation
-- log, and the log tells all of that person. `is_delegated`: an entry for one of ICF-03 consent_tasks spans the day, or may do so.
with taken as (
    select distinct
        site,
        upper(trim(consenter_name)) as name,
        case when consenter_sign_date_raw is null then subject_sign_date else consenter_sign_date end as sign_date
    from {{ ref('co_consent') }}
    where consenter_name is not null
),

names as (
    select site, alias, person from {{ ref('int_person_alias') }}
    union all
    select site, upper(person), min(person)
    from {{ ref('int_delegation') }}
    where person is not null and not is_listed_person
    group by site, upper(person)
),

delegations as (
    select entry.site, upper(entry.person) as person, entry.start_date, entry.end_date
    from {{ ref('int_delegation') }} as entry
    inner join (
        select distinct upper(trim(value)) as task
        from {{ source('settings', 'parameter') }}
        where check_id = 'ICF-03' and name = 'consent_tasks'
    ) as consent on entry.task = consent.task
)

select
    taken.site,
    taken.name,
    taken.sign_date,
    min(logged.person) as person,
    bool_or(logged.is_investigator) as is_investigator,
    coalesce(bool_or(
        delegation.site is not null
        and not certainly_after(delegation.start_date, taken.sign_date)
        and not certainly_after(taken.sign_date, delegation.end_date)
    ), false) as is_delegated
from taken
inner join names on taken.site = names.site and taken.name = names.alias
inner join {{ ref('int_logged_person') }} as logged on names.site = logged.site and names.person = logged.person
left join delegations as delegation on names.site = delegation.site and upper(names.person) = delegation.person
where taken.sign_date is not null
group by taken.site, taken.name, taken.sign_date
