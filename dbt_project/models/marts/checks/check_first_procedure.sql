-- Grain: one row per subject with a dated study procedure. The row to look at is the subject's in demographics, or else its first
-- procedure's own.
with consented as (
    select USUBJID, {{ without_mark('min(earliest_first(consent_date))') }} as consent_date
    from {{ ref('int_consent') }}
    where is_main and is_signed
    group by USUBJID
),

strangers as (
    select *
    from {{ ref('int_procedure') }}
    where USUBJID not in (select dm.USUBJID from {{ ref('int_demographics') }} as dm)
    qualify row_number() over (
        partition by USUBJID order by earliest_first(procedure_date), site, dataset, record, source_file, source_row
    ) = 1
)

select
    coalesce(dm.site, stranger.site) as site,
    coalesce(dm.subject, stranger.subject) as subject,
    first.USUBJID,
    coalesce(dm.dataset, stranger.dataset) as dataset,
    coalesce(dm.record, stranger.record) as record,
    coalesce(dm.source_file, stranger.source_file) as source_file,
    coalesce(dm.source_row, stranger.source_row) as source_row,
    first.first_procedure_date,
    consented.USUBJID is not null as is_consented,
    consented.consent_date
from {{ ref('int_first_procedure') }} as first
left join {{ ref('int_demographics') }} as dm on first.USUBJID = dm.USUBJID
left join strangers as stranger on first.USUBJID = stranger.USUBJID
left join consented on first.USUBJID = consented.USUBJID
