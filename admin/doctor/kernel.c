/* SPDX-License-Identifier: Apache-2.0 */
/* The features of the running kernel that the walls need. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "admin/doctor/host.h"
#include "admin/second_wall.h"
#include "base/landlock.h"
#include "base/own.h"

#define SYSCTLS \
	"user.max_user_namespaces, kernel.unprivileged_userns_clone " \
	"and kernel.apparmor_restrict_unprivileged_userns"
#define OR_OFF "or set [sandbox] namespaces = off"

void doctor_landlock(struct findings *findings, const struct host *host)
{
	const int abi = landlock_abi();

	if (abi == 0 && host->config.landlock_optional)
		finding_put(findings, FINDING_WARNING, "boot a kernel of 5.13 or newer, with landlock in lsm=",
			"the kernel has no Landlock: only touch, rm, mkdir and rm -rf are allowed, and rsync pulls behind the "
			"second wall");
	else if (abi == 0)
		finding_put(findings, FINDING_FATAL, "boot a kernel of 5.13 or newer, with landlock in lsm=",
			"the kernel has no Landlock: everything is refused");
	else if (abi < host->config.min_abi)
		finding_put(findings, FINDING_FATAL, "boot the newer kernel, or lower [sandbox] min_abi",
			"Landlock ABI %d is below min_abi %" PRId64 ": everything is refused", abi,
			host->config.min_abi);
	else
		finding_put(findings, FINDING_OK, "", "the kernel has Landlock ABI %d", abi);
}

void doctor_seccomp(struct findings *findings, const struct host *host)
{
	const uint32_t actions[] = { SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS };

	(void)host;
	for (size_t i = 0; i < N_ELEMENTS(actions); i++)
		if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &actions[i]) != 0) {
			finding_put(findings, FINDING_FATAL,
				"boot a kernel of 5.0 or newer, with CONFIG_SECCOMP_FILTER",
				"seccomp lacks a feature that the filters need (%s): everything is refused",
				strerror(errno));
			return;
		}
}

/* Linux 5.12 has every call that the second wall needs: mount_setattr(2) is the newest of them. Without Landlock, a
 * transfer needs the second wall, so turning it off is no remedy. */
static const char *second_wall_fix(const struct fault *fault, bool landlock)
{
	static const char *const fixes[2][2] = {
		{ "check the sysctls " SYSCTLS, "check the sysctls " SYSCTLS ", " OR_OFF },
		{ "boot a kernel of 5.12 or newer", "boot a kernel of 5.12 or newer, " OR_OFF },
	};

	return fixes[fault->err == ENOSYS][landlock];
}

void doctor_namespaces(struct findings *findings, const struct host *host)
{
	const bool landlock = landlock_abi() != 0;
	const bool required = host->config.namespaces == NAMESPACES_REQUIRED || !landlock;
	struct fault fault;
	char text[256];

	if (host->config.namespaces != NAMESPACES_OFF && host->entry == NULL) {
		finding_put(findings, FINDING_FATAL, "see the check \"user\"", "not checked");
		return;
	}
	if (host->config.namespaces == NAMESPACES_OFF || second_wall_try_as(host->entry, &fault) == 1)
		return;
	fault_text(text, sizeof(text), &fault);
	finding_put(findings, required ? FINDING_FATAL : FINDING_WARNING, second_wall_fix(&fault, landlock),
		"%s cannot create the namespaces of the second wall (%s): %s", host->user, text,
		required ? "every transfer is refused" : "transfers run without it");
}

void doctor_openat2(struct findings *findings, const struct host *host)
{
	const struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	OWN_FD int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	(void)host;
	if (fd < 0)
		finding_put(findings, FINDING_FATAL, "boot a kernel of 5.6 or newer",
			"openat2(2) does not work (%s): everything is refused", strerror(errno));
}
