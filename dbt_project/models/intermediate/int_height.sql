-- Grain: one row per subject with a height that is a number; those in centimetres are compared, when there are
-- two or more.
select
    USUBJID,
    min(VSSTRESN) filter (where VSSTRESU = 'cm') as lowest_height,
    max(VSSTRESN) filter (where VSSTRESU = 'cm') as highest_height,
    case
        when count(*) filter (where VSSTRESU = 'cm') >= 2
            then round(max(VSSTRESN) filter (where VSSTRESU = 'cm') - min(VSSTRESN) filter (where VSSTRESU = 'cm'), 4)
    end as height_change
from {{ ref('vs') }}
where USUBJID is not null and VSSTRESN is not null and (upper(VSTESTCD) = 'HEIGHT' or upper(VSTEST) = 'HEIGHT')
group by USUBJID
