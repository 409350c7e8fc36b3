/* SPDX-License-Identifier: Apache-2.0 */
/* mask: runs a program, unchanged, on a kernel that seems to be older or to lack something. Of the tests alone: it
 * stands before the program, which knows nothing of it.
 * Usage: mask WORD... UID GID PROGRAM ARGV0 [ARGUMENT...]     as root; the program runs as UID and GID
 *   landlock=ABI      Landlock is of that ABI (landlock.h)
 *   release=TEXT      uname(2) tells that release
 *   CALL=ERRNO        that system call fails so
 *   listener=ERRNO    seccomp(2) knows no user notification
 *   user-namespace=ERRNO   there is none to be had
 * ERRNO is a number. Ends as the program does, after all that it started. */
#include <errno.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/attributes.h"
#include "trace.h"

static pid_t program;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "mask: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	errno = -rc;
	die(what);
}

static void pass_on(int number)
{
	(void)kill(program, number);
}

static void fail(scmp_filter_ctx filter, const char *call, int err)
{
	must(seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)err), seccomp_syscall_resolve_name(call), 0), call);
}

static void fail_listener(scmp_filter_ctx filter, int err)
{
	const unsigned action = SCMP_ACT_ERRNO((unsigned)err);

	must(seccomp_rule_add(filter, action, SCMP_SYS(seccomp), 1, SCMP_A0_32(SCMP_CMP_EQ, SECCOMP_GET_NOTIF_SIZES)),
		"listener");
	must(seccomp_rule_add(filter, action, SCMP_SYS(seccomp), 1,
		     SCMP_A1_32(
			     SCMP_CMP_MASKED_EQ, SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_NEW_LISTENER)),
		"listener");
}

static void fail_user_namespace(scmp_filter_ctx filter, int err)
{
	const struct scmp_arg_cmp wanted = SCMP_A0_32(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER);
	const unsigned action = SCMP_ACT_ERRNO((unsigned)err);

	must(seccomp_rule_add(filter, action, SCMP_SYS(clone), 1, wanted), "clone");
	must(seccomp_rule_add(filter, action, SCMP_SYS(unshare), 1, wanted), "unshare");
}

static void trace(scmp_filter_ctx filter, const char *call)
{
	must(seccomp_rule_add(filter, SCMP_ACT_TRACE(0), seccomp_syscall_resolve_name(call), 0), call);
}

static void trace_landlock(scmp_filter_ctx filter)
{
	trace(filter, "landlock_create_ruleset");
	trace(filter, "landlock_add_rule");
	trace(filter, "landlock_restrict_self");
}

static void take(struct mask *mask, scmp_filter_ctx filter, char *word, char *value)
{
	if (strcmp(word, "landlock") == 0) {
		mask->abi = atoi(value);
		trace_landlock(filter);
	} else if (strcmp(word, "release") == 0) {
		mask->release = value;
		trace(filter, "uname");
	} else if (strcmp(word, "listener") == 0) {
		fail_listener(filter, atoi(value));
	} else if (strcmp(word, "user-namespace") == 0) {
		fail_user_namespace(filter, atoi(value));
	} else {
		fail(filter, word, atoi(value));
	}
}

/* In what becomes the program. The filter comes first, as long as no no_new_privs is needed for it: that the program
 * has it must be its own doing. */
static _Noreturn void become(scmp_filter_ctx filter, int go, char **argv)
{
	const uid_t uid = (uid_t)atoi(argv[0]);
	const gid_t gid = (gid_t)atoi(argv[1]);
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(125);
	close(go);
	must(seccomp_load(filter), "seccomp_load");
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		die("user");
	execv(argv[2], argv + 3);
	die(argv[2]);
}

/* No core of ours beside the program's. */
static _Noreturn void end_as(int status)
{
	const struct rlimit none = { 0, 0 };

	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(WTERMSIG(status), SIG_DFL);
	(void)raise(WTERMSIG(status));
	exit(125);
}

static void signals_pass_on(void)
{
	static const int ours[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2 };

	for (size_t i = 0; i < N_ELEMENTS(ours); i++)
		(void)signal(ours[i], pass_on);
}

int main(int argc, char **argv)
{
	const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	struct mask mask = { .abi = 0 };
	int i = 1, go[2];

	if (filter == NULL || pipe(go) != 0)
		die("start");
	must(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0), "no_new_privs");
	for (char *value; i < argc && (value = strchr(argv[i], '=')) != NULL; i++) {
		*value = '\0';
		take(&mask, filter, argv[i], value + 1);
	}
	if (argc - i < 4) {
		fputs("usage: mask WORD... UID GID PROGRAM ARGV0 [ARGUMENT...]\n", stderr);
		return 125;
	}
	program = fork();
	if (program == 0) {
		close(go[1]);
		become(filter, go[0], argv + i);
	}
	if (program < 0 || trace_begin(program) != 0)
		die("ptrace");
	signals_pass_on();
	/* What the program has open is its own: whoever waits for its end must see it. */
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (write(go[1], "", 1) != 1)
		die("pipe");
	end_as(trace_all(program, &mask));
}
