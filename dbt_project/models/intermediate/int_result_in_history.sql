-- Grain: one row per clinically significant laboratory result that a condition of the subject's medical history may cover: a condition
-- without an end goes on, and what is partial reaches as far as it can.
select lb.site, lb.USUBJID, lb.record
from {{ ref('lb') }} as lb
where
    upper(lb.LBCLSIG) = 'Y' and lb.LBDTC is not null
    and exists (
        select 1
        from {{ ref('mh') }} as mh
        where mh.USUBJID = lb.USUBJID and days_from_span(lb.LBDTC, mh.MHSTDTC, mh.MHENDTC) = 0
    )
