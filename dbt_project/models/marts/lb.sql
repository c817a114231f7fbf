-- LBSTRESN is the delivered standard result; where the export gives only the original one in the standard unit, that one.
select
    lb.* exclude (LBSTRESN),
    coalesce(
        lb.LBSTRESN,
        case when lb.LBSTRESN_raw is null and lb.LBORRESU = lb.LBSTRESU then result_number(lb.LBORRES, lb.LBORRES_plain) end
    ) as LBSTRESN
from {{ ref('stg_lb') }} as lb
