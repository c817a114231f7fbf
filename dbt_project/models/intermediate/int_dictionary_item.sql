-- Grain: one row per form and item of the data dictionary of the study, names in capitals. All sites deliver the same dictionary: the first site's
-- entry counts. `option_codes` is blank where the item is no choice by its type: choices of a calculation, a slider or a text are no options.
with listed as (
    select *, row_number() over (partition by upper(trim(form)), upper(trim(field)) order by site, source_file, source_row) as position
    from {{ ref('data_dictionary') }}
    where form is not null and field is not null
)

select
    upper(trim(form)) as form,
    upper(trim(field)) as field,
    coalesce(lower(trim(field_type)), '') as field_type,
    coalesce(upper(trim(is_required)) in ('Y', 'YES', '1', 'TRUE'), false) as is_required,
    branching_logic,
    case when choices is not null and coalesce(lower(trim(field_type)) in ('', 'radio', 'dropdown', 'checkbox', 'yesno', 'truefalse', 'select'), true)
        then option_codes(choices)
    end as option_codes
from listed
where position = 1
