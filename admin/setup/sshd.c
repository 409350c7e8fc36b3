/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/sshd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/file.h"
#include "admin/setup/keys.h"
#include "admin/setup/recipe.h"

/* Without Include, or if an earlier setup wrote there, our block goes into the main file. */
static int main_plan(struct setup *setup, const char *block, struct trouble *trouble)
{
	const struct change *const earlier = manifest_find(&setup->manifest, CHANGE_LINES, SSHD_MAIN);
	const char *const main = setup->stage.main;
	const size_t len = strlen(main);
	struct change *change;
	char *lines, *changed;

	if (change_find_lines(main, block) != NULL)
		return 0;
	if (asprintf(&lines, "%s%s", len != 0 && main[len - 1] != '\n' ? "\n" : "", block) < 0)
		return trouble_no_memory(trouble);
	change = setup_plan_add(setup, CHANGE_LINES, SSHD_MAIN);
	change->text = lines;
	if (change_look(change) == CHANGE_ALTERED && earlier == NULL)
		return trouble_set(trouble, SSHD_MAIN " has the block of another setup: delete it, and try again");
	if (earlier != NULL && change_find_lines(main, earlier->text) != NULL) {
		memmove(lines, block, strlen(block) + 1);
		change->was = strdup(earlier->text[0] == '\n' ? earlier->text + 1 : earlier->text);
	} else if (earlier != NULL && change_look(earlier) == CHANGE_ALTERED) {
		return trouble_set(trouble,
			"the block in " SSHD_MAIN " was changed after setup wrote it: delete it, and try again");
	}
	changed = change_put_lines(main, change->was, change->text);
	if (changed == NULL)
		return trouble_no_memory(trouble);
	free(setup->stage.main);
	setup->stage.main = changed;
	return 0;
}

static int drop_in_plan(struct setup *setup, const char *block, struct trouble *trouble)
{
	char *const text = strdup(block);

	setup->stage.drop_in = strdup(block);
	if (text == NULL)
		return trouble_no_memory(trouble);
	setup_plan_directory(setup, SSHD_DROP_INS);
	if (setup_plan_offer(setup, SSHD_DROP_IN, 0600, text) != SETUP_PLACE_TAKEN)
		return 0;
	return trouble_set(trouble,
		SSHD_DROP_IN " is not as setup writes it: move your changes to a file of another name, and try again");
}

static void force_command_drop(char *block)
{
	char *const at = strstr(block, "\tForceCommand");
	const char *const behind = strchr(at, '\n') + 1;

	memmove(at, behind, strlen(behind) + 1);
}

static int main_read(struct setup *setup, size_t *len, struct trouble *trouble)
{
	setup->stage.user = setup->user;
	if (file_read(&setup->stage.main, len, SSHD_MAIN) == 0)
		return 0;
	setup->stage.main = NULL;
	return trouble_set(trouble, SSHD_MAIN ": %s", strerror(errno));
}

int setup_sshd_plan(struct setup *setup, struct trouble *trouble)
{
	char *const block = recipe_fill(RECIPE_SSHD, setup->user, setup->shell, SETUP_KEYS_DIRECTORY "/%u");
	size_t len;

	if (block == NULL)
		return trouble_no_memory(trouble);
	if (!setup->force_command)
		force_command_drop(block);
	setup->stage.wanted = block;
	if (main_read(setup, &len, trouble) != 0)
		return -1;
	if (strlen(setup->stage.main) != len)
		return trouble_set(trouble, SSHD_MAIN " contains a NUL byte: repair it, and try again");
	setup->no_include = !sshd_stage_includes(setup->stage.main) ||
		manifest_find(&setup->manifest, CHANGE_LINES, SSHD_MAIN) != NULL;
	if (setup->no_include)
		return main_plan(setup, block, trouble);
	return drop_in_plan(setup, block, trouble);
}

int setup_sshd_undo_stage(struct setup *setup, struct trouble *trouble)
{
	const struct change *const block = manifest_find(&setup->manifest, CHANGE_LINES, SSHD_MAIN);
	char *without, *drop_in;
	size_t len;

	if (main_read(setup, &len, trouble) != 0)
		return -1;
	if (manifest_find(&setup->manifest, CHANGE_FILE, SSHD_DROP_IN) == NULL &&
		file_read(&drop_in, &len, SSHD_DROP_IN) == 0)
		setup->stage.drop_in = drop_in;
	if (block == NULL || change_find_lines(setup->stage.main, block->text) == NULL)
		return 0;
	without = change_put_lines(setup->stage.main, block->text, "");
	if (without == NULL)
		return trouble_no_memory(trouble);
	free(setup->stage.main);
	setup->stage.main = without;
	return 0;
}

bool setup_touches_sshd(const struct setup *setup)
{
	return setup_plan_touches(setup, SSHD_DROP_IN) || setup_plan_touches(setup, SSHD_MAIN);
}
