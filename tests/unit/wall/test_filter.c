/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "policy/attributes.h"
#include "wall/filter.h"

/* Our own two roles make no call on demand, so their programs are read here; those of the children are tried by
 * tests/attack/test_takeover.py. */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

enum {
	NUMBERS = 600, /* all that there are, and more */
	SET_ID = 06000,
	RAW_TMPFILE = 020000000,
};

/* Does the kernel make the call? It logs some, and makes them nevertheless. */
static bool is_made(uint32_t answer)
{
	const uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG || action == SECCOMP_RET_TRACE;
}

/* Is one call made? Arguments are not looked at when any is true: then may some let it be made? */
static bool allows(
	const struct sock_filter *code, const struct seccomp_data *data, bool any, uint32_t value, bool known)
{
	for (;; code++) {
		bool taken = false;

		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&value, (const char *)data + code->k, sizeof(value));
			known = !any || code->k < offsetof(struct seccomp_data, args);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			value &= code->k;
			continue;
		case BPF_JMP | BPF_JA:
			code += code->k;
			continue;
		case BPF_RET | BPF_K:
			return is_made(code->k);
		case BPF_JMP | BPF_JEQ | BPF_K:
			taken = value == code->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			taken = value > code->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			taken = value >= code->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			taken = (value & code->k) != 0;
			break;
		default:
			cr_assert(false, "an instruction that is not known here: 0x%x", code->code);
		}
		if (!known && allows(code + 1 + (taken ? code->jf : code->jt), data, any, value, known))
			return true;
		code += taken ? code->jt : code->jf;
	}
}

static bool role_allows(enum role role, const struct seccomp_data *data, bool any)
{
	const struct sock_fprog *const program = filter_program(role);

	cr_assert_not_null(program);
	return allows(program->filter, data, any, 0, true);
}

/* The calls that a role may make in some way: all that there are, by name. */
static const char *const acts[] = { "write", "writev", "close", "exit_group", "rt_sigprocmask", "clock_gettime", "poll",
	"getpid", "tgkill", "lseek", "fstat", "newfstatat", "getdents64", "openat2", "mkdirat", "unlinkat", "utimensat",
	"fsetxattr", "renameat2", "connect", "renameat", "fgetxattr", "fcntl", "geteuid", NULL };
static const char *const supervises[] = { "write", "writev", "close", "exit_group", "rt_sigprocmask", "clock_gettime",
	"poll", "getpid", "tgkill", "lseek", "fstat", "newfstatat", "getdents64", "openat2", "mkdirat", "unlinkat",
	"utimensat", "fsetxattr", "renameat2", "renameat", "read", "brk", "munmap", "mmap", "mremap", "exit",
	"rt_sigaction", "rt_sigreturn", "restart_syscall", "gettimeofday", "time", "ppoll", "gettid", "statx",
	"pread64", "openat", "fchmodat", "wait4", "waitid", "kill", "recvmsg", "ioctl", "landlock_create_ruleset",
	"landlock_add_rule", "landlock_restrict_self", "seccomp", "prctl", "fgetxattr", "fcntl", "geteuid",
	"pidfd_open", "pidfd_send_signal", "getpgid", "connect", "flock", "fchmod", NULL };

