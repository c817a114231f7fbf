-- Grain: one row per protocol deviation; `deviation` is what it is called, by the best name that was delivered.
select *, coalesce(DVTERM, DVDECOD, DVCAT) as deviation
from {{ ref('dv') }}
