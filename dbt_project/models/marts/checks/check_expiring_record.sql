-- Grain: one row per record of the index, of the papers of staff and of the certificates of laboratories that has a last day and no successor.
select
    site,
    cast(null as varchar) as subject,
    dataset,
    record,
    person,
    who,
    kind || case
        when band = 'expired' then ' (expired)'
        when band is not null then ' (within ' || band || ' days)'
        else ''
    end as kind_text,
    expiry_date as expiry,
    extract_date,
    days_left,
    band,
    is_active,
    source_file,
    source_row
from {{ ref('int_expiring_record') }}
where dataset in ('ISF_INDEX', 'CREDENTIAL', 'LAB_CERT')
