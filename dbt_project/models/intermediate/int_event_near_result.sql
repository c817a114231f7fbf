-- Grain: one row per clinically significant laboratory result of a subject with adverse events: the fewest days between the day of the
-- sample and an event, 0 where one touches it. An event without an end goes on, and what is partial touches as far as it can.
select
    lb.site, lb.USUBJID, lb.record,
    min(days_from_span(lb.LBDTC, ae.AESTDTC, ae.AEENDTC)) as days_to_event
from {{ ref('lb') }} as lb
inner join {{ ref('ae') }} as ae on lb.USUBJID = ae.USUBJID
where upper(lb.LBCLSIG) = 'Y' and lb.LBDTC is not null
group by lb.site, lb.USUBJID, lb.record
