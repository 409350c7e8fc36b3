/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/sending.h"

#include <string.h>

#include "admin/file.h"
#include "admin/nova_unit.h"
#include "admin/setup/recipe.h"

int setup_sending_plan(struct setup *setup, struct trouble *trouble)
{
	const char *const folder = nova_unit_folder();
	char shadow[NOVA_UNIT_PATH_MAX], *text;
	struct nova_unit unit;

	if (!nova_unit_find(&unit))
		return trouble_set(trouble, "found no unit of nova-compute here: put %s first on its PATH yourself",
			folder[0] == '\0' ? "nova-path" : folder);
	if (!file_path_is_plain(folder))
		return trouble_set(trouble, "the folder nova-path is missing: install it with rssh-nova-admin");
	if (nova_unit_look(&unit, shadow) == NOVA_UNIT_FIRST)
		return 0;
	text = recipe_fill(unit.script ? RECIPE_NOVA_DEFAULT : RECIPE_NOVA_UNIT, "", folder, "");
	if (text == NULL)
		return trouble_no_memory(trouble);
	setup_plan_directory(setup, unit.directory);
	if (unit.script)
		return setup_plan_lines(setup, unit.place, text, trouble);
	return setup_plan_file(setup, unit.place, 0644, text, trouble);
}

bool setup_touches_sending(const struct setup *setup)
{
	struct nova_unit unit;

	if (!nova_unit_find(&unit))
		return false;
	for (unsigned i = 0; i < setup->plan.count; i++)
		if (strcmp(setup->plan.at[i].path, unit.place) == 0)
			return true;
	return false;
}
