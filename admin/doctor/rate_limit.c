/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/rate_limit.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/file.h"
#include "policy/attributes.h"

static const char *const journald_files[] = {
	"/etc/systemd/journald.conf",
	"/run/systemd/journald.conf",
	"/usr/local/lib/systemd/journald.conf",
	"/usr/lib/systemd/journald.conf",
};

/* Is it a time or a number of zero? Any other value limits. */
static bool is_zero(const char *value)
{
	return strchr(value, '0') != NULL && strpbrk(value, "123456789") == NULL;
}

struct journald {
	bool interval, burst; /* not zero */
};

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	for (len = strlen(text); len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL; len--)
		text[len - 1] = '\0';
	return text;
}

/* An empty value is the default, which limits. */
static void journald_set(struct journald *out, const char *key, const char *value)
{
	if (strcmp(key, "RateLimitIntervalSec") == 0 || strcmp(key, "RateLimitInterval") == 0)
		out->interval = !is_zero(value);
	else if (strcmp(key, "RateLimitBurst") == 0)
		out->burst = !is_zero(value);
}

static bool journald_read(struct journald *out, const char *path)
{
	FILE *const file = fopen(path, "re");
	bool ours = false;
	char *line = NULL;
	size_t size = 0;

	if (file == NULL)
		return false;
	while (getline(&line, &size, file) > 0) {
		char *const text = trim(line);
		char *const equals = strchr(text, '=');

		if (text[0] == '[')
			ours = strcmp(text, "[Journal]") == 0;
		else if (ours && equals != NULL && text[0] != '#' && text[0] != ';') {
			*equals = '\0';
			journald_set(out, trim(text), trim(equals + 1));
		}
	}
	free(line);
	fclose(file);
	return true;
}

static const char *name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* Sorts by name; files of one name by the precedence of their directories. */
static int compare(const void *a, const void *b)
{
	const char *const one = *(const char *const *)a, *const two = *(const char *const *)b;
	const int by_name = strcmp(name_of(one), name_of(two));

	for (size_t i = 0; by_name == 0 && i < N_ELEMENTS(journald_files); i++) {
		const size_t len = strlen(journald_files[i]);
		const bool first = strncmp(one, journald_files[i], len) == 0;

		if (first != (strncmp(two, journald_files[i], len) == 0))
			return first ? -1 : 1;
	}
	return by_name;
}

/* Only the first file of each name is read: systemd-system.conf(5). */
static void journald_read_drop_ins(struct journald *out)
{
	glob_t found;

	if (glob("{/etc,/run,/usr/local/lib,/usr/lib}/systemd/journald.conf.d/*.conf", GLOB_BRACE, NULL, &found) != 0)
		return;
	qsort(found.gl_pathv, found.gl_pathc, sizeof(found.gl_pathv[0]), compare);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (i == 0 || strcmp(name_of(found.gl_pathv[i - 1]), name_of(found.gl_pathv[i])) != 0)
			(void)journald_read(out, found.gl_pathv[i]);
	globfree(&found);
}

static bool journald_limits(void)
{
	struct journald journald = { .interval = true, .burst = true };

	for (size_t i = 0; i < N_ELEMENTS(journald_files); i++)
		if (journald_read(&journald, journald_files[i]))
			break;
	journald_read_drop_ins(&journald);
	return journald.interval && journald.burst;
}

/* Makes lower case and removes comments, as rsyslog does. */
static void fold(char *text)
{
	bool comment = false;

	for (; *text != '\0'; text++) {
		comment = *text != '\n' && (comment || *text == '#');
		*text = comment ? ' ' : (char)tolower((unsigned char)*text);
	}
}

/* Sets out to the value behind key in text, "" if there is none. */
static void value_of(char out[32], const char *text, const char *key)
{
	const char *at = strstr(text, key);

	out[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(key);
	at += strspn(at, " \t=\"");
	snprintf(out, 32, "%.*s", (int)strcspn(at, "\" \t\n)"), at);
}

/* One module(...) of the current syntax. */
static void module_read(struct rate_limits *out, const char *text)
{
	char name[32], interval[32];

	value_of(name, text, "load");
	if (strcmp(name, "imjournal") == 0) {
		value_of(interval, text, "ratelimit.interval");
		out->imjournal = true;
		out->imjournal_limited = interval[0] == '\0' || !is_zero(interval);
	} else if (strcmp(name, "imuxsock") == 0) {
		value_of(interval, text, "syssock.ratelimit.interval");
		out->imuxsock_limited = interval[0] != '\0' && !is_zero(interval);
	}
}

static void legacy_read(struct rate_limits *out, const char *text)
{
	char name[32], interval[32];

	for (const char *at = text; (at = strstr(at, "$modload")) != NULL; at++) {
		value_of(name, at, "$modload");
		if (strncmp(name, "imjournal", strlen("imjournal")) == 0)
			out->imjournal = out->imjournal_limited = true;
	}
	value_of(interval, text, "$imjournalratelimitinterval");
	if (interval[0] != '\0')
		out->imjournal_limited = !is_zero(interval);
	value_of(interval, text, "$systemlogratelimitinterval");
	if (interval[0] != '\0')
		out->imuxsock_limited = !is_zero(interval);
}

static void rsyslog_read(struct rate_limits *out, const char *path)
{
	char *text, *at, *end;
	size_t len;

	if (file_read(&text, &len, path) != 0)
		return;
	fold(text);
	legacy_read(out, text);
	for (at = text; (at = strstr(at, "module(")) != NULL && (end = strchr(at, ')')) != NULL; at = end + 1) {
		*end = '\0';
		module_read(out, at);
	}
	free(text);
}

void rate_limits_read(struct rate_limits *out)
{
	glob_t found;

	*out = (struct rate_limits){ .rsyslog = access("/etc/rsyslog.conf", F_OK) == 0 };
	out->journald = access("/run/systemd/journal/socket", F_OK) == 0 && journald_limits();
	if (!out->rsyslog)
		return;
	rsyslog_read(out, "/etc/rsyslog.conf");
	if (glob("/etc/rsyslog.d/*.conf", 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		rsyslog_read(out, found.gl_pathv[i]);
	globfree(&found);
}
