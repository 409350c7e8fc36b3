/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, file sizes and limits. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "attempt.h"

static const long mib = 1024 * 1024;

static void memory(void)
{
	void *const much = (void *)TRIED(
		mmap, NULL, 3l << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	report(ESCAPES, much != MAP_FAILED, "mmap-3G");
	if (much != MAP_FAILED)
		(void)munmap(much, (size_t)3 << 30);
}

static void raising(void)
{
	static const struct {
		int resource;
		const char *name;
	} limits[] = { { RLIMIT_AS, "AS" }, { RLIMIT_FSIZE, "FSIZE" }, { RLIMIT_CORE, "CORE" } };

	for (size_t i = 0; i < 3; i++) {
		const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
		struct rlimit old;

		(void)TRIED(prlimit64, 0, limits[i].resource, NULL, &old);
		report(i == 2 ? REFUSED : ESCAPES, old.rlim_max == RLIM_INFINITY, "no-limit-%s", limits[i].name);
		report(REFUSED, TRIED(prlimit64, 0, limits[i].resource, &none, NULL) == 0 && !is_free(), "raise-%s",
			limits[i].name);
	}
}

/* More than the file_size of the configuration, in each way to make a file long. */
static void sizes(void)
{
	const long fd = open_way(in_own("large"), O_RDWR | O_CREAT, 0644);
	const enum without without = fd >= 0 ? ESCAPES : REFUSED;
	struct stat st = { .st_blocks = 0 };

	(void)signal(SIGXFSZ, SIG_IGN);
	report(without, DENIED_BUT("RVMCP", ftruncate, fd, 64 * mib) == 0, "ftruncate-64M");
	report(without, TRIED(pwrite64, fd, "x", 1, 64 * mib) == 1, "pwrite-at-64M");
	report(without, TRIED(lseek, fd, 64 * mib, SEEK_SET) >= 0 && write((int)fd, "x", 1) == 1, "write-at-64M");
	report(without, DENIED(fallocate, fd, 0, 0, 64 * mib) == 0, "fallocate-64M");
	(void)DENIED(fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, 64 * mib);
	const int err = errno;

	if (fd >= 0)
		(void)fstat((int)fd, &st);
	errno = err;
	report(without, st.st_blocks * 512 > mib, "fallocate-keep-size-64M");
	if (fd >= 0)
		close((int)fd);
	(void)libc_unlink(in_own("large"));
}

void attempts_limits(void)
{
	memory();
	raising();
	sizes();
}
