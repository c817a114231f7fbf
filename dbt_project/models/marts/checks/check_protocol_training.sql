-- Grain: one row per delegated person and version of the protocol under which that person is recorded with an activity: the first of them,
-- and the earliest day on which a training in that version or a later one was completed. A training counts unless its version is known
-- to be an earlier one; the order of versions is that of their approvals. Of a person without an entry under a known name any entry of
-- somebody whom the list does not know may speak.
with activities as (
    select
        activity.*,
        version.version,
        version.approval_date,
        version.effective_date,
        earliest_first(activity.activity_date) || ' ' || activity.activity as position
    from {{ ref('int_activity') }} as activity
    inner join {{ ref('int_protocol_version') }} as version
        on
            activity.site = version.site
            and certainly_by(version.effective_date, activity.activity_date)
            and (version.next_effective_date is null or certainly_after(version.next_effective_date, activity.activity_date))
    inner join (select distinct site, person from {{ ref('int_delegation') }}) as delegated
        on activity.site = delegated.site and activity.person = delegated.person
),

firsts as (
    select
        site, person, version, approval_date, effective_date,
        {{ without_mark('min(earliest_first(activity_date))') }} as first_activity_date,
        min_by(dataset, position) as dataset,
        min_by(source_file, position) as source_file,
        min_by(source_row, position) as source_row
    from activities
    group by site, person, version, approval_date, effective_date
),

trainings as (
    select log.*, version.approval_date
    from {{ ref('int_training') }} as log
    left join {{ ref('int_protocol_version') }} as version on log.site = version.site and log.version = version.version
    where log.course = 'PROTOCOL' and log.person is not null
),

trained as (
    select distinct site, person from {{ ref('int_training') }}
),

-- Of two dates the one that says less comes first: what it leaves open speaks for the person.
counted as (
    select
        firsts.site, firsts.person, firsts.version,
        min(training.completion_date) as training_date,
        coalesce(bool_or(training.completion_date is null and training.completion_date_raw is not null), false) as is_unreadable
    from firsts
    left join trained on firsts.site = trained.site and firsts.person = trained.person
    inner join trainings as training
        on
            firsts.site = training.site
            and (firsts.person = training.person or (trained.person is null and not training.is_listed_person))
    where not certainly_after(firsts.approval_date, training.approval_date)
    group by firsts.site, firsts.person, firsts.version
)

select
    firsts.site,
    cast(null as varchar) as subject,
    firsts.dataset,
    'person=' || firsts.person || ' protocol_version=' || firsts.version as record,
    firsts.source_file,
    firsts.source_row,
    firsts.person,
    firsts.version as protocol_version,
    firsts.effective_date,
    firsts.first_activity_date,
    counted.training_date,
    not coalesce(counted.is_unreadable, false) as is_training_known
from firsts
left join counted
    on firsts.site = counted.site and firsts.person = counted.person and firsts.version = counted.version
