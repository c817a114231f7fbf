-- Grain: one row per site and record that is missing, has expired or will soon: what to bring in before the next inspection or monitoring visit.
-- What is missing is what ESD-01 finds, of sites that delivered all that it needs; what runs out is what ESD-02 finds, and approvals of the
-- IRB and trainings beside it.
with indexed as (
    select site
    from {{ source('settings', 'availability') }}
    where dataset = 'ISF_INDEX' and delivered
    group by site
    having
        bool_or(variable = 'status')
        and bool_or(variable in ('artifact_number', 'artifact'))
        and bool_or(variable in ('received_date', 'document_date'))
)

select
    master.study,
    expected.site,
    'ISF_INDEX' as dataset,
    expected.artifact_number || ' ' || expected.artifact as record_kind,
    cast(null as varchar) as who,
    'missing' as status,
    expected.due as status_date,
    expected.source_file,
    cast(null as bigint) as source_row
from {{ ref('int_expected_record') }} as expected
inner join (select site_id, min(study) as study from {{ ref('site') }} group by site_id) as master
    on expected.site = master.site_id
inner join indexed on expected.site = indexed.site
where not expected.on_file and certainly_after(expected.extract_date, expected.due)
union all
select
    study,
    site,
    dataset,
    kind,
    who,
    case when band = 'expired' then band else 'lapses_in_' || band end,
    expiry_date,
    source_file,
    source_row
from {{ ref('int_expiring_record') }}
where is_active and band is not null
