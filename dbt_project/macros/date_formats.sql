{#
  How a text is read as a date: by the formats that study.yml declares for its column (pipelines/date_formats.py has their names), and by
  no other. What none of them reads is null here, stays beside the cast as it came, and becomes a finding.
#}
{% macro create_date_format_functions() %}
create or replace macro end_of_day(iso) as case
    when iso < '2199-12-31' then strftime(try_cast(iso as date) + 1, '%Y-%m-%dT00:00') end;

{#
  Strict ISO 8601 calendar dates and date-times, truncated forms included; seconds and fractions are cut, no zone is taken. 24:00 is the
  first minute of the next day, the one moment that has two names. A year before 1800 or after 2199 is a slip of the pen (0024), and is
  told as unreadable.
#}
create or replace macro iso_calendar_date(raw) as case
    when regexp_full_match(raw, '(1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}') and try_cast(raw as date) is not null then raw
    when regexp_full_match(raw, '(1[89]|2[01])[0-9]{2}(-[0-9]{2})?') and first_day(raw) is not null then raw
    when regexp_full_match(raw, '(1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?')
        and try_cast(substr(raw, 1, 10) as date) is not null then substr(raw, 1, 16)
    when regexp_full_match(raw, '(1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}T24:00(:00([.]0+)?)?') then end_of_day(substr(raw, 1, 10))
    end;

{# A time without the zone behind it (Z, UTC, +09:00); the wall clock that was written stays. #}
create or replace macro without_zone(raw) as regexp_replace(
    raw, '^(.*:[0-9]{2}(?:[.][0-9]+)?) ?(?:Z|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)$', '\1');

{#
  The functions below give a value a name with a list of one and a lambda: what a macro says twice is planned twice, and they nest.

  A time of 24 hours as HH:MM, seconds cut; '' where it is told as unknown (UN:UN, --:--), null where it is no time.
#}
create or replace macro clock_of(written) as list_transform([written], lambda w: case
    when regexp_full_match(w, '([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?') then lpad(regexp_extract(w, '[0-9]+:[0-9]+'), 5, '0')
    when regexp_full_match(w, '24:00(:00([.]0+)?)?') then '24:00'
    when regexp_full_match(w, '(UNK?|UK|NK|XX|--)(:(UNK?|UK|NK|XX|--))?', 'i') then '' end)[1];

{# The same of a time of 12 hours with AM or PM: 12:30 AM is 00:30. #}
create or replace macro clock_of_half_day(written) as list_transform([written], lambda w: case
    when regexp_full_match(w, '(0?[1-9]|1[0-2]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)? ?[AP]M', 'i')
        then strftime(try_strptime(regexp_replace(upper(w), '^([0-9]+:[0-9]+).*([AP]M)$', '\1 \2'), '%I:%M %p'), '%H:%M')
    when regexp_full_match(w, '(UNK?|UK|NK|XX|--)(:(UNK?|UK|NK|XX|--))?', 'i') then '' end)[1];

{# A day with its time. A time that is told as unknown leaves the day; a day that is, the month or the year. #}
create or replace macro day_with_time(day, clock) as list_transform([[day, clock]], lambda p: case
    when p[2] is null then null
    when length(p[1]) < 10 or p[2] = '' then p[1]
    when p[2] = '24:00' then end_of_day(p[1])
    else p[1] || 'T' || p[2] end)[1];

{# Year, month and day, or the first of them, as ISO text; null where the calendar does not have them. #}
create or replace macro iso_of_parts(year, month, day) as list_transform(
    [cast(year as varchar) || coalesce('-' || lpad(nullif(month, ''), 2, '0') || coalesce('-' || lpad(nullif(day, ''), 2, '0'), ''), '')],
    lambda iso: case when iso >= '1800' and iso < '22' and first_day(iso) is not null then iso end)[1];

{#
  A date of a Japanese era, given as era, year, month and day between blanks: R 6 6 12, 令和 元 5 1. Null outside the era: an era ends with
  the day before the next begins. Before 1873 Japan counted the days by the moon, so the first years of Meiji are not read.
#}
create or replace macro era_date(parts) as list_transform([string_split(parts, ' ')], lambda p: list_transform(
    [case when p[1] in ('令和', 'R') then ['2018', '2019-05-01', '2199-12-31']
        when p[1] in ('平成', 'H') then ['1988', '1989-01-08', '2019-04-30']
        when p[1] in ('昭和', 'S') then ['1925', '1926-12-25', '1989-01-07']
        when p[1] in ('大正', 'T') then ['1911', '1912-07-30', '1926-12-24']
        when p[1] in ('明治', 'M') then ['1867', '1873-01-01', '1912-07-29'] end],
    lambda era: list_transform(
        [iso_of_parts(cast(era[1] as integer) + try_cast(replace(p[2], '元', '1') as integer), p[3], p[4])],
        lambda iso: case when iso between substr(era[2], 1, length(iso)) and substr(era[3], 1, length(iso)) then iso end)[1])[1])[1];

{# A date of the Republic of China, given as year, month and day between blanks; 113 is 2024. #}
create or replace macro roc_date(parts) as list_transform(
    [string_split(parts, ' ')], lambda p: iso_of_parts(1911 + try_cast(p[1] as integer), p[2], p[3]))[1];
{% endmacro %}

{#
  Reads a text as a date in declared formats, the first that fits; ISO 8601 text, or NULL when none does. Only what is declared is
  compiled: a cast over all formats would cost each model a second of planning.
#}
{% macro read_date(raw, formats) -%}
    coalesce({% for format in formats %}{{ read_date_as(raw, format) }}, {% endfor %}cast(null as varchar))
{%- endmacro %}

{% macro read_date_as(raw, format) -%}
{%- if format == 'ISO8601' -%}
    iso_calendar_date({{ raw }})
{%- elif format == 'ISO8601+ZONE' -%}
    iso_calendar_date(without_zone({{ raw }}))
{%- elif format.endswith('HH:MM+ZONE') -%}
    {{ read_day_and_time('without_zone(' ~ raw ~ ')', format[:-5]) }}
{%- elif 'HH:MM' in format -%}
    {{ read_day_and_time(raw, format) }}
{%- elif format.startswith('ERA') or format.startswith('ROC') -%}
    {{ read_counted_years(raw, format) }}
{%- else -%}
    {{ read_day(raw, format) }}
{%- endif -%}
{%- endmacro %}

{# `<day> HH:MM`, `<day> HH:MM AM`, and SAS's DDMMMYYYY:HH:MM; seconds may be there. #}
{% macro read_day_and_time(raw, format) -%}
{#- The day has no colon, so the time begins behind the last blank before the first one. -#}
{%- set pattern = '^([^:]*):(.*)$' if ':HH' in format else '^([^:]*) (.*)$' -%}
    day_with_time(
        {{ read_date_as("regexp_extract(" ~ raw ~ ", '" ~ pattern ~ "', 1)", format.split('HH:MM')[0][:-1]) }},
        {{ 'clock_of_half_day' if format.endswith(' AM') else 'clock_of' }}(regexp_extract({{ raw }}, '{{ pattern }}', 2)))
{%- endmacro %}

{# Years that are counted from an era or from 1911, with month and day as far as the format has them. #}
{% macro read_counted_years(raw, format) -%}
{%- set patterns = {
    'ERA YY年MM月DD日': 'ERA ?YEAR ?年 ?PART ?月 ?PART ?日', 'ERA YY年MM月': 'ERA ?YEAR ?年 ?PART ?月', 'ERA YY年': 'ERA ?YEAR ?年',
    'ERA YY.MM.DD': 'ERA ?YEAR[.] ?PART[.] ?PART', 'ERA YY/MM/DD': 'ERA ?YEAR/PART/PART', 'ERA YY-MM-DD': 'ERA ?YEAR-PART-PART',
    'ROC YYY年MM月DD日': 'ROC ?COUNT ?年 ?PART ?月 ?PART ?日', 'ROC YYY年MM月': 'ROC ?COUNT ?年 ?PART ?月', 'ROC YYY年': 'ROC ?COUNT ?年',
    'ROC YYY/MM/DD': 'COUNT/PART/PART', 'ROC YYY.MM.DD': 'COUNT[.] ?PART[.] ?PART', 'ROC YYY-MM-DD': 'COUNT-PART-PART',
    'ROC YYY/MM': 'COUNT/PART', 'ROC YYYMMDD': 'SEVEN',
} -%}
{%- set pattern = patterns[format] | replace('ERA', '(明治|大正|昭和|平成|令和|[MTSHR])') | replace('YEAR', '([0-9]{1,2}|元)')
    | replace('ROC', '(?:中華民國|中华民国|民國|民国)?') | replace('COUNT', '(1[0-9]{2}|0?[1-9][0-9])') | replace('PART', '([0-9]{1,2})')
    | replace('SEVEN', '(1[0-9]{2}|0[1-9][0-9])([0-9]{2})([0-9]{2})') -%}
{%- set count = 4 if format == 'ROC YYYMMDD' or format.endswith('DD') or format.endswith('DD日') else 3 if 'MM' in format else 2 -%}
{%- set groups = ['\\1', '\\2', '\\3', '\\4'][:count if format.startswith('ERA') else count - 1] | join(' ') -%}
    case when regexp_full_match({{ raw }}, '{{ pattern }}')
        then {{ 'era_date' if format.startswith('ERA') else 'roc_date' }}(regexp_replace({{ raw }}, '^{{ pattern }}$', '{{ groups }}')) end
{%- endmacro %}

{#
  Years of our calendar. Of each format the shape: %Y, %m, %d, %b (Jun) and %B (June) stand for the parts, the rest is a regular expression.
  A day, or a month and a day, that is told as unknown (UN, UNK, UK, NK, XX, XXX, hyphens) leaves what is known; a day without its month is
  not read.
#}
{% macro read_day(raw, format) -%}
{%- set shape = {
    'YYYY-MM-DD': '%Y-%m-%d', 'YYYY/MM/DD': '%Y/%m/%d', 'YYYY.MM.DD': '%Y[.] ?%m[.] ?%d[.]?', 'YYYYMMDD': '%Y%m%d',
    'DD/MM/YYYY': '%d/%m/%Y', 'MM/DD/YYYY': '%m/%d/%Y', 'DD-MM-YYYY': '%d-%m-%Y', 'MM-DD-YYYY': '%m-%d-%Y', 'DD.MM.YYYY': '%d[.]%m[.]%Y',
    'DD-MMM-YYYY': '%d-%b-%Y', 'DD/MMM/YYYY': '%d/%b/%Y', 'DD MMM YYYY': '%d %b %Y', 'DDMMMYYYY': '%d%b%Y', 'DD MMMM YYYY': '%d %B %Y',
    'MMM DD YYYY': '%b %d,? %Y', 'MMMM DD YYYY': '%B %d,? %Y',
    'YYYY年MM月DD日': '%Y ?年 ?%m ?月 ?%d ?日', 'YYYY년 MM월 DD일': '%Y ?년 ?%m ?월 ?%d ?일',
    'YYYY-MM': '%Y-%m', 'YYYY/MM': '%Y/%m', 'MM/YYYY': '%m/%Y', 'MM.YYYY': '%m[.]%Y',
    'MMM-YYYY': '%b-%Y', 'MMM/YYYY': '%b/%Y', 'MMM YYYY': '%b %Y', 'MMMM YYYY': '%B %Y',
    'YYYY年MM月': '%Y ?年 ?%m ?月', 'YYYY년 MM월': '%Y ?년 ?%m ?월', 'YYYY年': '%Y ?年', 'YYYY년': '%Y ?년', 'YYYY': '%Y',
}[format] -%}
{%- set digits = '[0-9]{2}' if format in ('YYYY-MM-DD', 'YYYYMMDD', 'DDMMMYYYY', 'YYYY-MM') else '[0-9]{1,2}' -%}
{%- set is_whole, has_month = '%d' in shape, 'MM' in format -%}
{%- set month = '%B' if '%B' in shape else '%b' if '%b' in shape else '%m' -%}
{%- set is_year_first = shape.startswith('%Y') -%}
{%- set order = ['%Y', month] if is_year_first else [month, '%Y'] -%}
{%- set unknown = '(?i:UNK?|UK|NK|XXX?|-{1,3})' -%}
{%- set month_only = shape | replace('%d', unknown) -%}
{%- set year_only = month_only | replace(month, unknown) -%}
{#- 2024---, as some systems write a year without month and day. -#}
{%- set year_only = '%Y-{2,7}' ~ '|' ~ year_only if format in ('YYYY-MM-DD', 'YYYY-MM') else year_only -%}
{%- set calendar_order = order if not is_whole else ['%Y', month, '%d'] if is_year_first else [month, '%d', '%Y'] -%}
{%- set write = '%Y-%m-%d' if is_whole else '%Y-%m' -%}
{%- set known_year %}
    when regexp_full_match({{ raw }}, '{{ shape_pattern(year_only, digits) }}') then regexp_extract({{ raw }}, '[0-9]{4}')
{%- endset -%}
    case
    {#- UNK has the form of a month's name, so it is asked for first; a whole date is asked for before, since most are. -#}
    {%- if has_month and not is_whole %}{{ known_year }}{% endif %}
    when regexp_full_match({{ raw }}, '{{ shape_pattern(shape, digits) }}') then
    {%- if not has_month %} regexp_extract({{ raw }}, '[0-9]{4}')
    {%- elif '?' not in shape %} strftime(try_strptime({{ raw }}, '{{ shape | replace('[.]', '.') }}'), '{{ write }}')
    {%- else %} strftime(try_strptime(
        regexp_replace({{ raw }}, '^{{ shape_pattern(shape, digits) }}$', '{{ ['\\1', '\\2', '\\3'][:calendar_order | length] | join(' ') }}'),
        '{{ calendar_order | join(' ') }}'), '{{ write }}')
    {%- endif %}
    {%- if is_whole %}{{ known_year }}
    when regexp_full_match({{ raw }}, '{{ shape_pattern(month_only, digits) }}') then strftime(try_strptime(
        regexp_replace({{ raw }}, '^{{ shape_pattern(month_only, digits) }}$', '\1 \2'), '{{ order | join(' ') }}'), '%Y-%m')
    {%- endif %} end
{%- endmacro %}

{% macro shape_pattern(shape, digits) -%}
{{ shape | replace('%Y', '((?:1[89]|2[01])[0-9]{2})') | replace('%m', '(' ~ digits ~ ')') | replace('%d', '(' ~ digits ~ ')')
    | replace('%b', '([A-Za-z]{3})') | replace('%B', '([A-Za-z]{3,9})') }}
{%- endmacro %}
