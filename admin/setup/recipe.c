/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/recipe.h"

#include <grp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "admin/setup/recipes.h"
#include "policy/attributes.h"

static const char *const texts[] = {
	[RECIPE_SSHD] = RECIPE_SSHD_TEXT,
	[RECIPE_RSYSLOG] = RECIPE_RSYSLOG_TEXT,
	[RECIPE_LOGROTATE] = RECIPE_LOGROTATE_TEXT,
	[RECIPE_NOVA_UNIT] = RECIPE_NOVA_UNIT_TEXT,
	[RECIPE_NOVA_DEFAULT] = RECIPE_NOVA_DEFAULT_TEXT,
	[RECIPE_LIBVIRT] = RECIPE_LIBVIRT_TEXT,
};

/* The group that reads the logs. rsyslog writes no file whose group does not exist. */
static const char *log_group(void)
{
	return getgrnam("adm") != NULL ? "adm" : "root";
}

char *recipe_fill(enum recipe recipe, const char *user, const char *shell, const char *keys)
{
	const struct {
		const char *name, *value;
	} gaps[] = { { "@USER@", user }, { "@SHELL@", shell }, { "@PROGRAM@", shell }, { "@KEYS@", keys },
		{ "@LOG_GROUP@", log_group() } };
	char *text = NULL;
	size_t size;
	FILE *const out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (const char *at = texts[recipe]; *at != '\0';) {
		size_t i = 0;

		while (i < N_ELEMENTS(gaps) && strncmp(at, gaps[i].name, strlen(gaps[i].name)) != 0)
			i++;
		if (i == N_ELEMENTS(gaps)) {
			fputc(*at++, out);
			continue;
		}
		fputs(gaps[i].value, out);
		at += strlen(gaps[i].name);
	}
	return fclose(out) == 0 ? text : NULL;
}
