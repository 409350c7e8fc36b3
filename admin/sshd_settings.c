/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/sshd_settings.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "admin/sshd_runtime.h"

/* The local end of the connection. */
struct target {
	char port[8], rdomain[64];
};

static int sshd_run(struct sshd_settings *out, const char *user, const char *config, const struct target *target)
{
	static char sshd[] = "/usr/sbin/sshd", test[] = "-T", connection[] = "-C";
	char spec[256];
	char *argv[4 + SSHD_RUNTIME_OPTIONS] = { sshd, test, connection, spec };

	snprintf(spec, sizeof(spec), "user=%s,host=x,addr=127.0.0.1,laddr=127.0.0.1,lport=%s,rdomain=%s", user,
		target->port, target->rdomain);
	snprintf(out->question, sizeof(out->question), "sshd -T -C %s", spec);
	sshd_runtime_options(argv, 4, config);
	return capture(out->text, argv, true);
}

static void keyword_lower(char *line)
{
	for (; *line != '\0' && *line != ' '; line++)
		*line = (char)tolower((unsigned char)*line);
}

/* Ends each line by a NUL, and the text by an empty line. */
static void lines_split(struct sshd_settings *out)
{
	char *line = out->text, *end;

	out->text[CAPTURE_MAX - 2] = '\0';
	out->text[CAPTURE_MAX - 1] = '\0';
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		keyword_lower(line);
	}
	out->known = true;
	out->known = sshd_settings_first(out, "permittty")[0] != '\0';
}

/* Replaces the text by the reason. */
static void complain(struct sshd_settings *out, int rc)
{
	char first[SSHD_QUESTION_MAX];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(out->text, "\n"), out->text);
	out->known = false;
	if (rc < 0)
		strcpy(out->text, "cannot run it, or a signal ended it");
	else if (rc > 0)
		snprintf(out->text, sizeof(out->text), "exit status %d: %s", rc, first);
	else
		snprintf(
			out->text, sizeof(out->text), "cannot understand its output, which lacks PermitTTY: %s", first);
}

static void read_once(struct sshd_settings *out, const char *user, const char *config, const struct target *target)
{
	const int rc = sshd_run(out, user, config, target);

	if (rc == 0)
		lines_split(out);
	if (rc != 0 || !out->known)
		complain(out, rc);
}

/* Reads "0.0.0.0:22" or "[::]:22", with or without " rdomain x". */
static void target_read(struct target *out, const char *value)
{
	static const char word[] = " rdomain ";
	const char *const rdomain = strstr(value, word);
	const size_t len = strcspn(value, " ");
	const char *const colon = memrchr(value, ':', len);

	if (colon != NULL)
		snprintf(out->port, sizeof(out->port), "%.*s", (int)(value + len - colon - 1), colon + 1);
	snprintf(out->rdomain, sizeof(out->rdomain), "%s", rdomain == NULL ? "" : rdomain + sizeof(word) - 1);
}

/* Returns the usual port if sshd listens there, else its first port. */
static struct target target_find(const struct sshd_settings *settings, const struct target *usual)
{
	struct target first = *usual, found;
	const char *at = NULL, *value;

	for (bool begun = false; (value = sshd_settings_next(settings, "listenaddress", &at)) != NULL; begun = true) {
		found = *usual;
		target_read(&found, value);
		if (strcmp(found.port, usual->port) == 0)
			return found;
		if (!begun)
			first = found;
	}
	return first;
}

void sshd_settings_read(struct sshd_settings *out, const char *user, const char *config)
{
	static const struct target usual = { "22", "" };
	struct target real;

	read_once(out, user, config, &usual);
	if (!out->known)
		return;
	real = target_find(out, &usual);
	if (strcmp(real.port, usual.port) != 0 || real.rdomain[0] != '\0')
		read_once(out, user, config, &real);
}

const char *sshd_settings_next(const struct sshd_settings *settings, const char *keyword, const char **at)
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
