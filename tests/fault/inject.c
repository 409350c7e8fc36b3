/* SPDX-License-Identifier: Apache-2.0 */
/* inject: the seam of the fault tests. Linked into test-only builds of the programs with -Wl,--wrap for every row
 * of calls.def: lets one call fail that the test names, and writes down each that was made.
 * Takes:  FAULT_BOOK, a file that holds a struct book: what is to fail, and room for what happens.
 * Shared: the book is mapped before main() and stays so over fork(2) and clone(2), so that a child needs no
 *         system call to count, whatever filter it is under.
 * Roles:  the first process is 0; each one that it or its children begin has the next number. A call is named by
 *         its role, its place in the program and how often it was made there: what two processes do at a time has
 *         no order, and what waits for another is done more or less often. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NAME_2(a, b) a##_##b
#define NAME(a, b) NAME_2(a, b)

/* A number of prctl(2) is another one of ioctl(2): a part has both in its name. */
enum call {
#define CALL(result, bad, name, parameters, arguments) CALL_##name,
#define OWN(name) CALL_##name,
#define PART(name, number) NAME(CALL_PART, __LINE__),
#include "calls.def"
#undef CALL
#undef OWN
#undef PART
	CALL_COUNT
};

enum {
	LINES_MAX = 16384,
	NONE = 0xffff,
};

enum how {
	HOW_FAIL = 0,
	HOW_SHORT = 1, /* half of what was asked for, of calls that move bytes */
};

/* One call that was made. */
struct line {
	uint16_t call;
	uint8_t role, failed;
	uint32_t from; /* where it returns to, from the beginning of the program */
};

/* book.py has the same layout. */
struct book {
	uint32_t role, call, from; /* which call, made by which function; any function if from is 0 */
	uint32_t nth;		   /* of those, from 1; 0 for none */
	uint32_t err, how;
	uint32_t also; /* a call that always fails, with the same errno; NONE for none */
	_Atomic uint32_t count, roles, used;
	struct line lines[LINES_MAX];
};

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
typedef void (*sighandler_t)(int);

static struct book *book;
static uint32_t role;

static bool is_wanted(enum call call, uint32_t from)
{
	if (book->also == (uint32_t)call)
		return true;
	if (book->role != role || book->call != (uint32_t)call || (book->from != 0 && book->from != from))
		return false;
	return ++book->count == book->nth;
}

/* Writes the call down. Gives whether it is to fail, with errno set then. */
static bool is_to_fail(enum call call, const void *return_address)
{
	const uint32_t from = (uint32_t)((uintptr_t)return_address - (uintptr_t)__ehdr_start);
	const int saved = errno;
	uint32_t at;
	bool fails;

	if (book == NULL)
		return false;
	fails = is_wanted(call, from);
	at = book->used++;
	if (at < LINES_MAX)
		book->lines[at] = (struct line){
			.call = (uint16_t)call,
			.role = (uint8_t)role,
			.failed = fails,
			.from = from,
		};
	errno = fails ? (int)book->err : saved;
	return fails;
}

#define FAILS(call) is_to_fail(call, __builtin_return_address(0))

/* Is the call, which is to fail, one that only does less? */
static bool is_short(void)
{
	return book->how == HOW_SHORT;
}

#define CALL(result, bad, name, parameters, arguments) \
	result __real_##name parameters; \
	result __wrap_##name parameters; \
	result __wrap_##name parameters \
	{ \
		return FAILS(CALL_##name) ? (bad) : __real_##name arguments; \
	}
#define OWN(name)
#define PART(name, number)
#include "calls.def"
#undef CALL
#undef OWN
#undef PART

#define IS_syscall 1
#define IS_fcntl 2
#define IS_ioctl 3
#define IS_prctl 4

static const struct {
	int name;
	unsigned long number;
	enum call call;
} parts[] = {
#define CALL(result, bad, name, parameters, arguments)
#define OWN(name)
#define PART(name, number) { IS_##name, (unsigned long)(number), NAME(CALL_PART, __LINE__) },
#include "calls.def"
};

/* A number that has no row is the whole function's. */
static enum call part(int name, unsigned long number, enum call otherwise)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].name == name && parts[i].number == number)
			return parts[i].call;
	return otherwise;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, mode_t mode);
