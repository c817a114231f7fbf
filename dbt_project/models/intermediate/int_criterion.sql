-- Grain: one row per eligibility criterion and subject. It is violated as an unmet inclusion or a met exclusion.
select
    *,
    coalesce(upper(IECAT) = 'INCLUSION' and (upper(IEORRES) = 'N' or upper(IESTRESC) = 'N'), false)
    or coalesce(upper(IECAT) = 'EXCLUSION' and (upper(IEORRES) = 'Y' or upper(IESTRESC) = 'Y'), false) as is_violated
from {{ ref('ie') }}
