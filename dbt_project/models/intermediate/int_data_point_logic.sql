-- Grain: one row per data point whose item has branching logic that its subject's data decide: whether the item applies. What controls it has the
-- one value on the same line of the form, else of the same line or of no line at the visit. Where it has none there, EDC systems differ: to REDCap it
-- is blank, others mean the subject's one value. So that decides only where it makes no difference, and several values decide nothing. A missing-data
-- code, too, is a text to some systems and a blank to others; it decides where that makes no difference, or the logic asks for this code.
with codes as (
    select distinct upper(value) as code
    from {{ source('settings', 'parameter') }}
    where check_id = 'E-05' and name = 'missing_codes'
),

points as (
    select
        site, subject, upper(trim(form)) as form, upper(trim(field)) as field, coalesce(visit, '') as visit,
        coalesce(log_line, '') as log_line, coalesce(trim(value), '') as value, source_name, source_file, source_row
    from {{ ref('audit') }}
    where action is null and audit_id is null and subject is not null
),

controls as (
    select points.*
    from points
    where field in (select controlling_field from {{ ref('int_branching_clause') }})
),

on_line as (
    select site, subject, form, field, visit, log_line, min(value) as value
    from controls
    group by site, subject, form, field, visit, log_line
    having count(distinct value) = 1
),

lines as (
    select distinct site, subject, visit, log_line
    from points
),

-- A line sees its own values and those that are on no line.
at_visit as (
    select lines.site, lines.subject, controls.field, lines.visit, lines.log_line, min(controls.value) as value
    from lines
    inner join controls
        on lines.site = controls.site and lines.subject = controls.subject and lines.visit = controls.visit
        and controls.log_line in ('', lines.log_line)
    group by lines.site, lines.subject, controls.field, lines.visit, lines.log_line
    having count(distinct controls.value) = 1
),

of_subject as (
    select site, subject, field, min(value) as value
    from controls
    group by site, subject, field
    having count(distinct value) = 1
),

-- The options of a checkbox that stands on one form only, or is the same on all.
checkbox as (
    select field, min(option_codes) as option_codes
    from {{ ref('int_dictionary_item') }}
    group by field
    having count(distinct option_codes) = 1 and count(*) = count(option_codes)
),

clauses as (
    select
        points.source_name,
        points.source_file,
        points.source_row,
        clause.alternative,
        clause.choice,
        clause.operator,
        clause.wanted,
        clause.is_number,
        checkbox.option_codes,
        coalesce(on_line.value, at_visit.value, of_subject.value) as found,
        coalesce(on_line.value, at_visit.value) is null as is_elsewhere
    from points
    inner join {{ ref('int_branching_clause') }} as clause on points.form = clause.form and points.field = clause.field
    left join on_line
        on points.site = on_line.site and points.subject = on_line.subject and points.form = on_line.form
        and points.visit = on_line.visit and points.log_line = on_line.log_line and clause.controlling_field = on_line.field
    left join at_visit
        on points.site = at_visit.site and points.subject = at_visit.subject and points.visit = at_visit.visit
        and points.log_line = at_visit.log_line and clause.controlling_field = at_visit.field
    left join of_subject
        on points.site = of_subject.site and points.subject = of_subject.subject and clause.controlling_field = of_subject.field
    left join checkbox on clause.controlling_field = checkbox.field
),

marked as (
    select
        source_name,
        source_file,
        source_row,
        alternative,
        if(choice is null, found, choice_mark(option_codes, found, choice)) as value,
        if(choice is null, '', '0') as nothing,
        is_elsewhere or (choice is null and found <> wanted and upper(found) in (select code from codes)) as is_unsure,
        operator,
        wanted,
        is_number
    from clauses
),

judged as (
    select
        source_name,
        source_file,
        source_row,
        alternative,
        case
            when not is_unsure or clause_holds(value, operator, wanted, is_number) = clause_holds(nothing, operator, wanted, is_number)
                then clause_holds(value, operator, wanted, is_number)
        end as holds
    from marked
),

alternatives as (
    select
        source_name,
        source_file,
        source_row,
        alternative,
        case when bool_or(not holds) then false when count(*) = count(holds) then true end as holds
    from judged
    group by source_name, source_file, source_row, alternative
)

select source_name, source_file, source_row, coalesce(bool_or(holds), false) as is_applicable
from alternatives
group by source_name, source_file, source_row
having coalesce(bool_or(holds), false) or count(*) = count(holds)
