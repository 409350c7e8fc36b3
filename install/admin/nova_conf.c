#include "install/admin/nova_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	char section[64];
	char state_path[NOVA_VALUE_MAX];
	struct nova_conf *out;
};

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	for (len = strlen(text); len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL; len--)
		text[len - 1] = '\0';
	return text;
}

static void set(struct reading *reading, const char *name, const char *value)
{
	const struct {
		const char *section, *name;
		char *out;
	} keys[] = {
		{ "DEFAULT", "state_path", reading->state_path },
		{ "DEFAULT", "instances_path", reading->out->instances_path },
		{ "libvirt", "remote_filesystem_transport", reading->out->transport },
	};

	for (size_t i = 0; i < N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].section, reading->section) == 0 &&
			strcmp(keys[i].name, name) == 0)
			snprintf(keys[i].out, NOVA_VALUE_MAX, "%s", value);
}

static void line_read(struct reading *reading, char *line)
{
	char *const value = line + strcspn(line, "=:");

	if (line[0] == '#' || line[0] == ';' || line[0] == ' ' || line[0] == '\t')
		return;
	if (line[0] == '[') {
		line[strcspn(line, "]")] = '\0';
		snprintf(reading->section, sizeof(reading->section), "%s", line + 1);
	} else if (*value != '\0') {
		*value = '\0';
		set(reading, trim(line), trim(value + 1));
	}
}

/* "$state_path/instances" or "${state_path}/instances" */
static void state_path_put(struct reading *reading)
{
	static const char *const names[] = { "$state_path", "${state_path}" };
	char *const path = reading->out->instances_path;
	char whole[2 * NOVA_VALUE_MAX];

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		if (strncmp(path, names[i], strlen(names[i])) == 0) {
			snprintf(whole, sizeof(whole), "%s%s", reading->state_path,
				path + strlen(names[i]));
			whole[NOVA_VALUE_MAX - 1] = '\0';
			strcpy(path, whole);
			return;
		}
}

int nova_conf_read(struct nova_conf *out, const char *path)
{
	struct reading reading = { .section = "", .state_path = "/var/lib/nova", .out = out };
	FILE *const file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (file == NULL)
		return -1;
	strcpy(out->instances_path, "$state_path/instances");
	strcpy(out->transport, "ssh");
	while (getline(&line, &size, file) > 0)
		line_read(&reading, line);
	free(line);
	fclose(file);
	state_path_put(&reading);
	return 0;
}
