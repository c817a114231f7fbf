-- Grain: one row per entry of the training log. `person` is the person of the list where the log names one, else the name as the log has
-- it; `course` and `version` are in capitals.
select
    log.site,
    log.dataset,
    log.record,
    log.source_name,
    log.source_file,
    log.source_row,
    coalesce(alias.person, trim(log.person)) as person,
    alias.person is not null as is_listed_person,
    upper(trim(log.course)) as course,
    upper(trim(log.version)) as version,
    log.completion_date,
    log.completion_date_raw
from {{ ref('training') }} as log
{{ join_person_named('log', 'person') }}
