-- LBSTRESN is the delivered standard result; where the export gives only the original one in the standard unit, that one.
select
    lb.* exclude (LBSTRESN),
    coalesce(
        lb.LBSTRESN,
        case when lb.LBSTRESN_raw is null and lb.LBORRESU = lb.LBSTRESU then to_number(lb.LBORRES) end
    ) as LBSTRESN
from {{ ref('stg_lb') }} as lb
