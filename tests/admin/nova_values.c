/* SPDX-License-Identifier: Apache-2.0 */
/* nova-values: the values that base/nova_conf reads from files, for a test that compares them with oslo.config.
 * Standard input: on each line the names of files, separated by blanks.
 * Standard output: for each line and option "unset", "unknown", or "set " and the value, and a NUL; or "line N". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nova_conf.h"
#include "policy/bytes.h"

static const struct {
	struct nova_key keys[2];
	size_t count;
} options[] = {
	{ { { "DEFAULT", "instances_path" } }, 1 },
	{ { { "libvirt", "remote_filesystem_transport" } }, 1 },
	{ { { "image_cache", "subdirectory_name" }, { "DEFAULT", "image_cache_subdirectory_name" } }, 2 },
	{ { { "libvirt", "live_migration_uri" } }, 1 },
};

static int add(struct nova_conf *conf, const char *name)
{
	char text[65536];
	FILE *const file = fopen(name, "re");
	size_t len;

	if (file == NULL)
		return -1;
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return nova_conf_parse(conf, text);
}

static void answer(const struct nova_conf *conf)
{
	static const char *const words[] = { "unset", "set ", "unknown" };
	char value[NOVA_VALUE_MAX];

	for (size_t i = 0; i < N_ELEMENTS(options); i++) {
		const enum nova_value kind = nova_conf_value(value, conf, options[i].keys, options[i].count);

		printf("%s%s%c", words[kind], value, '\0');
	}
}

int main(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct nova_conf conf = { .count = 0 };
		int rc = 0;

		for (char *word = strtok(line, " \n"); word != NULL && rc == 0; word = strtok(NULL, " \n"))
			rc = add(&conf, word);
		if (rc != 0)
			printf("line %d%c", rc, '\0');
		else
			answer(&conf);
		nova_conf_clear(&conf);
	}
	return 0;
}
