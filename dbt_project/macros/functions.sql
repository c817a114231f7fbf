{#
  The scalar functions that models and check predicates use, created in the warehouse itself, so that dbt, Great Expectations and
  whoever opens the file speak of dates in the same words. All that differs between engines is in this file and in date_formats.sql.

  Dates are ISO 8601 text that may end early (2024, 2024-03). They are compared at their common precision, at most to the minute, and
  nothing is imputed: what is not certain is not said.
#}
{% macro create_functions() %}
create or replace macro first_day(iso) as try_cast(case
    when length(iso) = 4 then iso || '-01-01'
    when length(iso) = 7 then iso || '-01'
    else substr(iso, 1, 10) end as date);

create or replace macro final_day(iso) as case
    when length(iso) = 4 then try_cast(iso || '-12-31' as date)
    when length(iso) = 7 then last_day(try_cast(iso || '-01' as date))
    else try_cast(substr(iso, 1, 10) as date) end;

{{ create_date_format_functions() }}

{#
  A number written plainly, with a decimal point: no exponent, no sign of thousands, no more than 15 digits before the point, since a longer
  whole number would be another one as a double. -0 is 0.
#}
create or replace macro to_number(raw) as case
    when regexp_full_match(raw, '[+-]?(0*[0-9]{1,15}([.][0-9]*)?|[.][0-9]+)') and length(raw) <= 40 then try_cast(raw as double) + 0 end;

{# The number that a result is: by its text, or by the same with a decimal point where its source has a decimal comma. #}
create or replace macro result_number(raw, plain) as to_number(coalesce(plain, raw));

{# A ratio or a product beside its limit: without what binary fractions add, (62.1 - 54) / 54 being a little more than 0.15 in them. #}
create or replace macro to_nine_places(calculated) as round(calculated, 9);

create or replace macro certainly_after(a, b) as coalesce(
    substr(a, 1, least(length(a), length(b), 16)) > substr(b, 1, least(length(a), length(b), 16)), false);

create or replace macro certainly_differ(a, b) as certainly_after(a, b) or certainly_after(b, a);

{# The fewest days that can lie between two dates; null when either is blank. #}
create or replace macro least_days_between(a, b) as date_diff('day', final_day(a), first_day(b));

{# The same for hours, a date without a time being a whole day; null when either is blank. #}
create or replace macro least_hours_between(a, b) as date_diff(
    'minute',
    case when length(a) = 16 then try_cast(a as timestamp) else cast(final_day(a) + 1 as timestamp) end,
    case when length(b) = 16 then try_cast(b as timestamp) else cast(first_day(b) as timestamp) end) / 60.0;

{# The fewest days that can lie between a date and a span of days, 0 where they may touch; a blank date, start or end leaves all open. #}
create or replace macro days_from_span(iso, span_start, span_end) as greatest(
    coalesce(least_days_between(iso, span_start), 0), coalesce(least_days_between(span_end, iso), 0), 0);

{# The fewest days that can lie between two spans, 0 where they may touch; a blank start or end leaves open how far a span goes. #}
create or replace macro days_between_spans(a_start, a_end, b_start, b_end) as greatest(
    coalesce(least_days_between(a_end, b_start), 0), coalesce(least_days_between(b_end, a_start), 0), 0);

{# The fewest days that can lie between two dates, whichever comes first, 0 where they may touch. #}
create or replace macro days_apart(a, b) as days_from_span(a, b, b);

{# Whether a date lies on or before another whatever they leave open. A day alone touches itself, but not an hour of it. #}
create or replace macro certainly_by(a, b) as coalesce(
    case when 16 in (length(a), length(b)) then least_hours_between(a, b) >= 0 else least_days_between(a, b) >= 0 end, false);

{# Whether a date lies more than some months before another whatever they leave open; a month that is too short counts to its last day. #}
create or replace macro certainly_older(iso, b, months) as coalesce(
    final_day(iso) < cast(first_day(b) - to_months(months) as date), false);

{# A year and a day without their month, in one of the ways in which exports write it: 2010---01, 2010--01, 01-UNK-2010. #}
create or replace macro lacks_only_month(raw) as coalesce(
    regexp_full_match(raw, '[0-9]{4}(---?|[-/. ]?(UN|UNK|UK|XX|XXX|NK)[-/. ]?)[0-9]{1,2}(T.*)?', 'i')
    or regexp_full_match(raw, '[0-9]{1,2}([-/. ]?(UN|UNK|UK|XX|XXX|NK)[-/. ]?|--|-{3})[0-9]{4}', 'i'), false);

{# Digits and signs of full width, as East Asian keyboards write them, as plain ones. #}
create or replace macro plain_digits(raw) as translate(raw, '０１２３４５６７８９．＋－＜＞＝', '0123456789.+-<>=');

{# The languages that a text of codes names, without country or script, between blanks: ' EN ZH ' of en-GB, zh-Hans. #}
create or replace macro language_codes(raw) as ' ' || trim(regexp_replace(
    regexp_replace(upper(raw), '[-_][A-Z0-9]+', '', 'g'), '[^A-Z]+', ' ', 'g')) || ' ';

{# One of the languages of a text of codes is one of those of another. #}
create or replace macro share_a_language(raw, other) as list_has_any(
    string_split(trim(language_codes(raw)), ' '), string_split(trim(language_codes(other)), ' '));

{# The number that a result states, alone or behind a comparator (<5, >= 10); null when it states none. #}
create or replace macro stated_number(raw) as to_number(regexp_replace(trim(plain_digits(raw)), '^[<>]=? *', ''));

{#
  The month, else the year, that names the version of a dictionary: 2024-03 for "WHODrug Global B3 2024-03", "202403", "20240301",
  "2024MAR1" and "March 1, 2024"; null when it names no year.
#}
create or replace macro release_of(version) as nullif(regexp_extract(version, '(19|20)[0-9]{2}', 0), '') || coalesce(
    '-' || nullif(regexp_extract(version, '(19|20)[0-9]{2}[-/. ]?(0[1-9]|1[0-2])((0[1-9]|[12][0-9]|3[01])?([^0-9]|$))', 2), ''),
    '-' || lpad(cast((strpos('JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC', nullif(
        regexp_extract(upper(version), '(^|[^A-Z])(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)', 2), '')) + 2) // 3 as varchar), 2, '0'),
    '');

{# A user of the EDC that is no person, by its name: System, Batch Job, svc-migration. #}
create or replace macro is_system_user(name) as coalesce(regexp_full_match(
    name, '(.*[^a-z])?(system|batch|service|svc|automatic|auto|migration|interface|import|derivation)([^a-z].*)?', 'i'), false);

{# Minutes of a date with a time since 1970; null without a time. #}
create or replace macro minute_of(iso) as case
    when length(iso) = 16 then date_diff('minute', timestamp '1970-01-01 00:00:00', try_cast(iso as timestamp)) end;

{#
  Branching logic of a data dictionary that can be read: items compared with a value each, [item] = 'value', joined by and or or; and binds closer. A
  value may be a number without quotes, and [item(1)] is 1 where choice 1 of a checkbox is ticked, else 0. Parentheses, functions and items of
  another event are not read. Its tokens are clauses and the words between; of a clause there is the item, the choice, the operator and the value.
#}
create or replace macro is_readable_logic(logic) as coalesce(regexp_full_match(
    logic,
    '\s*\[\w+(?:\([\w-]+\))?\]\s*(?:=|<>|!=|<=|>=|<|>)\s*(?:''[^'']*''|\"[^\"]*\"|[+-]?[0-9]+(?:[.][0-9]+)?)(\s+(and|or)\s+\[\w+(?:\([\w-]+\))?\]\s*(?:=|<>|!=|<=|>=|<|>)\s*(?:''[^'']*''|\"[^\"]*\"|[+-]?[0-9]+(?:[.][0-9]+)?))*\s*', 'i'), false);

create or replace macro logic_tokens(logic) as regexp_extract_all(logic, '\[\w+(?:\([\w-]+\))?\]\s*(?:=|<>|!=|<=|>=|<|>)\s*(?:''[^'']*''|\"[^\"]*\"|[+-]?[0-9]+(?:[.][0-9]+)?)|\b(?:and|or)\b', 0, 'i');

create or replace macro clause_item(clause) as upper(regexp_extract(clause, '\[(\w+)', 1));

create or replace macro clause_choice(clause) as nullif(regexp_extract(clause, '^\[\w+\(([\w-]+)\)', 1), '');

create or replace macro clause_operator(clause) as replace(regexp_extract(clause, '\]\s*(=|<>|!=|<=|>=|<|>)', 1), '!=', '<>');

create or replace macro clause_value(clause) as trim(regexp_extract(clause, '\]\s*[=<>!]+\s*[''"]?((?:.|\n|\r)*?)[''"]?$', 1));

create or replace macro clause_is_number(clause) as not suffix(clause, '''') and not suffix(clause, '"');

{#
  Whether a value fulfils a clause; null where that is not certain: a quoted number written in another way, a blank beside an unquoted one, an order
  of what are no numbers.
#}
create or replace macro clause_holds(value, operator, wanted, is_number) as case
    when value is null then null
    when operator = '<' then to_number(value) < to_number(wanted)
    when operator = '<=' then to_number(value) <= to_number(wanted)
    when operator = '>' then to_number(value) > to_number(wanted)
    when operator = '>=' then to_number(value) >= to_number(wanted)
    when value = wanted then operator = '='
    when is_number and value = '' then null
    when to_number(value) = to_number(wanted) then case when is_number then operator = '=' end
    else operator = '<>' end;

{# The codes of choices (0, No | 1, Yes) between bars: |0|1|. And whether each of several ticked codes (0;1) is one of them. #}
create or replace macro option_codes(choices) as '|' || trim(regexp_replace(
    regexp_replace(choices, ' *,[^|]*', '', 'g'), ' *[|] *', '|', 'g')) || '|';

create or replace macro is_option(codes, value) as contains(codes, '|' || value || '|') and not contains(value, '|');

create or replace macro split_ticked(ticked) as string_split(regexp_replace(trim(ticked), ' *[;,|] *', '|', 'g'), '|');

create or replace macro are_options(codes, ticked) as list_has_all(string_split(codes, '|'), split_ticked(ticked));

create or replace macro lower_code(text) as replace(lower(text), '-', '_');

{#
  Whether a choice of a checkbox is among the ticked codes: 1 or 0, as REDCap's columns have it; null where the ticked ones are no codes of the
  dictionary, or the choice is none, so that nobody can tell. A column's name has a code in small letters, its minus as an underscore.
#}
create or replace macro choice_mark(codes, ticked, choice) as case
    when list_contains(split_ticked(lower_code(ticked)), lower_code(choice)) then '1'
    when is_option(lower_code(codes), lower_code(choice)) and (ticked = '' or list_has_all(
        string_split(lower_code(codes), '|'), split_ticked(lower_code(ticked)))) then '0' end;

{# Whole years from one day to another, as ages are counted; and the fewest and the most that a birth date allows on a date. #}
create or replace macro completed_years(birth, day) as year(day) - year(birth)
    - case when 100 * month(day) + dayofmonth(day) < 100 * month(birth) + dayofmonth(birth) then 1 else 0 end;

create or replace macro lowest_age(birth, iso) as completed_years(final_day(birth), first_day(iso));

create or replace macro highest_age(birth, iso) as completed_years(first_day(birth), final_day(iso));

{# How alike two terms are, from 0 to 1 (Jaro-Winkler), whatever their case; null when either is blank. #}
create or replace macro term_similarity(a, b) as jaro_winkler_similarity(upper(trim(a)), upper(trim(b)));

{# Whether a text is a list of criteria of seriousness in the words of AE's variables, and of nothing else. #}
create or replace macro lists_criteria(raw) as coalesce(
    regexp_full_match(trim(raw), '((AESDTH|AESLIFE|AESHOSP|AESDISAB|AESCONG|AESMIE|AESCAN|AESOD)[ ,;]*)+', 'i'), false);

{# 64 bits of a record's content as one text: the same in every run and on every engine, and an eighth of the text of a full hash. #}
create or replace macro content_hash_of(content) as md5_number_lower(content);

create or replace macro hash_text(hash) as lower(lpad(hex(hash), 16, '0'));

{# Whether a date lies behind the day that comes some months after another, the last day of that month where it is shorter. #}
create or replace macro certainly_beyond_months(start_date, months, iso) as coalesce(
    first_day(iso) > cast(final_day(start_date) + to_months(cast(months as integer)) as date), false);

{# What a text of identifiers names, in capitals: the whole of it, and the parts between commas and semicolons. #}
create or replace macro named_items(raw) as list_distinct(list_append(
    string_split_regex(upper(trim(raw)), ' *[,;] *'), upper(trim(raw))));

{# The first three of some texts, each once, between quotes. #}
create or replace macro first_three(texts) as '"' || array_to_string(
    list_filter(texts, lambda text, place: list_position(texts, text) = place)[1:3], '", "') || '"';

{# Sorts a partial date behind all dates that begin like it: the smallest is the earliest that is certain. #}
create or replace macro earliest_first(iso) as iso || '~';

{#
  Of several dates, given by the earliest certain one and the least and the greatest as texts, one that another date contradicts: for certain,
  else in precision, else the earliest. If any of them does, one of the three does.
#}
create or replace macro contradicting_date(iso, earliest, least_text, greatest_text) as case
    when certainly_differ(iso, earliest) then earliest
    when iso <> greatest_text then greatest_text
    when iso <> least_text then least_text
    else earliest end;
{% endmacro %}

{# Sorts dates from the earliest certain one on, blank ones last. #}
{% macro blank_last(date) -%}
    coalesce(earliest_first({{ date }}), '~~')
{%- endmacro %}

{# The day that lies some days after (or before) another, as ISO text. #}
{% macro iso_day(day, days) -%}
    strftime({{ day }} + cast({{ days }} as integer), '%Y-%m-%d')
{%- endmacro %}

{# Takes back the mark that earliest_first put behind a date. #}
{% macro without_mark(expression) -%}
    rtrim({{ expression }}, '~')
{%- endmacro %}
