/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/sshd_stage.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/file.h"
#include "admin/sshd_runtime.h"
#include "admin/sshd_settings.h"

static const char blanks[] = " \t\r";

/* Finds the next word of a line, without its quotes, and moves *at behind it. Returns its length, 0 at the end. */
static size_t word_next(const char **word, const char **at)
{
	size_t len;

	*at += strspn(*at, blanks);
	if (**at == '"') {
		*word = ++*at;
		len = strcspn(*at, "\"\n");
		*at += len + ((*at)[len] == '"');
		return len;
	}
	*word = *at;
	len = **at == '#' ? 0 : strcspn(*at, " \t\r\n");
	*at += len;
	return len;
}

/* Returns the words of an Include line; NULL for another line. */
static const char *include_words(const char *line)
{
	static const char keyword[] = "include";
	const char *const at = line + strspn(line, blanks);
	const char *const behind = at + sizeof(keyword) - 1;

	if (strncasecmp(at, keyword, sizeof(keyword) - 1) != 0)
		return NULL;
	return *behind == ' ' || *behind == '\t' || *behind == '=' ? behind + (*behind == '=') : NULL;
}

/* Does a pattern of Include match our drop-in? *file is then the pattern without its directory.
 * We do not understand a pattern in the directory itself. */
static bool takes_drop_in(char file[PATH_MAX], const char *word, size_t len)
{
	static const char here[] = "/etc/ssh/";
	char path[PATH_MAX + sizeof(here)];

	if (len >= PATH_MAX)
		return false;
	snprintf(path, sizeof(path), "%s%.*s", word[0] == '/' ? "" : here, (int)len, word);
	if (strncmp(path, SSHD_DROP_INS "/", sizeof(SSHD_DROP_INS)) != 0)
		return false;
	memmove(file, path + sizeof(SSHD_DROP_INS), strlen(path + sizeof(SSHD_DROP_INS)) + 1);
	return fnmatch(path, SSHD_DROP_IN, FNM_PATHNAME | FNM_PERIOD) == 0;
}

static const char *line_next(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

bool sshd_stage_includes(const char *main)
{
	char file[PATH_MAX];

	for (const char *line = main; *line != '\0'; line = line_next(line)) {
		const char *at = include_words(line), *word;
		size_t len;

		while (at != NULL && (len = word_next(&word, &at)) != 0)
			if (takes_drop_in(file, word, len))
				return true;
	}
	return false;
}

static void include_print(FILE *out, const char *at, const char *directory)
{
	char file[PATH_MAX];
	const char *word;
	size_t len;

	fputs("Include", out);
	while ((len = word_next(&word, &at)) != 0)
		if (takes_drop_in(file, word, len))
			fprintf(out, " %s/d/%s", directory, file);
		else
			fprintf(out, " \"%.*s\"", (int)len, word);
	fputc('\n', out);
}

/* The main file, with directory in place of the directory of our drop-in. */
static char *main_redirect(const char *main, const char *directory)
{
	char *text = NULL;
	size_t size;
	FILE *const out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (const char *line = main; *line != '\0'; line = line_next(line)) {
		const char *const words = include_words(line);

		if (words != NULL)
			include_print(out, words, directory);
		else
			fwrite(line, 1, (size_t)(line_next(line) - line), out);
	}
	return fclose(out) == 0 ? text : NULL;
}

/* Links the other drop-ins, so that sshd reads all of them in their order. */
static int others_link(const char *directory)
{
	static const char own[] = SSHD_DROP_IN;
	DIR *const names = opendir(SSHD_DROP_INS);
	const struct dirent *entry;
	int rc = 0;

	if (names == NULL)
		return errno == ENOENT ? 0 : -1;
	while (rc == 0 && (entry = readdir(names)) != NULL) {
		char target[PATH_MAX], link_name[PATH_MAX];

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, own + sizeof(SSHD_DROP_INS)) == 0)
			continue;
		snprintf(target, sizeof(target), SSHD_DROP_INS "/%s", entry->d_name);
		snprintf(link_name, sizeof(link_name), "%s/d/%s", directory, entry->d_name);
		rc = symlink(target, link_name);
	}
	closedir(names);
	return rc;
}

static int stage_write(const struct sshd_stage *stage, const char *directory, char main_name[PATH_MAX])
{
	char name[PATH_MAX];
	char *const text = main_redirect(stage->main, directory);
	int rc;

	snprintf(main_name, PATH_MAX, "%s/sshd_config", directory);
	rc = text == NULL ? -1 : file_write(main_name, bytes_of(text), 0600);
	free(text);
	snprintf(name, sizeof(name), "%s/d", directory);
	if (rc != 0 || mkdir(name, 0700) != 0 || others_link(directory) != 0)
		return -1;
	snprintf(name, sizeof(name), "%s/d/%s", directory, &SSHD_DROP_IN[sizeof(SSHD_DROP_INS)]);
	return stage->drop_in == NULL ? 0 : file_write(name, bytes_of(stage->drop_in), 0600);
}

