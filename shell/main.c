/* SPDX-License-Identifier: Apache-2.0 */
/* main: rssh-nova, the restricted shell of OpenStack Nova's migrations. See rssh-nova(8). */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "shell/command.h"
#include "shell/exit_code.h"
#include "shell/process.h"
#include "shell/request.h"

static const char usage[] = "usage: rssh-nova -c COMMAND\n"
			    "       rssh-nova [--config FILE] [--profile NAME]\n"
			    "       rssh-nova --help | --version\n"
			    "The first is a login shell's, the second a forced command's, as sshd runs them.\n"
			    "Only what OpenStack Nova's migrations send is served: see rssh-nova(8).";

int main(int argc, char **argv)
{
	static struct invocation invocation;
	bool settled;

	if (process_open_stdio() != 0)
		return EXIT_CODE_NOT_CONFIGURED;
	settled = process_harden() == 0;
	invocation_read(&invocation, argc, argv);
	if (!settled)
		invocation.fault = "cannot close what was inherited, or set limits and signals";
	if ((invocation.version || invocation.help) && invocation.fault == NULL) {
		puts(invocation.help ? usage : "rssh-nova " RSSH_NOVA_VERSION);
		return fflush(stdout) == 0 ? EXIT_CODE_DONE : EXIT_CODE_FAILED;
	}
	_exit(command_run(&invocation)); /* nothing to flush or undo */
}
