/* SPDX-License-Identifier: Apache-2.0 */
/* setup_plan: what setup would have to change on this host, found by looking at it. Changes
 * nothing. What is as it should be already is no part of the plan, and so is never taken back. */
#ifndef ADMIN_SETUP_PLAN_H
#define ADMIN_SETUP_PLAN_H

#include <jansson.h>
#include <pwd.h>
#include <stdbool.h>

#include "admin/service.h"
#include "admin/setup/manifest.h"
#include "admin/setup/sshd_stage.h"

struct setup {
	const char *user, *shell; /* the login shell to be */
	bool force_command;
	const char *sftp_server; /* of [programs] */
	bool libvirt;		 /* its hook too */
	bool sending;		 /* nova-path on the PATH of nova-compute too */
	const struct passwd *entry;
	struct manifest manifest; /* of earlier setups */
	struct changes plan;
	struct sshd_stage stage; /* what sshd's configuration will be; its texts are owned */
	bool no_include;	 /* our block goes into the main file */
	enum service_answer sshd_told, rsyslog_told, libvirt_told; /* of --reload */
	struct trouble untold;					   /* why one was not; "" for none */
	json_t *notes;						   /* owned: an array of sentences for the operator */
};

/* Formats a note; what others wrote in it cannot steer a terminal. */
void setup_note(struct setup *setup, const char *text, ...) PRINTF(2, 3);

MUST_USE int setup_plan_make(struct setup *setup, struct trouble *trouble);

/* Parts of a plan, for what has a file of its own: a directory, if it is missing; and a program of root's in a
 * directory of another program's, whose text it takes over. */
void setup_plan_directory(struct setup *setup, const char *path);
MUST_USE int setup_plan_program(struct setup *setup, const char *path, char *text, struct trouble *trouble);
/* The same for a file of another mode, and for lines of a file of others, which is made if it is missing. */
MUST_USE int setup_plan_file(struct setup *setup, const char *path, mode_t mode, char *text, struct trouble *trouble);
MUST_USE int setup_plan_lines(struct setup *setup, const char *path, char *text, struct trouble *trouble);

/* The sshd configuration without what setup put there, for the stage. */
MUST_USE int setup_plan_undo_stage(struct setup *setup, struct trouble *trouble);

void setup_clear(struct setup *setup);

#endif
