/* SPDX-License-Identifier: Apache-2.0 */
/* stand_in: a program that stands where rsync, scp and sftp-server stand. It looks whether the walls are there
 * that it should be behind, says so, and then does what it is told, as those programs would.
 * Takes:  one line on standard input: HOME ACT NAME. HOME is the home directory of nova, in which it may do
 *         nothing. ACT is write, touch, chain, remove, empty, read or nothing; NAME is below the place that the
 *         last argument names, or absolute.
 * Gives:  a line of JSON on standard output, and 0 when the act was done, else 1. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DESCRIPTORS = 1024,
	PATH_TEXT_MAX = 4096,
};

static char home[1024], act[32], name[1024];

static const char *below(const char *above, const char *rest)
{
	static char path[PATH_TEXT_MAX];

	if (rest[0] == '/')
		snprintf(path, sizeof(path), "%s", rest);
	else
		snprintf(path, sizeof(path), "%s%s%s", above, rest[0] == '-' ? "" : "/", rest[0] == '-' ? "" : rest);
	return path;
}

/* Each is closed by one wall that must be there: Landlock or the second wall, seccomp, the one exec. */
static bool reads_outside(void)
{
	return open(below(home, "secret.conf"), O_RDONLY) >= 0;
}

static bool writes_outside(void)
{
	return open(below(home, "canary"), O_WRONLY) >= 0;
}

static bool makes_outside(void)
{
	return mkdir(below(home, "public/stand-in"), 0755) == 0;
}

static bool has_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool links(void)
{
	return symlink("/etc/passwd", below(home, "public/link")) == 0;
}

static bool has_descriptors(void)
{
	for (int fd = 3; fd < DESCRIPTORS; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return true;
	return false;
}

static bool has_environment(void)
{
	return environ[0] == NULL || strcmp(environ[0], "LC_ALL=C") != 0 || environ[1] != NULL;
}

static bool is_in_anothers_session(void)
{
	return getpgrp() != getpid();
}

static bool sees_outside(void)
{
	struct stat st;

	return stat(below(home, "canary"), &st) == 0;
}

static const struct {
	const char *word;
	bool (*is_open)(void);
} walls[] = {
	{ "reads", reads_outside },
	{ "writes", writes_outside },
	{ "makes", makes_outside },
	{ "socket", has_socket },
	{ "link", links },
	{ "descriptors", has_descriptors },
	{ "environment", has_environment },
	{ "session", is_in_anothers_session },
};

static void walls_say(void)
{
	const char *comma = "";

	printf("{\"open\": [");
	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++)
		if (walls[i].is_open()) {
			printf("%s\"%s\"", comma, walls[i].word);
			comma = ", ";
		}
	printf("], \"sees\": %s", sees_outside() ? "true" : "false");
}

static void limit_say(const char *word, __rlimit_resource_t resource)
{
	struct rlimit limit = { 0, 0 };

	if (getrlimit(resource, &limit) != 0 || limit.rlim_cur != limit.rlim_max)
		printf(", \"%s\": -2", word);
	else
		printf(", \"%s\": %lld", word, limit.rlim_cur == RLIM_INFINITY ? -1 : (long long)limit.rlim_cur);
}

static bool file_make(const char *path, const char *content)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	return fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content) && close(fd) == 0;
}

/* Every directory of the chain below path. */
static bool chain_make(char *path, size_t from)
{
	for (char *at = path + from + 1; (at = strchr(at, '/')) != NULL; *at++ = '/') {
		*at = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return false;
	}
	return mkdir(path, 0755) == 0;
}

static bool touch_in_chain(char *path, size_t from)
{
	char *const slash = strrchr(path, '/');
	bool made;

	*slash = '\0';
	made = chain_make(path, from) || errno == EEXIST;
	*slash = '/';
	return made && file_make(path, "");
}

static bool one_remove(const char *path)
{
	return unlink(path) == 0 || rmdir(path) == 0;
}

static bool directory_empty(const char *path)
{
	DIR *const dir = opendir(path);
	bool done = dir != NULL;

	for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			done = unlinkat(dirfd(dir), entry->d_name, 0) == 0 && done;
	return done;
}

static bool file_read(const char *path)
{
	char bytes[64];
	const int fd = open(path, O_RDONLY);

	return fd >= 0 && read(fd, bytes, sizeof(bytes)) > 0;
}

static bool act_do(const char *place)
{
	char path[PATH_TEXT_MAX];

	snprintf(path, sizeof(path), "%s", below(place, name));
	if (strcmp(act, "write") == 0)
		return file_make(path, "brought by the stand-in\n");
	if (strcmp(act, "chain") == 0)
		return chain_make(path, strlen(place));
	if (strcmp(act, "touch") == 0)
		return touch_in_chain(path, strlen(place));
	if (strcmp(act, "remove") == 0)
		return one_remove(path);
	if (strcmp(act, "empty") == 0)
		return directory_empty(path);
	if (strcmp(act, "read") == 0)
		return file_read(path);
	return strcmp(act, "nothing") == 0;
}

int main(int argc, char **argv)
{
	bool done;

	if (argc < 1 || scanf("%1023s %31s %1023s", home, act, name) != 3)
		return 2;
	walls_say();
	(void)kill(getpid(), 0); /* which the supervisor sends for it */
	limit_say("nofile", RLIMIT_NOFILE);
	limit_say("core", RLIMIT_CORE);
	limit_say("fsize", RLIMIT_FSIZE);
	limit_say("memory", RLIMIT_AS);
	limit_say("processes", RLIMIT_NPROC);
	done = act_do(argv[argc - 1]);
	printf(", \"done\": %s}\n", done ? "true" : "false");
	return done ? 0 : 1;
}
