-- Grain: one row per site and person on the delegation log; the row to look at is the person's first entry. Of dates that leave something
-- open, always the reading counts under which nothing is missing: `gcp_date` and `cv_date` may lie latest, a day is worked when it is
-- for certain, and a licence covers each day that it may cover.
with cv_roles as (
    select distinct upper(trim(value)) as role
    from {{ source('settings', 'parameter') }}
    where check_id = 'CV-01' and name = 'roles'
),

licensed_tasks as (
    select distinct upper(trim(value)) as task
    from {{ source('settings', 'parameter') }}
    where check_id = 'CV-02' and name = 'licensed_tasks'
),

entries as (
    select
        log.*,
        upper(log.person) as person_key,
        extract.extract_date,
        cv_roles.role is not null
        and (log.end_date_raw is null or certainly_by(extract.extract_date, log.end_date)) as is_open_with_cv,
        licensed_tasks.task is not null as is_licensed
    from {{ ref('int_delegation') }} as log
    left join {{ source('settings', 'extract') }} as extract
        on log.site = extract.site and log.source_name = extract.source_name
    left join cv_roles on log.role = cv_roles.role
    left join licensed_tasks on log.task = licensed_tasks.task
    where log.person is not null
),

members as (
    select
        site,
        person_key,
        case when count(start_date_raw) = count(start_date) then min(start_date) end as start_date,
        count(*) filter (where is_open_with_cv) > 0 as is_cv_required
    from entries
    group by site, person_key
),

certificates as (
    select
        member.site,
        member.person_key,
        max(earliest_first(training.completion_date))
            filter (where not certainly_after(training.completion_date, member.start_date)) as gcp_date,
        count(training.completion_date_raw) > count(training.completion_date) as has_unreadable_gcp
    from members as member
    inner join {{ ref('int_training') }} as training
        on member.site = training.site and member.person_key = upper(training.person)
    where training.course = 'GCP'
    group by member.site, member.person_key
),

cvs as (
    select
        site,
        upper(person) as person_key,
        count(sign_date_raw) > 0 as is_cv_signed,
        max(earliest_first(sign_date)) as cv_date,
        count(sign_date_raw) > count(sign_date) as has_unreadable_cv
    from {{ ref('int_paper') }}
    where paper = 'CV'
    group by site, upper(person)
),

licences as (
    select site, upper(person) as person_key, first_day(issue_date) as valid_from, final_day(expiry_date) as valid_to
    from {{ ref('int_paper') }}
    where paper = 'LICENCE'
),

licensed_periods as (
    select
        site,
        person_key,
        final_day(start_date) as first_worked,
        least(first_day(end_date), first_day(extract_date)) as last_worked
    from entries
    where is_licensed and start_date is not null and (end_date_raw is null or end_date is not null)
        and not certainly_after(start_date, extract_date)
),

-- A first day without a licence is the first day of a period, or the day after a licence ended.
turning_days as (
    select site, person_key, first_worked as day from licensed_periods
    union
    select site, person_key, valid_to + 1 from licences where valid_to is not null
),

worked_days as (
    select distinct period.site, period.person_key, turning_days.day
    from licensed_periods as period
    inner join turning_days on period.site = turning_days.site and period.person_key = turning_days.person_key
    where turning_days.day between period.first_worked and period.last_worked
),

covered as (
    select distinct worked_days.site, worked_days.person_key, worked_days.day
    from worked_days
    inner join licences on worked_days.site = licences.site and worked_days.person_key = licences.person_key
    where coalesce(licences.valid_from <= worked_days.day, true) and coalesce(licences.valid_to >= worked_days.day, true)
),

uncovered as (
    select worked_days.site, worked_days.person_key, min(worked_days.day) as day
    from worked_days
    anti join covered
        on worked_days.site = covered.site and worked_days.person_key = covered.person_key and worked_days.day = covered.day
    group by worked_days.site, worked_days.person_key
),

ended_licences as (
    select uncovered.site, uncovered.person_key, max(licences.valid_to) as valid_to
    from uncovered
    inner join licences on uncovered.site = licences.site and uncovered.person_key = licences.person_key
    where licences.valid_to < uncovered.day
    group by uncovered.site, uncovered.person_key
),

licensed as (
    select distinct site, person_key from licensed_periods where first_worked <= last_worked
)

select
    entry.site,
    entry.subject,
    entry.dataset,
    'person=' || entry.person_key as record,
    entry.person,
    member.start_date,
    {{ without_mark('certificates.gcp_date') }} as gcp_date,
    coalesce(certificates.has_unreadable_gcp, false) as has_unreadable_gcp,
    member.is_cv_required,
    coalesce(cvs.is_cv_signed, false) as is_cv_signed,
    {{ without_mark('cvs.cv_date') }} as cv_date,
    coalesce(cvs.has_unreadable_cv, false) as has_unreadable_cv,
    licensed.person_key is not null as is_licence_required,
    {{ iso_day('uncovered.day', 0) }} as uncovered_date,
    {{ iso_day('ended_licences.valid_to', 0) }} as licence_end_date,
    entry.extract_date,
    entry.source_file,
    entry.source_row
from entries as entry
inner join members as member on entry.site = member.site and entry.person_key = member.person_key
left join certificates on entry.site = certificates.site and entry.person_key = certificates.person_key
left join cvs on entry.site = cvs.site and entry.person_key = cvs.person_key
left join licensed on entry.site = licensed.site and entry.person_key = licensed.person_key
left join uncovered on entry.site = uncovered.site and entry.person_key = uncovered.person_key
left join ended_licences on entry.site = ended_licences.site and entry.person_key = ended_licences.person_key
qualify row_number() over (
    partition by entry.site, entry.person_key
    order by {{ blank_last('entry.start_date') }}, entry.record, entry.source_file, entry.source_row
) = 1
