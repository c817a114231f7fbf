-- Grain: one row per approval by the IRB that allows the study at a site: an initial one, of an amendment, or of a continuing review, from its
-- approval date to its expiry date, that day included. A blank end is open, and so is a start or an end that cannot be read. Other submissions
-- allow nothing, nor does one that was rejected or is pending.
select
    site,
    record,
    approval_date,
    approval_date_raw,
    expiry_date,
    upper(trim(protocol_version)) as protocol_version,
    content_hash,
    source_file,
    source_row
from {{ ref('irb') }}
where
    upper(trim(submission_type)) in ('INITIAL', 'AMENDMENT', 'CONTINUING REVIEW')
    and approval_date_raw is not null
    and coalesce(upper(trim(decision)) not in ('REJECTED', 'PENDING'), true)
