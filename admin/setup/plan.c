/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/file.h"
#include "admin/plain.h"

void setup_note(struct setup *setup, const char *text, ...)
{
	char line[1024];
	va_list args;

	va_start(args, text);
	vsnprintf(line, sizeof(line), text, args);
	va_end(args);
	plain_text(line);
	json_array_append_new(setup->notes, json_string(line));
}

struct change *setup_plan_add(struct setup *setup, enum change_kind kind, const char *path)
{
	struct change *const change = &setup->plan.at[setup->plan.count++];

	*change = (struct change){ .kind = kind };
	snprintf(change->path, sizeof(change->path), "%s", path);
	return change;
}

void setup_plan_directory(struct setup *setup, const char *path)
{
	if (access(path, F_OK) != 0)
		setup_plan_add(setup, CHANGE_DIRECTORY, path)->mode = 0755;
}

/* Takes text; was is the text of an earlier setup, or NULL. */
static void file_add(struct setup *setup, const char *path, mode_t mode, char *text, char *was)
{
	struct change *const change = setup_plan_add(setup, CHANGE_FILE, path);

	change->mode = mode;
	change->text = text;
	change->was = was;
	change_sum(change->sums[0], bytes_of(text));
}

/* *was is the text of an earlier setup for SETUP_PLACE_OURS, else NULL. */
static enum setup_place place_look(const struct setup *setup, const char *path, const char *text, char **was)
{
	const struct change *const earlier = manifest_find(&setup->manifest, CHANGE_FILE, path);
	char *now;
	size_t len;

	*was = NULL;
	if (file_read(&now, &len, path) != 0)
		return errno == ENOENT ? SETUP_PLACE_FREE : SETUP_PLACE_TAKEN;
	if (strlen(text) == len && memcmp(text, now, len) == 0) {
		free(now);
		return SETUP_PLACE_DONE;
	}
	if (earlier != NULL && change_look(earlier) == CHANGE_THERE) {
		*was = now;
		return SETUP_PLACE_OURS;
	}
	free(now);
	return SETUP_PLACE_TAKEN;
}

enum setup_place setup_plan_offer(struct setup *setup, const char *path, mode_t mode, char *text)
{
	char *was;
	const enum setup_place place = place_look(setup, path, text, &was);

	if (place == SETUP_PLACE_FREE || place == SETUP_PLACE_OURS)
		file_add(setup, path, mode, text, was);
	else
		free(text);
	return place;
}

int setup_plan_file(struct setup *setup, const char *path, mode_t mode, char *text, struct trouble *trouble)
{
	if (setup_plan_offer(setup, path, mode, text) != SETUP_PLACE_TAKEN)
		return 0;
	return trouble_set(trouble, "%s is not as setup writes it: move it away, and try again", path);
}

int setup_plan_lines(struct setup *setup, const char *path, char *text, struct trouble *trouble)
{
	char *content = NULL, *lines = NULL;
	size_t len = 0;
	int rc = 0;

	if (file_read(&content, &len, path) != 0) {
		if (errno == ENOENT)
			return setup_plan_file(setup, path, 0644, text, trouble);
		free(text);
		return trouble_set(trouble, "%s: %s", path, strerror(errno));
	}
	if (change_find_lines(content, text) == NULL) {
		if (asprintf(&lines, "%s%s", len != 0 && content[len - 1] != '\n' ? "\n" : "", text) < 0)
			rc = trouble_no_memory(trouble);
		else
			setup_plan_add(setup, CHANGE_LINES, path)->text = lines;
	}
	free(content);
	free(text);
	return rc;
}

bool setup_plan_touches(const struct setup *setup, const char *head)
{
	for (unsigned i = 0; i < setup->plan.count; i++)
		if (strncmp(setup->plan.at[i].path, head, strlen(head)) == 0)
			return true;
	return false;
}

void setup_clear(struct setup *setup)
{
	free(setup->stage.main);
	free(setup->stage.drop_in);
	free(setup->stage.wanted);
	changes_clear(&setup->plan);
	changes_clear(&setup->manifest.changes);
	json_decref(setup->notes);
}
