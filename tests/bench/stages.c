/* SPDX-License-Identifier: Apache-2.0 */
/* stages: the parts of a start, by stopping after each. Linked into a second rssh-nova, of the same objects, whose
 * name says where it ends ("stage4"): at the return of the wrapped function that closes the part. What a part
 * costs is the median of all that stop behind it less the median of all that stop before it; what it takes to
 * end a process that has done more is in it too.
 * The linker wraps the functions (-Wl,--wrap), so that rssh-nova itself knows nothing of this. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/landlock.h"
#include "shell/process.h"
#include "shell/query.h"
#include "wall/seccomp.h"

enum {
	STAGE_PROCESS = 1,
	STAGE_CONFIG,
	STAGE_SYSLOG,
	STAGE_DECISION,
	STAGE_RECORD,
	STAGE_LANDLOCK,
	STAGE_SECCOMP,
};

static int stop_at, status;

/* Before main() and so before the environment is gone: STAGE_STATUS is there to see that a stop is reached. */
__attribute__((constructor)) static void read_stage(int argc, char **argv)
{
	const char *const slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *const asked = getenv("STAGE_STATUS");

	if (slash != NULL && strncmp(slash, "/stage", 6) == 0)
		stop_at = atoi(slash + 6);
	status = asked == NULL ? 0 : atoi(asked);
}

static int reached(int stage, int result)
{
	if (stage == stop_at)
		_exit(status);
	return result;
}

#define WRAP(stage, function, parameters, arguments) \
	int __real_##function parameters; \
	int __wrap_##function parameters; \
	int __wrap_##function parameters \
	{ \
		return reached(stage, __real_##function arguments); \
	}

WRAP(STAGE_PROCESS, process_harden, (void), ())
WRAP(STAGE_CONFIG, query_prepare,
	(struct config * config, struct roots *roots, const struct invocation *invocation, struct fault *fault),
	(config, roots, invocation, fault))
WRAP(STAGE_SYSLOG, audit_open, (struct audit * out, int facility), (out, facility))
WRAP(STAGE_DECISION, query_decide, (struct query * query, struct verdict *verdict, struct fault *fault),
	(query, verdict, fault))
WRAP(STAGE_RECORD, audit_send, (const struct audit *audit, int level, const struct record *record),
	(audit, level, record))
WRAP(STAGE_LANDLOCK, landlock_enforce, (int ruleset, int abi), (ruleset, abi))
WRAP(STAGE_SECCOMP, seccomp_confine, (enum role role), (role))
