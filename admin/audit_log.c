/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/audit_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "rssh-nova-admin report: %s: %s\n", what, why);
	return -1;
}

static int lines_read(FILE *file, const char *name, void (*each)(void *context, const char *line), void *context)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, file)) > 0) {
		line[len - (line[len - 1] == '\n')] = '\0';
		each(context, line);
	}
	free(line);
	return ferror(file) ? complain(name, strerror(errno)) : 0;
}

static _Noreturn void journal_become(time_t since, int to)
{
	static char program[] = "/usr/bin/journalctl", tag[] = "--identifier=rssh-nova",
		    output[] = "--output=short-iso", quiet[] = "--quiet", no_pager[] = "--no-pager",
		    path[] = "PATH=/usr/bin:/bin", locale[] = "LC_ALL=C";
	char from[64];
	char *const argv[] = { program, tag, output, quiet, no_pager, from, NULL };
	char *const env[] = { path, locale, NULL };

	snprintf(from, sizeof(from), "--since=@%" PRId64, (int64_t)since);
	if (dup2(to, STDOUT_FILENO) >= 0)
		execve(program, argv, env);
	_exit(127);
}

static int journal_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return complain("journalctl", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return complain("journalctl", "it is missing or failed: name a file, or - for standard input");
}

static int journal_each(time_t since, void (*each)(void *context, const char *line), void *context)
{
	int ends[2], rc;
	FILE *file;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return complain("pipe", strerror(errno));
	pid = fork();
	if (pid == 0)
		journal_become(since, ends[1]);
	close(ends[1]);
	file = fdopen(ends[0], "r");
	if (pid < 0 || file == NULL)
		return complain("journalctl", strerror(errno));
	rc = lines_read(file, "journalctl", each, context);
	fclose(file);
	return journal_wait(pid) == 0 ? rc : -1;
}

const char *audit_log_source(const char *named)
{
	if (named != NULL)
		return named;
	return access(AUDIT_LOG_FILE, F_OK) == 0 ? AUDIT_LOG_FILE : "journal";
}

int audit_log_each(const char *source, time_t since, void (*each)(void *context, const char *line), void *context)
{
	FILE *file;
	int rc;

	if (strcmp(source, "journal") == 0)
		return journal_each(since, each, context);
	if (strcmp(source, "-") == 0)
		return lines_read(stdin, "standard input", each, context);
	file = fopen(source, "re");
	if (file == NULL)
		return complain(source, strerror(errno));
	rc = lines_read(file, source, each, context);
	fclose(file);
	return rc;
}
