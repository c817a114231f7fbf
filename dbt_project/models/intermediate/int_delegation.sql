-- Grain: one row per entry of the delegation log that was not cancelled: who may do what, from when to when. `person` is the person of the
-- list where the log names one, else the name as the log has it; `task` and `role` are in capitals. A blank end is open.
select
    log.site,
    log.subject,
    log.dataset,
    log.record,
    log.source_name,
    log.source_file,
    log.source_row,
    coalesce(alias.person, trim(log.person)) as person,
    alias.person is not null as is_listed_person,
    upper(trim(log.role)) as role,
    upper(trim(log.task)) as task,
    log.start_date,
    log.start_date_raw,
    log.end_date,
    log.end_date_raw,
    log.pi_sign_date,
    log.pi_sign_date_raw
from {{ ref('delegation') }} as log
{{ join_person_named('log', 'person') }}
where coalesce(upper(trim(log.cancelled)) not in ('Y', 'YES'), true)
