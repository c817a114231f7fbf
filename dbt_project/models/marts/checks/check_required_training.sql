-- Grain: one row per entry of the delegation log that names a person, and training that DOA-03 requires before it. `training_date` is the
-- earliest day on which the person may have completed it.
with required as (
    select distinct upper(trim(value)) as training
    from {{ source('settings', 'parameter') }}
    where check_id = 'DOA-03' and name = 'required'
),

completed as (
    {{ completed_trainings() }}
)

select
    entry.site,
    entry.subject,
    entry.dataset,
    entry.record || ' TRAINING=' || required.training as record,
    entry.person,
    entry.task,
    entry.start_date,
    required.training,
    completed.training_date,
    coalesce(completed.has_unreadable_training, false) as has_unreadable_training,
    entry.source_file,
    entry.source_row
from {{ ref('int_delegation') }} as entry
cross join required
left join completed
    on entry.site = completed.site and upper(entry.person) = completed.person_key and required.training = completed.course
where entry.person is not null