int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, mode_t mode);
int __real_close(int fd);
int __wrap_close(int fd);
ssize_t __real_read(int fd, void *at, size_t len);
ssize_t __wrap_read(int fd, void *at, size_t len);
ssize_t __real_pread(int fd, void *at, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *at, size_t len, off_t offset);
ssize_t __real_write(int fd, const void *at, size_t len);
ssize_t __wrap_write(int fd, const void *at, size_t len);
ssize_t __real_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
ssize_t __real_getrandom(void *at, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *at, size_t len, unsigned flags);
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_clone(int (*run)(void *), void *stack, int flags, void *argument, ...);
int __wrap_clone(int (*run)(void *), void *stack, int flags, void *argument, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, long argument);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __real_prctl(int option, ...);
int __wrap_prctl(int option, long a, long b, long c, long d);

/* Of the functions below that take what they are given, an argument that was not given is passed on unseen. */
int __wrap_open(const char *path, int flags, mode_t mode)
{
	return FAILS(CALL_open) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int dir, const char *path, int flags, mode_t mode)
{
	return FAILS(CALL_openat) ? -1 : __real_openat(dir, path, flags, mode);
}

/* Linux closes whatever it answers. */
int __wrap_close(int fd)
{
	const bool fails = FAILS(CALL_close);
	const int saved = errno;
	const int rc = __real_close(fd);

	if (!fails)
		return rc;
	errno = saved;
	return -1;
}

ssize_t __wrap_read(int fd, void *at, size_t len)
{
	if (!FAILS(CALL_read))
		return __real_read(fd, at, len);
	return is_short() ? __real_read(fd, at, (len + 1) / 2) : -1;
}

ssize_t __wrap_pread(int fd, void *at, size_t len, off_t offset)
{
	if (!FAILS(CALL_pread))
		return __real_pread(fd, at, len, offset);
	return is_short() ? __real_pread(fd, at, (len + 1) / 2, offset) : -1;
}

ssize_t __wrap_write(int fd, const void *at, size_t len)
{
	if (!FAILS(CALL_write))
		return __real_write(fd, at, len);
	return is_short() ? __real_write(fd, at, len / 2) : -1;
}

ssize_t __wrap_writev(int fd, const struct iovec *parts_of, int count)
{
	if (!FAILS(CALL_writev))
		return __real_writev(fd, parts_of, count);
	return is_short() ? __real_writev(fd, parts_of, 1) : -1;
}

ssize_t __wrap_getrandom(void *at, size_t len, unsigned flags)
{
	if (!FAILS(CALL_getrandom))
		return __real_getrandom(at, len, flags);
	return is_short() ? __real_getrandom(at, len / 2, flags) : -1;
}

pid_t __wrap_fork(void)
{
	const bool fails = FAILS(CALL_fork);
	uint32_t next;
	pid_t pid;

	if (fails)
		return -1;
	next = book == NULL ? 0 : ++book->roles;
	pid = __real_fork();
	if (pid == 0)
		role = next;
	return pid;
}

/* Of a child that shares our memory, and runs while we wait. */
int __wrap_clone(int (*run)(void *), void *stack, int flags, void *argument, ...)
{
	const uint32_t ours = role;
	int pid;

	if (FAILS(CALL_clone))
		return -1;
	if (book != NULL)
		role = ++book->roles;
	pid = __real_clone(run, stack, flags, argument);
	role = ours;
	return pid;
}

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (FAILS(part(IS_syscall, (unsigned long)number, CALL_syscall)))
		return -1;
	return __real_syscall(number, a, b, c, d, e, f);
}

int __wrap_fcntl(int fd, int command, long argument)
{
	return FAILS(part(IS_fcntl, (unsigned long)command, CALL_fcntl)) ? -1 : __real_fcntl(fd, command, argument);
}

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	return FAILS(part(IS_ioctl, request, CALL_ioctl)) ? -1 : __real_ioctl(fd, request, argument);
}

int __wrap_prctl(int option, long a, long b, long c, long d)
{
	return FAILS(part(IS_prctl, (unsigned long)option, CALL_prctl)) ? -1 : __real_prctl(option, a, b, c, d);
}

__attribute__((constructor)) static void book_open(void)
{
	const char *const path = getenv("FAULT_BOOK");
	const int fd = path == NULL ? -1 : __real_open(path, O_RDWR | O_CLOEXEC);
	void *at;

	if (fd < 0)
		return;
	at = mmap(NULL, sizeof(struct book), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)__real_close(fd);
	if (at != MAP_FAILED)
		book = at;
}
