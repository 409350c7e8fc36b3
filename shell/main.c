/* main: rssh-nova, the restricted shell of OpenStack Nova's migrations. See rssh-nova(8). */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "shell/command.h"
#include "shell/exit_code.h"
#include "shell/process.h"
#include "shell/request.h"

int main(int argc, char **argv)
{
	static struct invocation invocation;
	bool settled;

	if (process_stand() != 0)
		return EXIT_CODE_NOT_CONFIGURED;
	settled = process_settle() == 0;
	invocation_read(&invocation, argc, argv);
	if (!settled)
		invocation.fault = "cannot close what was inherited, or set limits and signals";
	if (invocation.version && invocation.fault == NULL) {
		puts("rssh-nova " RSSH_NOVA_VERSION);
		return fflush(stdout) == 0 ? EXIT_CODE_DONE : EXIT_CODE_FAILED;
	}
	_exit(command_run(&invocation)); /* nothing is left to flush or to undo */
}
