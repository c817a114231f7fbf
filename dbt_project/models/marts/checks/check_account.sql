-- Grain: one row per account of a person in a system, beside the day on which its owner left or the last delegation ended, and beside the
-- training of the system. TRN-03 systems_list is compared in capitals, as systems are. Of dates that leave something open the one counts that lets the person stay longest, or be trained earliest.
with systems as (
    select distinct upper(trim(value)) as system
    from {{ source('settings', 'parameter') }}
    where check_id = 'TRN-03' and name = 'systems_list'
),

departures as (
    select
        site,
        upper(trim(coalesce(person_id, name))) as person_key,
        case when count(*) = count(departure_date) then max(earliest_first(departure_date)) end as departure_date
    from {{ ref('person') }}
    group by site, upper(trim(coalesce(person_id, name)))
),

delegations as (
    select
        site,
        upper(person) as person_key,
        case when count(*) = count(end_date) then max(earliest_first(end_date)) end as end_date
    from {{ ref('int_delegation') }}
    group by site, upper(person)
),

completed as (
    {{ completed_trainings() }}
),

accounts as (
    select
        log.*,
        coalesce(alias.person, trim(log.person)) as owner,
        upper(coalesce(alias.person, trim(log.person))) as person_key
    from {{ ref('participation') }} as log
    {{ join_person_named('log', 'person') }}
    where log.person is not null
)

select
    account.site,
    account.subject,
    account.dataset,
    account.record,
    account.owner as person,
    upper(trim(account.system)) as system,
    coalesce(upper(trim(account.system)) in (select system from systems), false) as is_training_required,
    case when account.first_login_date_raw is null then account.activation_date else account.first_login_date end as first_use_date,
    account.last_login_date,
    account.disabled_date,
    account.disabled_date_raw,
    {{ without_mark('least(departures.departure_date, delegations.end_date)') }} as access_end_date,
    completed.training_date,
    coalesce(completed.has_unreadable_training, false) as has_unreadable_training,
    extract.extract_date,
    account.source_file,
    account.source_row
from accounts as account
left join departures on account.site = departures.site and account.person_key = departures.person_key
left join delegations on account.site = delegations.site and account.person_key = delegations.person_key
left join completed
    on account.site = completed.site and account.person_key = completed.person_key and upper(trim(account.system)) = completed.course
left join {{ source('settings', 'extract') }} as extract
    on account.site = extract.site and account.source_name = extract.source_name
