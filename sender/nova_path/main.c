/* SPDX-License-Identifier: Apache-2.0 */
/* nova-path: the ssh, scp, rsync and qemu-img that nova-compute finds first on its PATH. Nova's own command lines share
 * one connection to each host, and its copies go over SFTP without holes. Before qemu-img opens a file that a peer
 * brought, the guard ends the peer's claim. Every other call runs the real program with the same words. The name of the
 * program says which of the four it is. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "sender/nova_path/copy_file.h"
#include "sender/nova_path/guard.h"
#include "sender/nova_path/share.h"
#include "sender/nova_path/tool.h"

static const char *base_name(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Nova's words come after our options, because ssh takes the first value of an option. */
static void ssh_become(int count, char *const *words)
{
	char program[PATH_MAX], folder[SHARE_FOLDER_MAX];
	struct argv argv;

	if (!tool_find(program, "ssh") || !share_folder(folder))
		return;
	argv_init(&argv);
	argv_add(&argv, words[0]);
	share_options(&argv, folder, false);
	for (int i = 1; i < count; i++)
		argv_add(&argv, words[i]);
	if (argv_words(&argv) != NULL)
		(void)execv(program, (char *const *)(uintptr_t)argv_words(&argv));
}

/* The real rsync runs with the same words. RSYNC_RSH makes it use our ssh, unless somebody has set it already. */
static void rsync_prepare(void)
{
	char program[PATH_MAX], folder[SHARE_FOLDER_MAX], line[PATH_MAX + 512];
	struct argv argv;

	if (getenv("RSYNC_RSH") != NULL || !tool_find(program, "ssh") || !share_folder(folder))
		return;
	argv_init(&argv);
	argv_add(&argv, program);
	share_options(&argv, folder, false);
	if (argv_words(&argv) != NULL && argv_quote(line, sizeof(line), argv_words(&argv), true))
		(void)setenv("RSYNC_RSH", line, 0);
}

/* If one of the three descriptors were closed, a file of ours would get its number. */
static bool has_stdio(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	const char *const name = argc > 0 ? base_name(argv[0]) : "ssh";
	const struct nova_form form =
		has_stdio() ? nova_form_read(name, argc, argv) : (struct nova_form){ .id = NOVA_OTHER };
	int status = COPY_NOT_SERVED;

	if (strcmp(name, "qemu-img") == 0 && !guard_allows(argc, argv))
		return GUARD_REFUSED_STATUS;
	openlog("rssh-nova-send", LOG_PID, LOG_DAEMON);
	if (form.id == NOVA_SSH)
		ssh_become(argc, argv);
	else if (form.id == NOVA_RSYNC)
		rsync_prepare();
	else if (form.id != NOVA_OTHER)
		status = copy_file(&form);
	if (status != COPY_NOT_SERVED)
		return status;
	closelog();
	tool_become(name, argv);
}
