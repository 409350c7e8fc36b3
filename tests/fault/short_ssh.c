/* SPDX-License-Identifier: Apache-2.0 */
/* short_ssh: stands where ssh(1) stands. The other end is this machine: it runs the command line by sh(1), an SFTP
 * subsystem as sftp-server. As a master it makes its control socket and waits to be ended.
 * Takes: of ssh's options those that the sender, scp and rsync give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct words {
	const char *control;
	int master, subsystem;
	int first; /* of the command line, behind the host */
};

static void option_read(struct words *out, const char *option)
{
	static const char path[] = "ControlPath=";

	if (strncmp(option, path, sizeof(path) - 1) == 0)
		out->control = option + sizeof(path) - 1;
	if (strcmp(option, "ControlMaster=yes") == 0)
		out->master = 1;
}

static void words_read(struct words *out, int argc, char **argv)
{
	int letter;

	while ((letter = getopt(argc, argv, "+CF:NTl:o:sqx46p:")) != -1) {
		if (letter == 'o')
			option_read(out, optarg);
		if (letter == 's')
			out->subsystem = 1;
	}
	out->first = optind + 1;
	/* rsync has its options before the host, and words that begin with '-' behind it. */
}

static int master_run(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)socket(AF_INET, SOCK_STREAM, 0); /* the connection, for who hurries it */
	if (path == NULL || strlen(path) >= sizeof(address.sun_path))
		return 255;
	strcpy(address.sun_path, path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 8) != 0)
		return 255;
	for (;;)
		(void)pause();
}

static int command_run(int argc, char **argv, int first)
{
	static char line[65536];
	size_t used = 0;

	for (int i = first; i < argc; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i == first ? "" : " ", argv[i]);
	(void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	return 255;
}

int main(int argc, char **argv)
{
	struct words words = { .control = NULL };

	words_read(&words, argc, argv);
	if (words.master)
		return master_run(words.control);
	if (words.first > argc)
		return 255;
	if (words.subsystem) {
		(void)execl("/usr/lib/openssh/sftp-server", "sftp-server", (char *)NULL);
		return 255;
	}
	return command_run(argc, argv, words.first);
}