static void stage_remove(const char *directory)
{
	char name[PATH_MAX];
	const struct dirent *entry;
	DIR *names;

	snprintf(name, sizeof(name), "%s/sshd_config", directory);
	unlink(name);
	snprintf(name, sizeof(name), "%s/d", directory);
	names = opendir(name);
	while (names != NULL && (entry = readdir(names)) != NULL) {
		snprintf(name, sizeof(name), "%s/d/%s", directory, entry->d_name);
		unlink(name);
	}
	if (names != NULL)
		closedir(names);
	snprintf(name, sizeof(name), "%s/d", directory);
	rmdir(name);
	rmdir(directory);
}

/* Does a line of the block, "Keyword value", hold? */
static int setting_check(const struct sshd_settings *settings, const char *line, struct trouble *trouble)
{
	char keyword[64], value[512];
	const char *held;

	if (sscanf(line, " %63s %511[^\n]", keyword, value) != 2)
		return trouble_set(trouble, "sshd: not a setting: %.60s", line);
	for (char *at = keyword; *at != '\0'; at++)
		*at = (char)tolower(*at);
	held = sshd_settings_first(settings, keyword);
	if (strcmp(held, value) == 0)
		return 0;
	return trouble_set(trouble,
		"our setting would not hold: %s would be \"%s\", not \"%s\"; look for a Match block or a file in " SSHD_DROP_INS
		" that sshd reads before ours",
		keyword, held, value);
}

/* The settings of the Match block begin with a tab. */
static int block_check(const struct sshd_settings *settings, const char *block, struct trouble *trouble)
{
	for (const char *line = block; *line != '\0'; line = line_next(line))
		if (*line == '\t' && setting_check(settings, line, trouble) != 0)
			return -1;
	return 0;
}

static int settings_get(struct sshd_settings *out, const char *user, const char *config, struct trouble *trouble)
{
	sshd_settings_read(out, user, config);
	if (out->known)
		return 0;
	return trouble_set(
		trouble, "%s%s fails: %s", out->question, config != NULL ? " with the new settings" : "", out->text);
}

/* sshd -t checks more than -T does. config may be NULL. */
static int valid_check(const char *config, struct trouble *trouble)
{
	static char sshd[] = "/usr/sbin/sshd", test[] = "-t", said[CAPTURE_MAX];
	char *argv[2 + SSHD_RUNTIME_OPTIONS] = { sshd, test };
	int rc;

	sshd_runtime_options(argv, 2, config);
	rc = capture(said, argv, true);
	said[strcspn(said, "\n")] = '\0';
	if (rc == 0)
		return 0;
	return trouble_set(trouble, "sshd -t%s fails: %s", config != NULL ? " with the new settings" : "",
		said[0] != '\0' ? said : "cannot run it");
}

static struct sshd_settings settings, root;

/* Without a forced command, everything must go through the login shell. */
static int subsystem_check(struct trouble *trouble)
{
	const char *at = NULL, *value;

	while ((value = sshd_settings_next(&settings, "subsystem", &at)) != NULL)
		if (strstr(value, "internal-sftp") != NULL)
			return trouble_set(trouble,
				"Subsystem %s bypasses the login shell: name the sftp-server program there, or keep "
				"ForceCommand",
				value);
	return 0;
}

static int user_check(const char *user, const char *wanted, const char *config, struct trouble *trouble)
{
	if (wanted == NULL)
		return 0;
	if (settings_get(&settings, user, config, trouble) != 0 || block_check(&settings, wanted, trouble) != 0)
		return -1;
	return strstr(wanted, "\tForceCommand") != NULL ? 0 : subsystem_check(trouble);
}

static int root_check(const char *config, struct trouble *trouble)
{
	if (settings_get(&settings, "root", config, trouble) != 0)
		return -1;
	for (const char *a = root.text, *b = settings.text; *a != '\0' || *b != '\0';
		a += strlen(a) + 1, b += strlen(b) + 1)
		if (strcmp(a, b) != 0)
			return trouble_set(trouble, "a setting of root's would change: \"%s\" instead of \"%s\"", b, a);
	return 0;
}

int sshd_stage_check(const struct sshd_stage *stage, struct trouble *trouble)
{
	char directory[] = "/run/rssh-nova-setup.XXXXXX", main_name[PATH_MAX];
	int rc;

	if (valid_check(NULL, trouble) != 0 || settings_get(&root, "root", NULL, trouble) != 0)
		return -1;
	if (mkdtemp(directory) == NULL)
		return trouble_set(trouble, "%s: %s", directory, strerror(errno));
	if (stage_write(stage, directory, main_name) != 0)
		rc = trouble_set(trouble, "%s: %s", directory, strerror(errno));
	else if (valid_check(main_name, trouble) != 0 ||
		user_check(stage->user, stage->wanted, main_name, trouble) != 0)
		rc = -1;
	else
		rc = root_check(main_name, trouble);
	stage_remove(directory);
	return rc;
}

int sshd_stage_check_real(const char *user, const char *wanted, struct trouble *trouble)
{
	if (valid_check(NULL, trouble) != 0 || user_check(user, wanted, NULL, trouble) != 0)
		return -1;
	return root_check(NULL, trouble);
}
