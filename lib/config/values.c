/* SPDX-License-Identifier: ISC */
/*
 * values.c - what do the words, times, dates and names of the configuration
 * stand for?
 *
 * Everything is checked to its last byte, and sums are kept from wrapping: a
 * value that is taken for another one is worse than a refusal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/terms.h"
#include "config/source.h"
#include "config/values.h"

#define DAY_S 86400

static const struct {
	char letter;
	long seconds;
} units[] = { { 'd', DAY_S }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* At most 9 digits, so that nothing wraps; *rest is what follows. */
static bool
read_digits(const char *text, long *value, const char **rest)
{
	const char *p = text;

	for (*value = 0; is_digit(*p) && p - text < 9; p++)
		*value = *value * 10 + (*p - '0');
	*rest = p;
	return p > text && !is_digit(*p);
}

/* --- times and rates ------------------------------------------------------ */

const char *
sg_value_format_time(long seconds, char out[SG_TIME_TEXT_SIZE])
{
	size_t i = 0;

	while (units[i].seconds > 1 &&
	    (seconds == 0 || seconds % units[i].seconds != 0))
		i++;
	snprintf(out, SG_TIME_TEXT_SIZE, "%ld%c", seconds / units[i].seconds,
	    units[i].letter);
	return out;
}

static bool
read_time(const char *text, const struct sg_option *o, long *seconds)
{
	const char *rest;
	long n;
	size_t i;

	if (!read_digits(text, &n, &rest) || *rest == '\0' || rest[1] != '\0')
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].letter != *rest)
			continue;
		*seconds = n;
		return !__builtin_mul_overflow(n, units[i].seconds, seconds) &&
		    *seconds >= o->min && *seconds <= o->max;
	}
	return false;
}

enum sg_rc
sg_value_seconds(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	long s;

	(void)err;
	if (!read_time(text, o, &s))
		return SG_BAD;
	*(uint32_t *)field = (uint32_t)s;
	return SG_OK;
}

enum sg_rc
sg_value_milliseconds(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	long s;

	(void)err;
	if (!read_time(text, o, &s))
		return SG_BAD;
	*(uint32_t *)field = (uint32_t)s * 1000;
	return SG_OK;
}

static enum sg_rc
read_rate(const char *text, const struct sg_option *o, const char *unit,
    void *field)
{
	const char *rest;
	long n;

	if (!read_digits(text, &n, &rest) || strcmp(rest, unit) != 0 ||
	    n < o->min || n > o->max)
		return SG_BAD;
	*(uint32_t *)field = (uint32_t)n;
	return SG_OK;
}

enum sg_rc
sg_value_per_minute(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)err;
	return read_rate(text, o, "/m", field);
}

enum sg_rc
sg_value_per_second(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)err;
	return read_rate(text, o, "/s", field);
}

/* --- dates ---------------------------------------------------------------- */

static long
days_in_month(long year, long month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01. */
static long
days_before(long year, long month, long day)
{
	long y, m, days = day - 1;

	for (y = 1970; y < year; y++)
		days += days_in_month(y, 2) == 29 ? 366 : 365;
	for (m = 1; m < month; m++)
		days += days_in_month(year, m);
	return days;
}

static bool
looks_like_date(const char *text)
{
	size_t i;

	for (i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? text[i] != '-' : !is_digit(text[i]))
			return false;
	return text[10] == '\0';
}

enum sg_rc
sg_value_date(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	long year, month, day;
	const char *rest;

	(void)o;
	if (!looks_like_date(text))
		return SG_BAD;
	read_digits(text, &year, &rest);
	read_digits(text + 5, &month, &rest);
	read_digits(text + 8, &day, &rest);
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month(year, month)) {
		sg_err_set(err, SG_REASON_NONE,
		    "expected a day that is in the calendar");
		return SG_BAD;
	}
	/* The last day counts whole. */
	((struct sg_wall *)field)->s =
	    (int64_t)(days_before(year, month, day) + 1) * DAY_S;
	return SG_OK;
}

/* --- words ---------------------------------------------------------------- */

enum sg_rc
sg_value_log_target(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	static const struct {
		const char *word;
		enum sg_log_target target;
	} words[] = { { "auto", SG_LOG_AUTO }, { "stderr", SG_LOG_STDERR },
		{ "syslog", SG_LOG_SYSLOG }, { "journal", SG_LOG_JOURNAL } };
	size_t i;

	(void)o;
	(void)err;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i].word) == 0) {
			*(enum sg_log_target *)field = words[i].target;
			return SG_OK;
		}
	return SG_BAD;
}

enum sg_rc
sg_value_store(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)o;
	(void)err;
	if (strcmp(text, "sqlite") != 0)
		return SG_BAD;
	*(enum sg_config_store *)field = SG_CONFIG_STORE_SQLITE;
	return SG_OK;
}

enum sg_rc
sg_value_require(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)o;
	(void)err;
	return sg_require_parse(text, field);
}

static enum sg_rc
read_action(const char *text, bool auto_too, void *field)
{
	enum sg_action action;

	if (sg_action_parse(text, &action) != SG_OK ||
	    (action == SG_ACTION_AUTO && !auto_too))
		return SG_BAD;
	*(enum sg_action *)field = action;
	return SG_OK;
}

enum sg_rc
sg_value_on_fail(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)o;
	(void)err;
	return read_action(text, false, field);
}

enum sg_rc
sg_value_on_unknown(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)o;
	(void)err;
	return read_action(text, true, field);
}

/* --- names ---------------------------------------------------------------- */

enum sg_rc
sg_value_keep(const char *text, void *field)
{
	char **out = field;

	free(*out);
	*out = sg_config_strdup(text);
	return SG_OK;
}

enum sg_rc
sg_value_group_name(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	(void)o;
	(void)err;
	return n < 1 || n > 32 || text[n] != '\0' ? SG_BAD :
	    sg_value_keep(text, field);
}

/* User and group names, as useradd(8) makes them and a little wider. */
enum sg_rc
sg_value_account(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-."
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	(void)o;
	(void)err;
	return n > 32 || text[n] != '\0' || *text == '-' ?
	    SG_BAD : sg_value_keep(text, field);
}

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

enum sg_rc
sg_value_path(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)err;
	if (*text != '/' || has_control(text) || strlen(text) > (size_t)o->max)
		return SG_BAD;
	return sg_value_keep(text, field);
}

/* Whether it is there is looked at when all is read (read.c). */
enum sg_rc
sg_value_file(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	if (*text == '\0')
		return sg_value_keep(text, field);
	return sg_value_path(text, o, field, err);
}

enum sg_rc
sg_value_note(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)err;
	if (has_control(text) || strlen(text) > (size_t)o->max)
		return SG_BAD;
	return sg_value_keep(text, field);
}

/* fnmatch(3) takes "[" without "]" as itself and "\" at the end as no match:
   hardly what was meant. */
static bool
is_pattern(const char *p)
{
	for (; *p != '\0'; p++) {
		if (*p == '\\' && *++p == '\0')
			return false;
		if (*p != '[')
			continue;
		p += p[1] == '!' || p[1] == '^' ? 2 : 1;
		if (*p == '\0' || (p = strchr(p + 1, ']')) == NULL)
			return false;
	}
	return true;
}

enum sg_rc
sg_value_login(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	(void)o;
	if (*text == '\0' || has_control(text) || strlen(text) > 255)
		return SG_BAD;
	if (!is_pattern(text)) {
		sg_err_set(err, SG_REASON_NONE, "expected a shell pattern "
		    "whose brackets are closed and that does not end in \\");
		return SG_BAD;
	}
	return sg_value_keep(text, field);
}
