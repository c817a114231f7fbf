-- Standard units stand beside the original ones; a unit that the conversion table does not know is left as it is.
select
    vs.*,
    case
        when converted.factor is null or to_number(vs.VSORRES) is null then vs.VSORRES
        else cast(round((to_number(vs.VSORRES) + converted.shift) * converted.factor, 4) as varchar)
    end as VSSTRESC,
    case
        when converted.factor is null then to_number(vs.VSORRES)
        else round((to_number(vs.VSORRES) + converted.shift) * converted.factor, 4)
    end as VSSTRESN,
    coalesce(converted.standard_unit, vs.VSORRESU) as VSSTRESU
from {{ ref('stg_vs') }} as vs
left join {{ ref('unit_conversion') }} as converted on upper(vs.VSORRESU) = converted.unit
