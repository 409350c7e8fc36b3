/* SPDX-License-Identifier: Apache-2.0 */
/* attempt: one try to get out, and what came of it.
 * The program stands where rsync, scp or sftp-server stands, and asks the kernel itself.
 * Gives: one JSON line for each attempt on standard output: its name, errno, whether it had an effect, and
 *        whether it must have one where there is no sandbox; at the end how often each system call was made
 *        that the filter has to refuse and to count.
 * Harm:  none, also where it succeeds: everything aimed at lies in a throw-away tree or is a process that
 *        was started for it. */
#ifndef TAKEOVER_ATTEMPT_H
#define TAKEOVER_ATTEMPT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What an attempt does where there is no sandbox. */
enum without {
	REFUSED, /* nothing, or not everywhere: the kernel refuses it to an ordinary user as well */
	ESCAPES,
	INSIDE, /* no escape: what its form may do, or is known to be left */
};

/* What we were told on standard input. */
struct aim {
	char role;	   /* that of filters.def: R T M C F P; - where there is no sandbox */
	char own[256];	   /* what the form was given: a directory, for a sender a file */
	char home[256];	   /* all that is outside lies here */
	char root[256];	   /* the instances root */
	char other[256];   /* an instance that lives here */
	char abstract[64]; /* a listening socket each */
	char socket[256];
	int port;
	int group;	      /* a second group of our user */
	int victim, decoy;    /* processes of our own user; decoy may be killed */
	unsigned long secret; /* where in the memory of victim a secret lies */
	int victim_fd;	      /* a pipe of victim's */
};

extern struct aim aim;

bool has_role(const char *roles);
bool is_free(void); /* there is no sandbox */

/* Keeps count of a call that the filter must refuse. */
void denied_note(const char *call);

#define TRIED(call, ...) syscall(SYS_##call, ##__VA_ARGS__)
#define DENIED(call, ...) (denied_note(#call), TRIED(call, ##__VA_ARGS__))
/* The filter lets it through for some roles; then another wall must hold. */
#define DENIED_BUT(roles, call, ...) ((has_role(roles) ? (void)0 : denied_note(#call)), TRIED(call, ##__VA_ARGS__))

/* errno is that of the attempt. */
void report(enum without without, bool effect, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A path below a directory, good for the next few calls. */
const char *in(const char *directory, const char *name);
const char *in_home(const char *name);
const char *in_own(const char *name);

/* Opening as the filter sees it: refused there, or let through to Landlock. */
long open_way(const char *path, int flags, unsigned mode);
bool opens(const char *path, int flags, unsigned mode);

enum {
	CLAIM_LOOK_MAX = 64,
};

/* What an attempt may change of an inode. */
struct state {
	struct stat st;
	char claim[CLAIM_LOOK_MAX];
};

struct stat look(const char *path);

/* Waits until the clock by which the kernel stamps has gone on: before Linux 6.13 a second change within one of its
 * ticks leaves the time of change as it is. */
struct state state_before(const char *path);

/* Did the last attempt change the inode at path: mode, owner, size, a time, the claim? *before becomes the state before
 * the next one, so that each attempt is judged by itself. */
bool changed(const char *path, struct state *before);

/* Runs function in a child where there is no sandbox, and here where there is one: it may spoil the process
 * when it works. True when it ended with true. */
bool apart(bool (*function)(void));

void attempts_paths(void);
void attempts_attributes(void);
void attempts_kinds(void);
void attempts_exec(void);
void attempts_sockets(void);
void attempts_processes(void);
void attempts_namespaces(void);
void attempts_kernel(void);
void attempts_limits(void);
void attempts_descriptors(void);

#endif
