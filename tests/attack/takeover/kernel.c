/* SPDX-License-Identifier: Apache-2.0 */
/* Everything else that the kernel offers and no program of ours has a use for. Each is called so that it
 * does nothing where it is allowed. */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "attempt.h"

#define SYS_451 451 /* cachestat */
#define SYS_457 457 /* statmount */
#define SYS_999 999

/* One row: refused to everybody, or -1 for arguments that make no sense. */
#define NONE(call, ...) report(REFUSED, DENIED(call, ##__VA_ARGS__) >= 0 && !is_free(), #call)
#define WORKS(call, ...) report(ESCAPES, DENIED(call, ##__VA_ARGS__) >= 0, #call)

static void programs_of_the_kernel(void)
{
	NONE(bpf, 5, NULL, 0);
	NONE(io_uring_setup, 4, NULL);
	NONE(io_uring_enter, 0, 0, 0, 0, NULL, 0);
	NONE(io_uring_register, 0, 0, NULL, 0);
	NONE(userfaultfd, 0);
	NONE(perf_event_open, NULL, 0, -1, -1, 0);
	WORKS(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1);
	WORKS(add_key, "user", "rssh-nova", "x", 1, KEY_SPEC_PROCESS_KEYRING);
	NONE(request_key, "user", "none", NULL, KEY_SPEC_PROCESS_KEYRING);
	NONE(init_module, NULL, 0, "");
	NONE(finit_module, 0, "", 0);
	NONE(delete_module, "none", 0);
	NONE(kexec_load, 0, 0, NULL, 0);
	NONE(kexec_file_load, -1, -1, 0, NULL, 0);
	NONE(landlock_create_ruleset, NULL, 0, 1);
	NONE(landlock_add_rule, -1, 1, NULL, 0);
	NONE(landlock_restrict_self, -1, 0);
	WORKS(seccomp, SECCOMP_GET_NOTIF_SIZES, 0, (char[64]){ 0 });
	NONE(seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL);
	NONE(modify_ldt, 0, NULL, 0);
	NONE(ioperm, 0, 1, 1);
	NONE(iopl, 3);
	NONE(arch_prctl, 0x1003, NULL); /* ARCH_GET_FS */
}

static void the_host(void)
{
	NONE(reboot, 0, 0, 0, NULL);
	NONE(swapon, "/none", 0);
	NONE(swapoff, "/none");
	NONE(acct, "/none");
	NONE(quotactl, 0, NULL, 0, NULL);
	NONE(quotactl_fd, -1, 0, 0, NULL);
	NONE(settimeofday, NULL, NULL);
	NONE(clock_settime, 0, NULL);
	NONE(clock_adjtime, 0, NULL);
	NONE(adjtimex, NULL);
	NONE(syslog, 10, NULL, 0);
	NONE(vhangup);
	NONE(sethostname, "", 0);
	NONE(setdomainname, "", 0);
	NONE(sysfs, 3);
	NONE(ustat, 0, NULL);
	NONE(_sysctl, NULL);
	NONE(lookup_dcookie, 0, NULL, 0);
	NONE(nfsservctl, 0, NULL, NULL);
	NONE(sync);
	NONE(syncfs, -1);
	NONE(fanotify_init, 0, 0);
	NONE(fanotify_mark, -1, 0, 0, -1, NULL);
	WORKS(inotify_init);
	WORKS(inotify_init1, 0);
	NONE(inotify_add_watch, -1, "/", 0);
}

static void identity(void)
{
	NONE(setuid, 0);
	NONE(setgid, 0);
	NONE(setreuid, 0, 0);
	NONE(setregid, 0, 0);
	NONE(setresuid, 0, 0, 0);
	NONE(setresgid, 0, 0, 0);
	NONE(setfsuid, 0);
	NONE(setfsgid, 0);
	NONE(setgroups, 0, NULL);
	NONE(capset, NULL, NULL);
}

static void objects(void)
{
	WORKS(epoll_create1, 0);
	WORKS(eventfd2, 0, 0);
	WORKS(timerfd_create, 0, 0);
	NONE(signalfd4, -1, NULL, 0, 0);
	WORKS(semget, 0, 1, 0700);
	WORKS(msgget, 0, 0700);
	NONE(mq_open, NULL, 0);
	NONE(mq_unlink, NULL);
	WORKS(pipe, (int[2]){ 0 });
	WORKS(pipe2, (int[2]){ 0 }, 0);
	NONE(timer_create, 0, NULL, NULL);
	NONE(splice, -1, NULL, -1, NULL, 0, 0);
	NONE(tee, -1, -1, 0, 0);
	NONE(vmsplice, -1, NULL, 0, 0);
	NONE(sendfile, -1, -1, NULL, 0);
	NONE(copy_file_range, -1, NULL, -1, NULL, 0, 0);
	NONE(mbind, NULL, 0, 0, NULL, 0, 0);
	NONE(set_mempolicy, 0, NULL, 0);
	WORKS(mlock, &aim, 1);
	NONE(mlockall, 1);
	NONE(pkey_alloc, 0, 0);
	NONE(membarrier, 0, 0);
	WORKS(flock, 0, 8);
	NONE(fallocate, -1, 0, 0, 1);
	NONE(readahead, -1, 0, 0);
	NONE(451, -1, NULL, NULL, 0);
	NONE(457, NULL, NULL, 0, 0);
	NONE(999, 0);
}

/* What an inherited terminal, or any descriptor, would let through. */
static void controls(void)
{
	static const struct {
		unsigned long number;
		const char *name;
	} known[] = {
		{ TIOCSTI, "TIOCSTI" },
		{ TIOCSTI | 1ul << 32, "TIOCSTI-high-bits" },
		{ TIOCSCTTY, "TIOCSCTTY" },
		{ TIOCNOTTY, "TIOCNOTTY" },
		{ TIOCLINUX, "TIOCLINUX" },
		{ TIOCSETD, "TIOCSETD" },
		{ TIOCCONS, "TIOCCONS" },
		{ FIONREAD, "FIONREAD" },
		{ FIONBIO, "FIONBIO" },
		{ FIOASYNC, "FIOASYNC" },
		{ TCSETS, "TCSETS" },
		{ TCGETS | 1ul << 32, "TCGETS-high-bits" },
		{ SECCOMP_IOCTL_NOTIF_RECV, "NOTIF_RECV" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (int fd = 0; fd < 3; fd++) {
			int zero = 0;

			report(i == 7 && fd == 0 ? ESCAPES : REFUSED,
				DENIED(ioctl, fd, known[i].number, &zero) == 0 && (!is_free() || i == 7), "%s-%d",
				known[i].name, fd);
		}
}

void attempts_kernel(void)
{
	programs_of_the_kernel();
	the_host();
	identity();
	objects();
	controls();
}
