-- Grain: one row per site, name of who took consent, in capitals, and day; a name that several persons of the list bear is left out.
-- `is_delegated`: an entry for one of ICF-03 consent_tasks spans the day, or may do so. Where a site has a list of persons, an entry of
-- somebody whom it does not know may be that of whoever has no entry under the own name. Without a list the names say who is who.
with taken as (
    select site, upper(trim(consenter_name)) as name, sign_date, min(trim(consenter_name)) as written_name
    from (
        select
            site,
            consenter_name,
            case when consenter_sign_date_raw is null then subject_sign_date else consenter_sign_date end as sign_date
        from {{ ref('co_consent') }}
        where consenter_name is not null
    ) as consents
    where sign_date is not null
    group by site, upper(trim(consenter_name)), sign_date
),

listed_names as (
    select site, upper(trim(name)) as name from {{ ref('person') }}
    union
    select site, upper(trim(user_name)) from {{ ref('person') }}
),

logged as (
    select site, upper(person) as person_key, min(person) as person
    from {{ ref('int_delegation') }}
    where person is not null
    group by site, upper(person)
),

consenters as (
    select
        taken.site,
        taken.name,
        taken.sign_date,
        coalesce(alias.person, logged.person, taken.written_name) as person,
        -- Whose the entries of unknown persons may be.
        logged.person is null and taken.site in (select site from {{ ref('person') }}) as may_be_logged_otherwise
    from taken
    left join {{ ref('int_person_alias') }} as alias on taken.site = alias.site and taken.name = alias.alias
    left join listed_names on taken.site = listed_names.site and taken.name = listed_names.name
    left join logged on taken.site = logged.site and upper(coalesce(alias.person, taken.name)) = logged.person_key
    where alias.person is not null or listed_names.name is null
),

delegations as (
    select entry.site, upper(entry.person) as person_key, entry.is_listed_person, entry.start_date, entry.end_date
    from {{ ref('int_delegation') }} as entry
    inner join (
        select distinct upper(trim(value)) as task
        from {{ source('settings', 'parameter') }}
        where check_id = 'ICF-03' and name = 'consent_tasks'
    ) as consent on entry.task = consent.task
    where entry.person is not null
),

delegated as (
    select distinct consenter.site, consenter.name, consenter.sign_date
    from consenters as consenter
    inner join delegations as delegation on consenter.site = delegation.site
    where
        (
            upper(consenter.person) = delegation.person_key
            or (consenter.may_be_logged_otherwise and not delegation.is_listed_person)
        )
        and not certainly_after(delegation.start_date, consenter.sign_date)
        and not certainly_after(consenter.sign_date, delegation.end_date)
)

select
    consenter.site,
    consenter.name,
    consenter.sign_date,
    min(consenter.person) as person,
    bool_or(investigator.site is not null) as is_investigator,
    bool_or(delegated.site is not null) as is_delegated
from consenters as consenter
left join {{ ref('int_investigator') }} as investigator
    on consenter.site = investigator.site and upper(consenter.person) = investigator.person_key
left join delegated
    on consenter.site = delegated.site and consenter.name = delegated.name and consenter.sign_date = delegated.sign_date
group by consenter.site, consenter.name, consenter.sign_date
