#include "shell/user.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/own.h"
#include "shell/text.h"

enum {
	FIELD_NAME = 0,
	FIELD_UID = 2,
	FIELD_HOME = 5,
	FIELDS = 7,
};

/* Cuts line at its colons. Gives the number of fields. */
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

static int is_entry_of(char *line, uid_t uid, char name[USER_MAX], char home[HOME_MAX])
{
	char *fields[FIELDS], *end;

	if (fields_cut(line, fields) != FIELDS || fields[FIELD_UID][0] == '\0' ||
		strtoul(fields[FIELD_UID], &end, 10) != uid || *end != '\0')
		return 0;
	if (fields[FIELD_NAME][0] == '\0' || strlen(fields[FIELD_NAME]) >= USER_MAX ||
		strlen(fields[FIELD_HOME]) >= HOME_MAX)
		return 1;
	strcpy(name, fields[FIELD_NAME]);
	strcpy(home, fields[FIELD_HOME]);
	return 1;
}

void user_find(uid_t uid, char name[USER_MAX], char home[HOME_MAX])
{
	OWN_FD int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	char *rest;

	strcpy(name, "-");
	home[0] = '\0';
	if (fd < 0 || text_read(&rest, fd, TEXT_FILE_MAX) < 0)
		return;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (is_entry_of(line, uid, name, home))
			return;
}
