/* SPDX-License-Identifier: Apache-2.0 */
/* What policy/image says of files, for comparison with others: one JSON object a line.
 * Usage: print_images ROOT FILE... */
#include <stdio.h>
#include <stdlib.h>

#include "policy/image.h"

static const char *const yes_no[] = { "false", "true" };

/* Names that hold what JSON would have to escape are shown as "?". */
static const char *plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
			return "?";
	return text;
}

static void print(const struct config *config, const char *root, const char *path)
{
	static char head[IMAGE_WINDOW];
	const struct image_rules rules = { config, root, NULL, false };
	FILE *const file = fopen(path, "rb");
	struct image image;

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	image_read(&image, (struct bytes){ head, fread(head, 1, sizeof(head), file) });
	fclose(file);
	printf("{\"format\":\"%s\",\"malformed\":%s,\"data_file\":%s,\"encrypted\":%s,\"backing\":\"%s\","
	       "\"backing_format\":\"%s\",\"finding\":\"%s\"}\n",
		image_format_word(image.format), yes_no[image.malformed], yes_no[image.has_data_file],
		yes_no[image.is_encrypted], plain(image.backing), plain(image.backing_format),
		image_finding_word(image_judge(&image, &rules)));
}

int main(int argc, char **argv)
{
	struct config config;

	config_default(&config);
	for (int i = 2; i < argc; i++)
		print(&config, argv[1], argv[i]);
	return 0;
}
