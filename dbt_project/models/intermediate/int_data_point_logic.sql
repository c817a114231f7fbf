-- Grain: one row per data point whose item has branching logic that its subject's data decide: whether the item applies. What controls it has the
-- subject's one value on the same line of the form, else at the visit, else of all visits; where there are several or none, nothing is decided.
with points as (
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

at_visit as (
    select site, subject, field, visit, min(value) as value
    from controls
    group by site, subject, field, visit
    having count(distinct value) = 1
),

of_subject as (
    select site, subject, field, min(value) as value
    from controls
    group by site, subject, field
    having count(distinct value) = 1
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
        coalesce(on_line.value, at_visit.value, of_subject.value) as value
    from points
    inner join {{ ref('int_branching_clause') }} as clause on points.form = clause.form and points.field = clause.field
    left join on_line
        on points.site = on_line.site and points.subject = on_line.subject and points.form = on_line.form
        and points.visit = on_line.visit and points.log_line = on_line.log_line and clause.controlling_field = on_line.field
    left join at_visit
        on points.site = at_visit.site and points.subject = at_visit.subject and points.visit = at_visit.visit
        and clause.controlling_field = at_visit.field
    left join of_subject
        on points.site = of_subject.site and points.subject = of_subject.subject and clause.controlling_field = of_subject.field
),

judged as (
    select
        source_name,
        source_file,
        source_row,
        alternative,
        clause_holds(
            case when choice is null then value
                when value is not null then if(list_contains(string_split(value, ';'), choice), '1', '0')
            end,
            operator, wanted, is_number
        ) as holds
    from clauses
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
