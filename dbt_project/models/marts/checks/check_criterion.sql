-- Grain: one row per eligibility criterion and subject.
select ie.*, enrolled.USUBJID is not null as is_enrolled
from {{ ref('ie') }} as ie
left join {{ ref('int_enrolled') }} as enrolled on ie.USUBJID = enrolled.USUBJID