static bool has(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static void expect_calls(enum role role, const char *const *names)
{
	for (int number = 0; number < NUMBERS; number++) {
		const char *const name = filter_call_name(number);
		const struct seccomp_data data = { .nr = number, .arch = ARCH };

		cr_expect_eq(role_allows(role, &data, true), name != NULL && has(names, name), "%d %s", number,
			name != NULL ? name : "");
	}
}

Test(filter, lets_an_act_make_these_calls_and_no_other)
{
	expect_calls(ROLE_ACT, acts);
}

Test(filter, lets_the_supervisor_make_these_calls_and_no_other)
{
	expect_calls(ROLE_SUPERVISE, supervises);
}

/* And on these descriptors alone: the rows of conditions[]. */
Test(filter, lets_the_tunnel_make_these_calls_and_no_other)
{
	static const char *const tunnels[] = { "read", "write", "poll", "ppoll", "restart_syscall", "rt_sigreturn",
		"clock_gettime", "exit_group", NULL };

	expect_calls(ROLE_LIBVIRT, tunnels);
}

/* Its first other call ends it: nobody watches the relay as the supervisor watches a program. */
Test(filter, ends_a_relay_that_makes_another_call)
{
	const struct sock_fprog *const program = filter_program(ROLE_LIBVIRT);

	cr_assert_not_null(program);
	for (unsigned i = 0; i < program->len; i++) {
		const struct sock_filter *const code = &program->filter[i];

		if (code->code == (BPF_RET | BPF_K))
			cr_expect(code->k == SECCOMP_RET_ALLOW || code->k == SECCOMP_RET_KILL_PROCESS, "0x%x", code->k);
	}
}

Test(filter, has_no_program_for_no_role)
{
	cr_expect_null(filter_program(ROLE_NONE));
	cr_expect_null(filter_program(ROLE_COUNT));
	cr_expect_null(filter_program((enum role) - 1));
}

static const enum role all[] = {
	ROLE_ACT,
	ROLE_SUPERVISE,
	ROLE_RSYNC_RECEIVE,
	ROLE_RSYNC_RECEIVE_IN_VIEW,
	ROLE_RSYNC_SEND,
	ROLE_RSYNC_MIRROR,
	ROLE_SCP_RECEIVE,
	ROLE_SCP_SEND,
	ROLE_SFTP,
	ROLE_LIBVIRT,
};

Test(filter, is_looked_at_for_each_role)
{
	cr_expect_eq(N_ELEMENTS(all), ROLE_COUNT - ROLE_NONE - 1);
}

/* Another door to the kernel, where the numbers stand for other calls. */
Test(filter, lets_nothing_of_another_architecture_through)
{
	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		for (int number = 0; number < NUMBERS; number++) {
			const struct seccomp_data i386 = { .nr = number, .arch = AUDIT_ARCH_I386 };
			const struct seccomp_data x32 = { .nr = number | 0x40000000, .arch = ARCH };

			cr_expect_not(role_allows(all[i], &i386, true), "role %d, %d", all[i], number);
			cr_expect_not(role_allows(all[i], &x32, true), "role %d, %d", all[i], number);
		}
}

/* Whose a number is no filter can know: relay.c sends what may be sent. */
Test(filter, lets_no_child_send_a_signal)
{
	static const int calls[] = {
		SYS_kill,
		SYS_tkill,
		SYS_tgkill,
		SYS_rt_sigqueueinfo,
		SYS_rt_tgsigqueueinfo,
		SYS_pidfd_send_signal,
	};

	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		for (size_t c = 0; c < N_ELEMENTS(calls) && all[i] != ROLE_ACT && all[i] != ROLE_SUPERVISE; c++) {
			const struct seccomp_data data = { .nr = calls[c], .arch = ARCH };

			cr_expect_not(role_allows(all[i], &data, true), "role %d, %d", all[i], calls[c]);
		}
}

#ifdef SYS_chmod
/* No other wall than the second could hold it to the instance. */
Test(filter, lets_nobody_chmod_by_path_but_who_receives_in_a_view)
{
	for (size_t i = 0; i < N_ELEMENTS(all); i++) {
		const struct seccomp_data chmod = { .nr = SYS_chmod, .arch = ARCH };
		const struct seccomp_data fchmodat = { .nr = SYS_fchmodat, .arch = ARCH };
		const struct seccomp_data fchmodat2 = { .nr = 452, .arch = ARCH };

		cr_expect_eq(
			role_allows(all[i], &chmod, true), all[i] == ROLE_RSYNC_RECEIVE_IN_VIEW, "role %d", all[i]);
		cr_expect_eq(role_allows(all[i], &fchmodat, true), all[i] == ROLE_SUPERVISE, "role %d", all[i]);
		cr_expect_not(role_allows(all[i], &fchmodat2, true), "role %d", all[i]);
	}
}

Test(filter, lets_who_receives_in_a_view_do_nothing_else_than_without_it)
{
	for (int number = 0; number < NUMBERS; number++) {
		const struct seccomp_data data = { .nr = number, .arch = ARCH };

		if (number != SYS_chmod)
			cr_expect_eq(role_allows(ROLE_RSYNC_RECEIVE_IN_VIEW, &data, true),
				role_allows(ROLE_RSYNC_RECEIVE, &data, true), "%d", number);
	}
}
#endif

static bool opens(enum role role, int flags, unsigned mode)
{
	const struct seccomp_data data = { .nr = SYS_openat, .arch = ARCH, .args = { 3, 0, (unsigned)flags, mode } };

	return role_allows(role, &data, false);
}

#ifdef SYS_open
static bool opens_by_path(enum role role, int flags, unsigned mode)
{
	const struct seccomp_data data = { .nr = SYS_open, .arch = ARCH, .args = { 0, (unsigned)flags, mode } };

	return role_allows(role, &data, false);
}
#else
static bool opens_by_path(enum role role, int flags, unsigned mode)
{
	return opens(role, flags, mode);
}
#endif

/* Each way to open has a rule of its own, and each must look at the mode. */
Test(filter, lets_no_writer_make_a_file_with_a_set_id_bit)
{
	static const enum role writers[] = {
		ROLE_RSYNC_RECEIVE,
		ROLE_RSYNC_RECEIVE_IN_VIEW,
		ROLE_RSYNC_MIRROR,
		ROLE_SCP_RECEIVE,
	};
	static const int ways[] = {
		O_CREAT | O_WRONLY,
		O_CREAT | O_RDWR,
		O_CREAT | O_TRUNC | O_WRONLY,
		O_CREAT | O_TRUNC | O_RDWR,
	};
	static const unsigned bits[] = { 04000, 02000, SET_ID };

	for (size_t i = 0; i < N_ELEMENTS(writers); i++)
		for (size_t j = 0; j < N_ELEMENTS(ways); j++) {
			cr_expect(opens(writers[i], ways[j], 0666), "role %d, flags %o", writers[i], ways[j]);
			cr_expect(opens_by_path(writers[i], ways[j], 0666), "role %d, flags %o", writers[i], ways[j]);
			for (size_t k = 0; k < N_ELEMENTS(bits); k++) {
				cr_expect_not(opens(writers[i], ways[j], bits[k] | 0755), "role %d, flags %o, mode %o",
					writers[i], ways[j], bits[k]);
				cr_expect_not(opens_by_path(writers[i], ways[j], bits[k] | 0755),
					"role %d, flags %o, mode %o", writers[i], ways[j], bits[k]);
			}
		}
}

/* What the arguments of our own roles' calls must be: each row is one that passes and one that is a step off. */
static const struct {
	enum role role;
	int call;
	uint64_t passes[6], off[6];
} conditions[] = {
	{ ROLE_ACT, SYS_tgkill, { 1, 1, SIGABRT }, { 1, 1, SIGKILL } },
	{ ROLE_LIBVIRT, SYS_read, { 0 }, { 1 } },
	{ ROLE_LIBVIRT, SYS_read, { TUNNEL_SOCKET_FD }, { 2 } },
	{ ROLE_LIBVIRT, SYS_read, { TUNNEL_REPORT_FD }, { CHANNEL_FD } },
	{ ROLE_LIBVIRT, SYS_write, { 1 }, { 0 } },
	{ ROLE_LIBVIRT, SYS_write, { TUNNEL_SOCKET_FD }, { TUNNEL_REPORT_FD + 1 } },
	{ ROLE_LIBVIRT, SYS_write, { TUNNEL_REPORT_FD }, { CHANNEL_FD } },
	{ ROLE_ACT, SYS_renameat2, { 3, 0, 3, 0, RENAME_NOREPLACE }, { 3, 0, 3, 0, RENAME_EXCHANGE } },
	{ ROLE_ACT, SYS_renameat2, { 3, 0, 3, 0, RENAME_NOREPLACE }, { 3, 0, 3, 0, RENAME_WHITEOUT } },
	{ ROLE_SUPERVISE, SYS_renameat2, { 3, 0, 3, 0, RENAME_NOREPLACE }, { 3, 0, 3, 0, RENAME_EXCHANGE } },
	{ ROLE_ACT, SYS_fcntl, { 3, F_OFD_SETLK }, { 3, F_OFD_SETLKW } },
	{ ROLE_ACT, SYS_fcntl, { 3, F_OFD_GETLK }, { 3, F_GETLK } },
	{ ROLE_SUPERVISE, SYS_fcntl, { 3, F_OFD_SETLK }, { 3, F_SETLK } },
	{ ROLE_SUPERVISE, SYS_fchmod, { 3, 0700 }, { 3, 04700 } },
	{ ROLE_SUPERVISE, SYS_flock, { 3, LOCK_SH | LOCK_NB }, { 3, LOCK_EX | LOCK_NB } },
	{ ROLE_SUPERVISE, SYS_mmap, { 0, 1, PROT_READ | PROT_WRITE }, { 0, 1, PROT_READ | PROT_EXEC } },
	{ ROLE_SUPERVISE, SYS_mmap, { 0, 1, PROT_READ }, { 0, 1, PROT_READ | PROT_WRITE | PROT_EXEC } },
	{ ROLE_SUPERVISE, SYS_openat, { 3, 0, O_WRONLY | O_CREAT, 0666 }, { 3, 0, O_WRONLY | O_CREAT, 04666 } },
	{ ROLE_SUPERVISE, SYS_openat, { 3, 0, O_WRONLY | O_CREAT, 0666 }, { 3, 0, O_WRONLY | O_CREAT, 02666 } },
	{ ROLE_SUPERVISE, SYS_openat, { 3, 0, O_WRONLY, 0 }, { 3, 0, O_WRONLY | O_DIRECTORY | RAW_TMPFILE, 0 } },
	{ ROLE_SUPERVISE, SYS_fchmodat, { 3, 0, 0700 }, { 3, 0, SET_ID | 0700 } },
	{ ROLE_ACT, SYS_connect, { 4, 0, 110 }, { 4, 0, 16 } }, /* a sockaddr_un, no sockaddr_in */
	{ ROLE_SUPERVISE, SYS_connect, { 4, 0, 110 }, { 4, 0, 16 } },
	{ ROLE_SUPERVISE, SYS_fchmodat, { 3, 0, 0700 }, { 3, 0, 02700 } },
	{ ROLE_SUPERVISE, SYS_ioctl, { 3, SECCOMP_IOCTL_NOTIF_RECV }, { 3, TIOCSTI } },
	{ ROLE_SUPERVISE, SYS_ioctl, { 3, SECCOMP_IOCTL_NOTIF_SEND }, { 3, SECCOMP_IOCTL_NOTIF_ADDFD } },
	{ ROLE_SUPERVISE, SYS_ioctl, { 3, SECCOMP_IOCTL_NOTIF_ID_VALID }, { 3, FIOCLEX } },
	{ ROLE_SUPERVISE, SYS_seccomp, { SECCOMP_SET_MODE_FILTER }, { SECCOMP_SET_MODE_STRICT } },
	{ ROLE_SUPERVISE, SYS_seccomp, { SECCOMP_SET_MODE_FILTER }, { SECCOMP_GET_NOTIF_SIZES } },
	{ ROLE_SUPERVISE, SYS_prctl, { PR_SET_NO_NEW_PRIVS, 1 }, { PR_SET_DUMPABLE, 1 } },
	{ ROLE_SUPERVISE, SYS_prctl, { PR_SET_NO_NEW_PRIVS, 1 }, { PR_SET_NO_NEW_PRIVS, 0 } },
	{ ROLE_SUPERVISE, SYS_fcntl, { 3, F_OFD_GETLK }, { 3, F_SETFL } },
	/* Of children: open for their start alone. */
	{ ROLE_RSYNC_SEND, SYS_sendmsg, { CHANNEL_FD }, { CHANNEL_FD - 1 } },
/* Of children: no set-id bit by path, in whatever form of number. */
#ifdef SYS_chmod
	{ ROLE_RSYNC_RECEIVE_IN_VIEW, SYS_chmod, { 0, 0644 }, { 0, 04644 } },
	{ ROLE_RSYNC_RECEIVE_IN_VIEW, SYS_chmod, { 0, 0777 }, { 0, 02777 } },
	{ ROLE_RSYNC_RECEIVE_IN_VIEW, SYS_chmod, { 0, 0 }, { 0, SET_ID } },
	{ ROLE_RSYNC_RECEIVE_IN_VIEW, SYS_chmod, { 0, 01777 }, { 0, (1ull << 32) | (1ull << 16) | 04755 } },
#endif
/* Of children: open(2) beside openat(2). */
#ifdef SYS_open
	{ ROLE_RSYNC_RECEIVE, SYS_open, { 0, O_WRONLY }, { 0, O_WRONLY | O_DIRECTORY | RAW_TMPFILE } },
	{ ROLE_RSYNC_RECEIVE_IN_VIEW, SYS_open, { 0, O_WRONLY }, { 0, O_WRONLY | O_DIRECTORY | RAW_TMPFILE } },
	{ ROLE_RSYNC_MIRROR, SYS_open, { 0, O_WRONLY }, { 0, O_WRONLY | O_DIRECTORY | RAW_TMPFILE } },
	{ ROLE_SCP_RECEIVE, SYS_open, { 0, O_WRONLY }, { 0, O_WRONLY | O_DIRECTORY | RAW_TMPFILE } },
	{ ROLE_SFTP, SYS_open, { 0, O_RDONLY }, { 0, O_WRONLY } },
	{ ROLE_SFTP, SYS_open, { 0, O_RDONLY }, { 0, O_RDONLY | O_CREAT } },
#endif
};

Test(filter, looks_at_the_arguments_of_calls_that_could_do_more)
{
	for (size_t i = 0; i < N_ELEMENTS(conditions); i++) {
		struct seccomp_data data = { .nr = conditions[i].call, .arch = ARCH };

		memcpy(data.args, conditions[i].passes, sizeof(data.args));
		cr_expect(role_allows(conditions[i].role, &data, false), "row %zu", i);
		memcpy(data.args, conditions[i].off, sizeof(data.args));
		cr_expect_not(role_allows(conditions[i].role, &data, false), "row %zu, one step off", i);
	}
}

/* The kernel ignores the descriptor of an absolute path, so only the supervisor can tell our exec from a second. */
Test(filter, lets_no_child_exec_by_itself)
{
	for (int role = ROLE_NONE + 1; role < ROLE_COUNT; role++) {
		struct seccomp_data data = {
			.nr = SYS_execveat, .arch = ARCH, .args = { EXEC_FD, 0, 0, 0, AT_EMPTY_PATH }
		};

		cr_expect_not(role_allows((enum role)role, &data, false), "role %d", role);
		data.nr = SYS_execve;
		cr_expect_not(role_allows((enum role)role, &data, false), "role %d", role);
	}
}
