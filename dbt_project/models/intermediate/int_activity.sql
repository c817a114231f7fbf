{#
  What is recorded with who did it: the kind of activity, its dataset, who, when, and which records count. Of what was not done nobody did
  it; a data point of AUDIT without an action is no entry of the trail.
#}
{% set recorded = [
    ('INFORMED CONSENT', 'co_consent', 'consenter_name',
        'case when consenter_sign_date_raw is null then subject_sign_date else consenter_sign_date end', 'true'),
    ('DATA ENTRY', 'audit', 'changed_by', 'changed_at', 'action is not null'),
    ('VISIT', 'sv', 'performed_by', 'SVSTDTC', 'true'),
    ('VITAL SIGNS', 'vs', 'performed_by', 'VSDTC', "coalesce(upper(VSSTAT) <> 'NOT DONE', true)"),
    ('SAMPLE COLLECTION', 'lb', 'performed_by', 'LBDTC', "coalesce(upper(LBSTAT) <> 'NOT DONE', true)"),
    ('ECG', 'eg', 'performed_by', 'EGDTC', "coalesce(upper(EGSTAT) <> 'NOT DONE', true)"),
    ('DOSING', 'ex', 'performed_by', 'EXSTDTC', "coalesce(upper(EXOCCUR) <> 'N', true)"),
    ('SIGNATURE', 'signature', 'signed_by', 'signed_at', 'true'),
] %}
-- Grain: one row per site, person of its list, kind of activity and date, to the day, on which that person is recorded with it; the first
-- of the records stands for all. Names that the list does not know are left out.
-- Records are counted together by the name as delivered first, so that of millions of results a few thousand rows meet the list.
with recorded as (
    {% for activity, table, performer, date, counts in recorded %}
    select site, '{{ activity }}' as activity, dataset, performer, activity_date, source_file, min(source_row) as source_row
    from (
        select site, dataset, {{ performer }} as performer, substr({{ date }}, 1, 10) as activity_date, source_file, source_row
        from {{ ref(table) }}
        where {{ performer }} is not null and {{ counts }}
    ) as {{ table }}
    where activity_date is not null
    group by site, dataset, performer, activity_date, source_file
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    recorded.site,
    alias.person,
    recorded.activity,
    recorded.activity_date,
    min(recorded.dataset) as dataset,
    min(recorded.source_file) as source_file,
    min_by(recorded.source_row, recorded.source_file || lpad(cast(recorded.source_row as varchar), 12, '0')) as source_row
from recorded
inner join {{ ref('int_person_alias') }} as alias on recorded.site = alias.site and upper(trim(recorded.performer)) = alias.alias
group by recorded.site, alias.person, recorded.activity, recorded.activity_date
