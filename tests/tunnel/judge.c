/* SPDX-License-Identifier: Apache-2.0 */
/* judge: prints what rssh-nova finds against documents, each judged by itself.
 * Usage: judge CONFIG FILE...; a FILE that begins with "<qemu-migration" is a cookie of a finish. A line for each: FINDING DETAIL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rpc.h"
#include "shell/domain_xml.h"

static char text[RPC_CALL_MAX + 1];
static char memory[DOMAIN_XML_MEMORY];

static struct bytes file_read(const char *path, size_t room)
{
	FILE *const file = fopen(path, "r");

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	const size_t len = fread(text, 1, room, file);

	fclose(file);
	return (struct bytes){ text, len };
}

int main(int argc, char **argv)
{
	struct config_faults faults;
	struct config config;

	if (argc < 3 || !config_parse(&config, &faults, file_read(argv[1], CONFIG_MAX))) {
		fprintf(stderr, "judge: cannot read the configuration\n");
		return 1;
	}
	domain_xml_prepare(memory, sizeof(memory), 1);
	for (int i = 2; i < argc; i++) {
		const struct bytes xml = file_read(argv[i], sizeof(text) - 1);
		const bool cookie = xml.len > 2 && xml.at[1] == 'q';
		struct domain domain;

		domain_begin(&domain, &config);
		if (domain_xml_judge(&domain, xml, cookie ? DOMAIN_FINISH_COOKIE : DOMAIN_XML) !=
			(domain.finding == TUNNEL_NOTHING))
			return 2;
		printf("%s %s\n", tunnel_word(domain.finding), domain.detail);
	}
	return 0;
}
