/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/user.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/read_file.h"
#include "policy/digits.h"

enum {
	FIELD_NAME = 0,
	FIELD_HOME = 5,
	FIELDS = 7,
};

/* Cuts line at its colons. Returns the number of fields. */
static int fields_cut(char *line, char *fields[FIELDS])
{
	int count = 0;

	for (char *at = line; at != NULL && count < FIELDS;) {
		char *const colon = strchr(at, ':');

		fields[count++] = at;
		if (colon != NULL)
			*colon = '\0';
		at = colon == NULL ? NULL : colon + 1;
	}
	return count;
}

static void entry_read(char *line, char name[USER_MAX], char home[HOME_MAX])
{
	char *fields[FIELDS];

	*strchrnul(line, '\n') = '\0';
	if (fields_cut(line, fields) != FIELDS || fields[FIELD_NAME][0] == '\0' ||
		strlen(fields[FIELD_NAME]) >= USER_MAX || strlen(fields[FIELD_HOME]) >= HOME_MAX)
		return;
	strcpy(name, fields[FIELD_NAME]);
	strcpy(home, fields[FIELD_HOME]);
}

/* Is at the second colon of line? The uid follows it. */
static bool is_before_number(const char *line, const char *at)
{
	const char *const colon = strchr(line, ':');

	return colon < at && strchr(colon + 1, ':') == at;
}

/* Returns the line of uid in text, a whole file; NULL for none. It searches for the number, which is faster than
 * cutting each line. */
static char *entry_find(char *text, uid_t uid)
{
	char number[DECIMAL_MAX + 2] = ":";

	strcpy(digits_decimal(number + 1, uid), ":");
	for (char *at = text; (at = strstr(at, number)) != NULL; at++) {
		char *const newline = memrchr(text, '\n', (size_t)(at - text));
		char *const line = newline == NULL ? text : newline + 1;

		if (is_before_number(line, at))
			return line;
	}
	return NULL;
}

void user_read(char *text, uid_t uid, char name[USER_MAX], char home[HOME_MAX])
{
	char *const line = entry_find(text, uid);

	strcpy(name, "-");
	home[0] = '\0';
	if (line != NULL)
		entry_read(line, name, home);
}

void user_find(uid_t uid, char name[USER_MAX], char home[HOME_MAX])
{
	OWN_FD int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	char none[] = "", *text = none;

	if (fd >= 0 && read_file(&text, fd, TEXT_FILE_MAX) < 0)
		text = none;
	user_read(text, uid, name, home);
}
