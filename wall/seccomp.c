/* SPDX-License-Identifier: Apache-2.0 */
#include "wall/seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wall/filter.h"

static int load(enum role role, unsigned flags)
{
	const struct sock_fprog *const program = filter_program(role);

	if (program == NULL) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
}

int seccomp_confine(enum role role)
{
	return load(role, 0);
}

int seccomp_confine_watched(enum role role)
{
	return load(role, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}
