#include "install/admin/sshd_settings.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void sshd_settings_read(struct sshd_settings *out, const char *user, const char *config)
{
	static char sshd[] = "/usr/sbin/sshd", test[] = "-T", connection[] = "-C", file[] = "-f";
	char who[256];
	char *argv[] = { sshd, test, connection, who, NULL, NULL, NULL };

	snprintf(who, sizeof(who), "user=%s,host=x,addr=127.0.0.1", user);
	if (config != NULL) {
		argv[4] = file;
		argv[5] = (char *)(uintptr_t)config;
	}
	out->known = capture(out->text, argv, true) == 0 && strstr(out->text, "permittty ") != NULL;
	if (!out->known) {
		out->text[strcspn(out->text, "\n")] = '\0';
		return;
	}
	out->text[CAPTURE_MAX - 2] = '\0';
	out->text[CAPTURE_MAX - 1] = '\0';
	for (char *at = out->text; (at = strchr(at, '\n')) != NULL;)
		*at++ = '\0';
}

const char *sshd_settings_next(
	const struct sshd_settings *settings, const char *keyword, const char **at)
{
	const size_t len = strlen(keyword);
	const char *line = *at == NULL ? settings->text : *at + strlen(*at) + 1;

	for (; settings->known && *line != '\0'; line += strlen(line) + 1) {
		if (strncmp(line, keyword, len) != 0 || line[len] != ' ')
			continue;
		*at = line;
		return line + len + 1;
	}
	return NULL;
}

const char *sshd_settings_first(const struct sshd_settings *settings, const char *keyword)
{
	const char *at = NULL;
	const char *const value = sshd_settings_next(settings, keyword, &at);

	return value == NULL ? "" : value;
}
