/* SPDX-License-Identifier: Apache-2.0 */
/* setup_plan: the changes that setup would make on this host. Planning changes nothing.
 * What is already as it should be gets no change, so that --undo never undoes it.
 * Each part of setup adds its changes here: keys.h, sshd.h, shell.h, syslog.h, libvirt.h, sending.h. */
#ifndef ADMIN_SETUP_PLAN_H
#define ADMIN_SETUP_PLAN_H

#include <jansson.h>
#include <pwd.h>
#include <stdbool.h>

#include "admin/service.h"
#include "admin/setup/manifest.h"
#include "admin/setup/sshd_stage.h"

struct setup {
	const char *user, *shell; /* the account, and its new login shell */
	bool force_command;
	const char *sftp_server; /* of [programs] */
	bool libvirt;		 /* install its hook too */
	bool sending;		 /* put nova-path on the PATH of nova-compute too */
	const struct passwd *entry;
	struct manifest manifest; /* of earlier setups */
	struct changes plan;
	struct sshd_stage stage; /* sshd's configuration after the changes; its texts are owned */
	bool no_include;	 /* our block goes into the main file */
	enum service_answer sshd_told, rsyslog_told, libvirt_told; /* of --reload */
	struct trouble untold;					   /* why a reload failed; "" for none */
	json_t *notes;						   /* owned: an array of sentences for the operator */
};

/* Formats a note. Replaces control characters, because files of others are quoted in it. */
void setup_note(struct setup *setup, const char *text, ...) PRINTF(2, 3);

/* Adds a change for the caller to fill in. path is the user's name for CHANGE_SHELL. */
struct change *setup_plan_add(struct setup *setup, enum change_kind kind, const char *path);

/* Adds a directory, if it does not exist. */
void setup_plan_directory(struct setup *setup, const char *path);

/* What exists where setup puts a file. */
enum setup_place {
	SETUP_PLACE_FREE,
	SETUP_PLACE_DONE,  /* exactly this file */
	SETUP_PLACE_OURS,  /* the file of an earlier setup */
	SETUP_PLACE_TAKEN, /* anything else */
};

/* Adds a file, unless the place is done or taken. Takes text. Returns the place as it is now. */
enum setup_place setup_plan_offer(struct setup *setup, const char *path, mode_t mode, char *text);

/* The same, and fails with -1 and the trouble if the place is taken. */
MUST_USE int setup_plan_file(struct setup *setup, const char *path, mode_t mode, char *text, struct trouble *trouble);

/* Appends lines to a file of others, unless it has them; makes the file if it does not exist. Takes text. */
MUST_USE int setup_plan_lines(struct setup *setup, const char *path, char *text, struct trouble *trouble);

/* Does the plan change a path that begins with head? */
bool setup_plan_touches(const struct setup *setup, const char *head);

void setup_clear(struct setup *setup);

#endif
