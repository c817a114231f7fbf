-- Grain: one row per change or deletion of a value in the audit trail. `person` is the person of the list of staff where the entry names one, else
-- the user as the entry has it. A user is a system by its name alone: a monitor or a data manager is on no list of the site.
select
    entry.site,
    entry.subject,
    entry.dataset,
    entry.record,
    entry.source_name,
    entry.source_file,
    entry.source_row,
    concat_ws(chr(31), entry.subject, coalesce(entry.item_id, concat_ws(chr(31), entry.form, entry.field, entry.visit, entry.log_line))) as item,
    entry.page_id,
    entry.form,
    entry.field,
    entry.visit,
    entry.changed_at,
    entry.changed_by,
    coalesce(alias.person, nullif(trim(entry.changed_by), '')) as person,
    is_system_user(entry.changed_by) as is_by_system,
    entry.old_value,
    entry.reason
from {{ ref('audit') }} as entry
{{ join_person_named('entry', 'changed_by') }}
where upper(trim(entry.action)) in ('CHANGE', 'DELETE')
