-- Grain: one row per paper of a person: CV, licence, financial disclosure, Form FDA 1572. `person` is the person of the list where the log
-- names one, else the name as the log has it; `paper` and `listed_as` are in capitals.
select
    log.site,
    log.dataset,
    log.record,
    log.source_name,
    log.source_file,
    log.source_row,
    coalesce(alias.person, trim(log.person)) as person,
    upper(trim(log.credential_type)) as paper,
    upper(trim(log.listed_as)) as listed_as,
    log.issue_date,
    log.expiry_date,
    log.sign_date,
    log.sign_date_raw
from {{ ref('credential') }} as log
{{ join_person_named('log', 'person') }}
where log.person is not null and log.credential_type is not null
