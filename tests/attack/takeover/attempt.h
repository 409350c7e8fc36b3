/* SPDX-License-Identifier: Apache-2.0 */
/* attempt: one try to get out, and what came of it.
 * The program stands where rsync, scp or sftp-server stands, and asks the kernel itself.
 * Gives: one JSON line for each attempt on standard output: its name, errno, whether it had an effect, and
 *        whether it must have one where there is no sandbox ("missing" if it must and the kernel has no such call);
 *        at the end how often each system call was made that the filter has to refuse and to count.
 * Harm:  none, also where it succeeds: everything aimed at lies in a throw-away tree or is a process that
 *        was started for it. */
#ifndef TAKEOVER_ATTEMPT_H
#define TAKEOVER_ATTEMPT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"

/* What an attempt does where there is no sandbox. */
enum without {
	REFUSED, /* nothing, or not everywhere: the kernel refuses it to an ordinary user as well */
	ESCAPES,
	INSIDE, /* no escape: what its form may do, or is known to be left */
};

/* What we were told on standard input. */
struct aim {
	char role;	   /* that of filters.def: R V T M C F P; - where there is no sandbox */
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
	int stride;	      /* of descriptors that are like their neighbours only each so many is tried */
};

extern struct aim aim;

bool has_role(const char *roles);
bool is_free(void); /* there is no sandbox */

/* errno is that of the attempt. */
void report(enum without without, bool effect, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A path below a directory, good for the next few calls. */
const char *in(const char *directory, const char *name);
const char *in_home(const char *name);
const char *in_own(const char *name);

/* Opening as the filter sees it: refused there, or let through to Landlock. */
long open_way(const char *path, int flags, unsigned mode);
bool opens(const char *path, int flags, unsigned mode);

struct stat look(const char *path);

/* Did the last attempt change mode, owner or time of modification of the inode at path? *before becomes the state
 * before the next one, so that each attempt is judged by itself. So each must try to set a value that differs from
 * *before. The time of change tells nothing: before Linux 6.13 two changes may get the same one. */
bool changed(const char *path, struct stat *before);

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
