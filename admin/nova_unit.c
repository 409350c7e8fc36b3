/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/nova_unit.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/file.h"
#include "base/installed.h"

static const char default_file[] = "/etc/default/nova-compute", script_start[] = "ExecStart=/etc/init.d/";

/* The text of the unit, owned by the caller; NULL if there is none. */
static char *unit_text(const char *name)
{
	static const char *const folders[] = { "/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system" };
	char path[NOVA_UNIT_PATH_MAX], *text;
	size_t len;

	for (size_t i = 0; i < N_ELEMENTS(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		if (file_read(&text, &len, path) == 0)
			return text;
	}
	return NULL;
}

static void place_set(struct nova_unit *unit)
{
	if (unit->script) {
		snprintf(unit->directory, sizeof(unit->directory), "/etc/default");
		snprintf(unit->place, sizeof(unit->place), "%s", default_file);
		return;
	}
	snprintf(unit->directory, sizeof(unit->directory), "/etc/systemd/system/%s.d", unit->name);
	snprintf(unit->place, sizeof(unit->place), "/etc/systemd/system/%s.d/50-rssh-nova.conf", unit->name);
}

bool nova_unit_find(struct nova_unit *out)
{
	static const char *const names[] = { "nova-compute.service", "openstack-nova-compute.service" };

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		char *const text = unit_text(names[i]);

		if (text == NULL)
			continue;
		*out = (struct nova_unit){ .name = names[i], .script = strstr(text, script_start) != NULL };
		free(text);
		place_set(out);
		return true;
	}
	return false;
}

const char *nova_unit_folder(void)
{
	static const char *const beside[] = { "nova-path", "../lib/rssh-nova/nova-path" };
	static char found[PATH_MAX];
	const char *const path = installed_find(beside, N_ELEMENTS(beside), found);

	return path != NULL ? path : "";
}

/* The value that a line assigns to PATH, or NULL. */
static const char *path_value(const char *line)
{
	static const char assignment[] = "PATH=";
	const char *const at = line[strspn(line, " \t")] == '#' ? NULL : strstr(line, assignment);

	/* PATH may be the end of another variable's name. */
	if (at == NULL || (at != line && (at[-1] == '_' || (at[-1] >= 'A' && at[-1] <= 'Z'))))
		return NULL;
	return at + sizeof(assignment) - 1;
}

/* Reads one file. Its last assignment of PATH holds. */
static void file_look(const char *path, enum nova_unit_path *out, char shadow[NOVA_UNIT_PATH_MAX])
{
	const char *const folder = nova_unit_folder();
	char *text, *rest, *line;
	size_t len;

	if (file_read(&text, &len, path) != 0)
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *const value = path_value(line);

		if (value == NULL)
			continue;
		if (strncmp(value, folder, strlen(folder)) == 0) {
			*out = NOVA_UNIT_FIRST;
		} else if (*out == NOVA_UNIT_FIRST) {
			*out = NOVA_UNIT_SHADOWED;
			snprintf(shadow, NOVA_UNIT_PATH_MAX, "%s", path);
		}
	}
	free(text);
}

enum nova_unit_path nova_unit_look(const struct nova_unit *unit, char shadow[NOVA_UNIT_PATH_MAX])
{
	enum nova_unit_path found = NOVA_UNIT_ELSEWHERE;
	char pattern[2 * NOVA_UNIT_PATH_MAX];
	glob_t files;

	shadow[0] = '\0';
	if (nova_unit_folder()[0] == '\0')
		return found;
	if (unit->script) {
		file_look(unit->place, &found, shadow);
		return found;
	}
	snprintf(pattern, sizeof(pattern), "%s/*.conf", unit->directory);
	if (glob(pattern, 0, NULL, &files) != 0)
		return found;
	for (size_t i = 0; i < files.gl_pathc; i++) /* in the order in which systemd reads them */
		file_look(files.gl_pathv[i], &found, shadow);
	globfree(&files);
	return found;
}

/* Takes the content. */
static bool content_holds(char *content, const char *text)
{
	bool found = false;
	char *rest = content, *line;

	while (!found && (line = strsep(&rest, "\n")) != NULL)
		found = line[strspn(line, " \t")] != '#' && strstr(line, text) != NULL;
	free(content);
	return found;
}

static bool file_holds(const char *path, const char *text)
{
	char *content;
	size_t len;

	return file_read(&content, &len, path) == 0 && content_holds(content, text);
}

bool nova_unit_holds(const struct nova_unit *unit, const char *text)
{
	char pattern[2 * NOVA_UNIT_PATH_MAX], *const content = unit_text(unit->name);
	bool found = (content != NULL && content_holds(content, text)) || file_holds(default_file, text);
	glob_t files;

	snprintf(pattern, sizeof(pattern), "/etc/systemd/system/%s.d/*.conf", unit->name);
	if (found || glob(pattern, 0, NULL, &files) != 0)
		return found;
	for (size_t i = 0; i < files.gl_pathc && !found; i++)
		found = file_holds(files.gl_pathv[i], text);
	globfree(&files);
	return found;
}
