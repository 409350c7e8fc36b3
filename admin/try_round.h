/* SPDX-License-Identifier: Apache-2.0 */
/* try_round: the commands of one migration, from the test for shared storage to the clean-up, as Nova's drivers send
 * them. Runs each with the rights of the caller, in the environment of nova-compute, and checks its exit status.
 * Leaves nothing on the other node: the instance directory has a random name, and the last command removes it.
 * Source: nova/virt/libvirt/volume/remotefs.py, SshDriver and RsyncDriver. */
#ifndef ADMIN_TRY_ROUND_H
#define ADMIN_TRY_ROUND_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>

#include "admin/capture.h"
#include "policy/attributes.h"
#include "policy/limits.h"

enum {
	TRY_TEXTS_MAX = 64,
	TRY_TOOLS = 3, /* ssh, scp, rsync */
	TRY_PATH_MAX = 1400,
	TRY_SECONDS = 60, /* for each command */
};

struct round {
	const char *host;	      /* the name or address that Nova has */
	const char *tools[TRY_TOOLS]; /* absolute paths */
	char *const *env;
	char here[TRY_PATH_MAX];		      /* a directory of the user's, with the files to send */
	char instances[TRY_PATH_MAX];		      /* of the other node */
	char uuid[UUID_LEN + 1], probe[TRY_PATH_MAX]; /* Nova's probe file, below the instances directory */
	json_t *steps;				      /* [{step, ok, command, said, do}], owned by the caller */
	bool failed, json;
	const volatile sig_atomic_t *stopped; /* not 0 once a signal came: only the clean-up still runs */
	bool cleaning;
	char *texts[TRY_TEXTS_MAX]; /* words of the commands, owned */
	unsigned text_count;
	char said[CAPTURE_MAX];
};

/* Formats a word that lives as long as the round. Never NULL. */
const char *try_text(struct round *round, const char *format, ...) PRINTF(2, 3);

void try_round_clear(struct round *round);

/* Each stops at the first failure or signal, and removes the instance directory if it may have made one. */
void try_round_ssh(struct round *round);
void try_round_rsync(struct round *round);

/* Checks that the other node refuses a command that Nova never sends. */
void try_round_refusal(struct round *round);

#endif
