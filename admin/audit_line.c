/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/audit_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	DAY = 24 * 60 * 60,
	KEY_LEN_MAX = 32,
};

/* The record behind the first "rssh-nova[PID]: ", or the whole line. A later tag is inside a value. */
static const char *record_find(const char *line)
{
	static const char tag[] = "rssh-nova[";
	const char *at = strstr(line, tag);

	if (line[0] == '{' || strncmp(line, "event=", strlen("event=")) == 0)
		return line;
	if (at == NULL || (at != line && at[-1] != ' ' && at[-1] != '>'))
		return NULL;
	at += sizeof(tag) - 1;
	at += strspn(at, "0123456789");
	return strncmp(at, "]: ", 3) == 0 ? at + 3 : NULL;
}

/* Reads "+01:00", "+0100" or "Z"; in seconds east of UTC. */
static bool zone_read(long *seconds, const char *text)
{
	char sign;
	int hours, minutes;

	*seconds = 0;
	if (text[0] == 'Z')
		return true;
	if (sscanf(text, "%c%2d:%2d", &sign, &hours, &minutes) != 3 &&
		sscanf(text, "%c%2d%2d", &sign, &hours, &minutes) != 3)
		return false;
	if (sign != '+' && sign != '-')
		return false;
	*seconds = (hours * 60L + minutes) * 60L * (sign == '-' ? -1 : 1);
	return true;
}

static time_t iso_read(const char *line)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *at = strptime(line, "%Y-%m-%dT%H:%M:%S", &tm);
	long east;

	if (at == NULL)
		return -1;
	if (*at == '.')
		at += 1 + strspn(at + 1, "0123456789");
	return zone_read(&east, at) ? timegm(&tm) - east : -1;
}

/* The line has no year: take the last year that puts the date no later than tomorrow. */
static time_t traditional_read(const char *line, time_t now)
{
	struct tm tm = { .tm_isdst = -1 }, today;
	time_t when;

	if (localtime_r(&now, &today) == NULL || strptime(line, "%b %d %H:%M:%S", &tm) == NULL)
		return -1;
	tm.tm_year = today.tm_year;
	tm.tm_isdst = -1;
	when = mktime(&tm);
	if (when <= now + DAY)
		return when;
	tm.tm_year--;
	tm.tm_isdst = -1;
	return mktime(&tm);
}

/* Reads a value and moves *at behind it; NULL if there is none. */
static json_t *value_read(const char **at)
{
	const char *const begin = *at, *end;

	if (*begin != '"') {
		*at += strcspn(begin, " \"'=\\");
		return *at == begin ? NULL : json_stringn(begin, (size_t)(*at - begin));
	}
	end = strchr(begin + 1, '"');
	if (end == NULL)
		return NULL;
	*at = end + 1;
	return json_loadb(begin, (size_t)(end + 1 - begin), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

/* Reads one key=value; false for anything else, and for a repeated key. */
static bool word_read(json_t *fields, const char **at)
{
	const size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz_");
	char key[KEY_LEN_MAX];
	json_t *value;

	if (len == 0 || len >= sizeof(key) || (*at)[len] != '=')
		return false;
	memcpy(key, *at, len);
	key[len] = '\0';
	*at += len + 1;
	value = value_read(at);
	if (value == NULL)
		return false;
	if (json_object_get(fields, key) == NULL)
		return json_object_set_new(fields, key, value) == 0;
	json_decref(value);
	return false;
}

static json_t *logfmt_read(const char *text)
{
	json_t *const fields = json_object();

	for (;;) {
		if (!word_read(fields, &text))
			break;
		if (*text == '\0' || *text == '\n')
			return fields;
		if (*text++ != ' ')
			break;
	}
	json_decref(fields);
	return NULL;
}

json_t *audit_line_read(time_t *when, const char *line, time_t now)
{
	const char *const record = record_find(line);
	json_t *fields;

	if (record == NULL)
		return NULL;
	*when = iso_read(line);
	if (*when < 0)
		*when = traditional_read(line, now);
	fields = record[0] == '{' ? json_loads(record, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL)
				  : logfmt_read(record);
	if (json_is_string(json_object_get(fields, "event")) && json_is_string(json_object_get(fields, "ref")))
		return fields;
	json_decref(fields);
	return NULL;
}
