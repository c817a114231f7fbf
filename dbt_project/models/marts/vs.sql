-- Standard units stand beside the original ones; a unit that the conversion table does not know is left as it is. A result that is a number
-- with a decimal comma stands in VSSTRESC with a decimal point.
with numbered as (
    select *, result_number(VSORRES, VSORRES_plain) as number
    from {{ ref('stg_vs') }}
)

select
    vs.* exclude (number),
    case
        when vs.number is null then vs.VSORRES
        when converted.factor is null then coalesce(vs.VSORRES_plain, vs.VSORRES)
        else cast(round((vs.number + converted.shift) * converted.factor, 4) as varchar)
    end as VSSTRESC,
    case
        when converted.factor is null then vs.number
        else round((vs.number + converted.shift) * converted.factor, 4)
    end as VSSTRESN,
    coalesce(converted.standard_unit, vs.VSORRESU) as VSSTRESU
from numbered as vs
left join {{ ref('unit_conversion') }} as converted on upper(vs.VSORRESU) = converted.unit
