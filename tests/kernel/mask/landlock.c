/* SPDX-License-Identifier: Apache-2.0 */
#include "landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	RULE_NET_PORT = 2,
	PAGE = 4096,
};

/* struct landlock_ruleset_attr as of ABI 6. */
struct attr {
	uint64_t fs, net, scoped;
};

/* What a ruleset may handle, and how much of the structure the kernel knows, from an ABI on. */
static const struct {
	int abi;
	struct attr known;
	size_t size;
} kernels[] = {
	{ 1, { 0x01fff, 0, 0 }, 8 },
	{ 2, { 0x03fff, 0, 0 }, 8 },
	{ 3, { 0x07fff, 0, 0 }, 8 },
	{ 4, { 0x07fff, 3, 0 }, 16 },
	{ 5, { 0x0ffff, 3, 0 }, 16 },
	{ 6, { 0x0ffff, 3, 3 }, 24 },
	{ 9, { 0x1ffff, 3, 3 }, 24 },
};

static size_t kernel_of(int abi)
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (kernels[i].abi <= abi)
			at = i;
	return at;
}

int landlock_running(void)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

static bool memory_read(pid_t pid, uint64_t at, void *out, size_t size)
{
	const struct iovec here = { out, size }, there = { (void *)(uintptr_t)at, size };

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

static bool memory_write(pid_t pid, uint64_t at, void *data, size_t size)
{
	const struct iovec here = { data, size }, there = { (void *)(uintptr_t)at, size };

	return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

/* As copy_struct_from_user() does. 0, or what the call fails with. */
static long attr_read(struct attr *out, pid_t pid, uint64_t at, size_t size, size_t known)
{
	char bytes[PAGE] = { 0 };

	if (size < sizeof(out->fs))
		return -EINVAL;
	if (size > sizeof(bytes))
		return -E2BIG;
	if (!memory_read(pid, at, bytes, size))
		return -EFAULT;
	for (size_t i = known; i < size; i++)
		if (bytes[i] != 0)
			return -E2BIG;
	memcpy(out, bytes, sizeof(*out));
	return 0;
}

/* The running kernel must not meet what it does not know. */
static bool attr_narrow(const struct attr *attr, pid_t pid, uint64_t at, size_t size)
{
	const struct attr *const known = &kernels[kernel_of(landlock_running())].known;
	struct attr less = { attr->fs & known->fs, attr->net & known->net, attr->scoped & known->scoped };

	if (memcmp(&less, attr, sizeof(less)) == 0)
		return true;
	return memory_write(pid, at, &less, size < sizeof(less) ? size : sizeof(less));
}

static bool judge_create(long *answer, int abi, pid_t pid, const uint64_t args[6])
{
	const size_t kernel = kernel_of(abi);
	const struct attr *const known = &kernels[kernel].known;
	struct attr attr;

	if (args[2] != 0) {
		*answer = args[2] == LANDLOCK_CREATE_RULESET_VERSION && args[0] == 0 && args[1] == 0 ? abi : -EINVAL;
		return true;
	}
	*answer = attr_read(&attr, pid, args[0], (size_t)args[1], kernels[kernel].size);
	if (*answer == 0 &&
		((attr.fs & ~known->fs) != 0 || (attr.net & ~known->net) != 0 || (attr.scoped & ~known->scoped) != 0))
		*answer = -EINVAL;
	if (*answer == 0 && !attr_narrow(&attr, pid, args[0], (size_t)args[1]))
		*answer = -EFAULT;
	return *answer != 0;
}

bool landlock_judge(long *answer, int abi, pid_t pid, long call, const uint64_t args[6])
{
	*answer = -EINVAL;
	switch (call) {
	case SYS_landlock_create_ruleset:
		return judge_create(answer, abi, pid, args);
	case SYS_landlock_add_rule:
		return args[1] == RULE_NET_PORT && abi < 4;
	case SYS_landlock_restrict_self:
		return args[1] != 0 && abi < 7;
	default:
		return false;
	}
}
