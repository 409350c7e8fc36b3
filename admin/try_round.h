/* SPDX-License-Identifier: Apache-2.0 */
/* try_round: the commands of one migration, from the first look to the last clean-up, as Nova's drivers send them.
 * Runs each with the rights of the caller, in the environment of nova-compute, and judges how it ended.
 * Leaves nothing on the other node: the instance directory has a random name, and is removed in the end.
 * Source: nova/virt/libvirt/volume/remotefs.py, SshDriver and RsyncDriver. */
#ifndef ADMIN_TRY_ROUND_H
#define ADMIN_TRY_ROUND_H

#include <jansson.h>
#include <stdbool.h>

#include "admin/capture.h"
#include "policy/attributes.h"
#include "policy/limits.h"

enum {
	TRY_TEXTS_MAX = 64,
	TRY_TOOLS = 3, /* ssh, scp, rsync */
	TRY_PATH_MAX = 1400,
	TRY_SECONDS = 60, /* that one command may take */
};

struct round {
	const char *host;	      /* as Nova has it: a name or an address */
	const char *tools[TRY_TOOLS]; /* absolute paths */
	char *const *env;
	char here[TRY_PATH_MAX];		      /* a directory of the user's, with what is sent */
	char instances[TRY_PATH_MAX];		      /* of the other node */
	char uuid[UUID_LEN + 1], probe[TRY_PATH_MAX]; /* its file, below the instances directory */
	json_t *steps;				      /* [{step, ok, command, said, do}], owned by the caller */
	bool failed, json;
	char *texts[TRY_TEXTS_MAX]; /* words of commands, owned */
	unsigned text_count;
	char said[CAPTURE_MAX];
};

/* Formats a word that lives as long as the round. Never NULL. */
const char *try_text(struct round *round, const char *format, ...) PRINTF(2, 3);

void try_round_clear(struct round *round);

/* Each goes as far as it can, and removes the instance directory in any case. */
void try_round_ssh(struct round *round);
void try_round_rsync(struct round *round);

/* Is a command that is not Nova's refused? */
void try_round_refusal(struct round *round);

#endif
