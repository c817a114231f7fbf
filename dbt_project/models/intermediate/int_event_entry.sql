-- Grain: one row per adverse event record, with the subject's other entries of the event. Two entries are duplicates when they agree in all that
-- tells events apart, blanks included. Two episodes overlap when they do on every day and hour that dates leave open; one without an end lasts
-- until the extract. The later of two episodes tells of the earlier, so that a pair is told once.
with entries as (
    select
        ae.*,
        extract.extract_date,
        case when AEENDTC_raw is null then extract.extract_date else AEENDTC end as until,
        row_number() over (
            partition by USUBJID order by {{ blank_last('AESTDTC') }}, content_hash, source_file, source_row
        ) as entry_number,
        concat_ws(chr(31),
            coalesce(AETERM, ''), coalesce(AEDECOD, ''), coalesce(AESTDTC_raw, ''), coalesce(AEENDTC_raw, ''),
            coalesce(AETOXGR, AESEV, ''), coalesce(AELAT, ''), coalesce(AEMODIFY, '')
        ) as told_apart_by,
        concat_ws(chr(31), coalesce(AETOXGR, AESEV, ''), coalesce(AESER, '')) as weight
    from {{ ref('ae') }} as ae
    left join {{ source('settings', 'extract') }} as extract
        on ae.site = extract.site and ae.source_name = extract.source_name
),

episodes as (
    select
        later.USUBJID,
        later.entry_number,
        count(*) as earlier_episode_count,
        rtrim(min(earliest_first(earlier.AESTDTC)) filter (
            where
            later.weight = earlier.weight
            and certainly_by(later.AESTDTC, earlier.until)
            and certainly_by(earlier.AESTDTC, later.until)
        ), '~') as overlapped_start
    from entries as later
    inner join entries as earlier
        on later.USUBJID = earlier.USUBJID and later.AEDECOD = earlier.AEDECOD
        and later.entry_number > earlier.entry_number and later.told_apart_by <> earlier.told_apart_by
    group by later.USUBJID, later.entry_number
)

select
    entries.* exclude (until, told_apart_by, weight),
    case when entries.USUBJID is null then 1 else count(*) over (partition by entries.USUBJID, told_apart_by) end as entry_count,
    coalesce(earlier_episode_count, 0) as earlier_episode_count,
    overlapped_start
from entries
left join episodes on entries.USUBJID = episodes.USUBJID and entries.entry_number = episodes.entry_number
