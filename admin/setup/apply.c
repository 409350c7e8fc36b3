/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/apply.h"

#include <stdlib.h>
#include <string.h>

/* Undoes the last change first. A change that was not made yet is not in place. */
static int roll_back(const struct changes *plan, unsigned done, struct trouble *trouble)
{
	struct trouble why;
	int rc = 0;

	while (done-- > 0) {
		const struct change *const change = &plan->at[done];

		if (change_look(change) != CHANGE_THERE || change_undo(change, &why) == 0)
			continue;
		rc = -1;
		trouble_set(trouble, "cannot undo the change of %s (%.500s): run setup --undo", change->path, why.text);
	}
	return rc;
}

static int plan_do(const struct setup *setup, struct trouble *trouble)
{
	const struct changes *const plan = &setup->plan;

	for (unsigned i = 0; i < plan->count; i++)
		if (change_do(&plan->at[i], trouble) != 0)
			return -1;
	return sshd_stage_check_real(setup->user, setup->stage.wanted, trouble);
}

/* before is NULL if there was no manifest. */
static int manifest_restore(const char *before, struct trouble *trouble)
{
	return before != NULL ? manifest_write(before, trouble) : manifest_remove(trouble);
}

int setup_apply(struct setup *setup, struct trouble *trouble)
{
	const bool first = setup->manifest.user[0] == '\0';
	char *const before = first ? NULL : manifest_text(&setup->manifest);
	struct trouble worse;
	char *text = NULL;
	int rc;

	strcpy(setup->manifest.user, setup->user);
	rc = manifest_add(&setup->manifest, &setup->plan, trouble);
	if (rc == 0) {
		text = manifest_text(&setup->manifest);
		rc = manifest_write(text, trouble);
	}
	if (rc == 0)
		rc = plan_do(setup, trouble);
	if (rc != 0 &&
		(roll_back(&setup->plan, setup->plan.count, &worse) != 0 || manifest_restore(before, &worse) != 0)) {
		const struct trouble cause = *trouble;

		trouble_set(trouble, "%.400s; and then: %.500s", cause.text, worse.text);
	}
	free(text);
	free(before);
	return rc;
}

/* Does sshd read it? Then setup never leaves half of it. */
static bool is_of_sshd(const struct change *change)
{
	return strcmp(change->path, SSHD_DROP_IN) == 0 || strcmp(change->path, SSHD_MAIN) == 0;
}

static void left_note(struct setup *setup, const struct change *change)
{
	if (change->kind == CHANGE_SHELL)
		setup_note(setup, "the login shell of %s was changed after setup: setup does not change it back",
			change->path);
	else
		setup_note(setup, "%s was changed after setup wrote it: setup does not delete it", change->path);
}

int setup_undo_plan(struct setup *setup, struct trouble *trouble)
{
	const struct changes *const changes = &setup->manifest.changes;

	for (unsigned i = 0; i < changes->count; i++) {
		const struct change *const change = &changes->at[i];
		const enum change_state state = change_look(change);
		struct change *taken;

		if (state == CHANGE_ALTERED && is_of_sshd(change))
			return trouble_set(trouble,
				"the lines of setup in %s were changed: delete them by hand, and try again",
				change->path);
		if (state == CHANGE_ALTERED)
			left_note(setup, change);
		if (state != CHANGE_THERE)
			continue;
		taken = &setup->plan.at[setup->plan.count++];
		*taken = *change;
		taken->text = change->text == NULL ? NULL : strdup(change->text);
		taken->was = change->was == NULL ? NULL : strdup(change->was);
	}
	return 0;
}

int setup_undo(struct setup *setup, struct trouble *trouble)
{
	for (unsigned i = setup->plan.count; i-- > 0;) {
		const struct change *const change = &setup->plan.at[i];
		struct trouble why;

		if (change_undo(change, &why) == 0)
			continue;
		return trouble_set(trouble, "%.800s: repair that, and run setup --undo again", why.text);
	}
	return manifest_remove(trouble);
}
