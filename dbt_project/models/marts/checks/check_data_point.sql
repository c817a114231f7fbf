-- Grain: one row per data point of a subject whose item the data dictionary has. Empty text, NA and a full stop are blank. An item without branching
-- logic applies always; `is_applicable` is blank where logic cannot be read or the subject's data do not decide it.
with codes as (
    select distinct upper(value) as code
    from {{ source('settings', 'parameter') }}
    where check_id = 'E-05' and name = 'missing_codes'
),

points as (
    select
        audit.*,
        case when upper(trim(audit.value)) not in ('', 'NA', '.') then trim(audit.value) end as entered_value,
        item.field_type,
        item.is_required as is_item_required,
        item.branching_logic,
        item.option_codes
    from {{ ref('audit') }} as audit
    inner join {{ ref('int_dictionary_item') }} as item
        on upper(trim(audit.form)) = item.form and upper(trim(audit.field)) = item.field
    where audit.action is null and audit.audit_id is null and audit.subject is not null
),

pages as (
    select
        site,
        subject,
        page_id,
        bool_or(coalesce(upper(trim(status)) not in ('NOT DONE', 'NOT STARTED', 'BLANK', 'EMPTY'), entry_date_raw is not null)) as is_started
    from {{ ref('page') }}
    where page_id is not null
    group by site, subject, page_id
)

select
    points.site,
    points.subject,
    points.dataset,
    points.record,
    points.form,
    points.field,
    points.visit,
    points.value,
    points.entered_value,
    points.is_item_required as is_required,
    coalesce(pages.is_started, false) as is_page_started,
    case when points.branching_logic is null then true else logic.is_applicable end as is_applicable,
    points.field_type = 'checkbox' and coalesce(points.entered_value = '0', false) as is_unticked,
    codes.code is not null as is_missing_code,
    case
        when points.entered_value is null then null
        when points.field_type = 'checkbox' and points.entered_value in ('0', '1') then null
        when points.field_type = 'checkbox' then are_options(points.option_codes, points.entered_value)
        else is_option(points.option_codes, points.entered_value)
    end as is_listed_option,
    points.source_file,
    points.source_row
from points
left join pages on points.site = pages.site and points.subject = pages.subject and points.page_id = pages.page_id
left join {{ ref('int_data_point_logic') }} as logic
    on points.source_file = logic.source_file and points.source_row = logic.source_row
    and points.source_name is not distinct from logic.source_name
left join codes on upper(trim(points.value)) = codes.code
