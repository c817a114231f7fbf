-- Grain: one row per enrolled subject or subject with criteria or an eligibility page: how many criteria of its protocol version it has
-- answered, how many that version has (IE-02 criteria_count), and when its eligibility was assessed and entered, the latest each.
with configured as (
    select
        nullif(trim(regexp_extract(value, '^(.*)=', 1)), '') as version,
        cast(regexp_extract(value, '([0-9]+)$', 1) as bigint) as criteria_count,
        position
    from {{ source('settings', 'parameter') }}
    where check_id = 'IE-02' and name = 'criteria_count'
),

-- The version that the latest assessment names is the subject's; without dates, the last of them in the list of study.yml.
current_version as (
    select ie.USUBJID, ie.TIVERS as version
    from {{ ref('ie') }} as ie
    left join configured on ie.TIVERS = configured.version
    where ie.USUBJID is not null and ie.TIVERS is not null
    qualify row_number() over (
        partition by ie.USUBJID
        order by ie.IEDTC desc nulls last, configured.position desc nulls last, ie.TIVERS desc, ie.content_hash, ie.source_file, ie.source_row
    ) = 1
),

answers as (
    select
        ie.USUBJID,
        any_value(current_version.version) as version,
        count(distinct ie.IETESTCD) filter (
            where coalesce(ie.IEORRES, ie.IESTRESC) is not null
            and (ie.TIVERS is null or ie.TIVERS = current_version.version)
        ) as answered,
        max(ie.IEDTC) as eligibility_date
    from {{ ref('ie') }} as ie
    left join current_version on ie.USUBJID = current_version.USUBJID
    where ie.USUBJID is not null
    group by ie.USUBJID
),

entries as (
    select USUBJID, max(entry_date) as eligibility_entry_date
    from {{ ref('page') }}
    where
        USUBJID is not null
        and (upper(form) = 'IE' or upper(form) like '%ELIGIB%' or upper(form) like '%INCLUSION%' or upper(form) like '%EXCLUSION%')
    group by USUBJID
),

subjects as (
    select USUBJID from {{ ref('int_enrolled') }}
    union
    select USUBJID from answers
    union
    select USUBJID from entries
)

select
    subjects.USUBJID,
    coalesce(answers.answered, 0) as answered,
    -- Who has no criterion at all names no version; every version would be unanswered.
    coalesce(
        own.criteria_count,
        (select min(criteria_count) from configured where version is null),
        case when answers.USUBJID is null then (select min(criteria_count) from configured) end
    ) as criteria_count,
    answers.eligibility_date,
    entries.eligibility_entry_date
from subjects
left join answers on subjects.USUBJID = answers.USUBJID
left join entries on subjects.USUBJID = entries.USUBJID
left join configured as own on answers.version = own.version
