/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel_report: what the tunnel's child tells its supervisor, and the answer. The child reports each step of a
 * migration, and waits until the supervisor has recorded it.
 * Source: unix(7) for sockets of SOCK_SEQPACKET, which keep messages apart. */
#ifndef SHELL_TUNNEL_REPORT_H
#define SHELL_TUNNEL_REPORT_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/domain.h"
#include "policy/migration.h"
#include "policy/procedure.h"
#include "policy/record.h"

/* One message from the child. Whoever took the child over may write anything there. */
struct tunnel_report {
	enum arrival_step step;
	enum tunnel_finding finding;
	char procedure[PROCEDURE_TEXT_MAX]; /* of the message that it is about, "" for none */
	char uuid[UUID_LEN + 1], name[DOMAIN_NAME_MAX], flags[MIGRATION_FLAGS_MAX], disks[DOMAIN_DISKS_MAX];
	char detail[TUNNEL_DETAIL_MAX];
	unsigned file_count;
	struct disk_image files[DISK_IMAGES_MAX];
	unsigned tap_count; /* of the domain that is to come, or has come */
	char taps[DOMAIN_TAPS_MAX][DOMAIN_TAP_MAX];
};

/* Fills *out with all but the procedure. */
void tunnel_report_fill(struct tunnel_report *out, enum arrival_step step, const struct domain *domain,
	const struct migration *migration);

/* In the child: sends the report on TUNNEL_REPORT_FD. True if the supervisor has recorded it and lets the child go on. */
MUST_USE bool tunnel_report_send(const struct tunnel_report *report);

/* In the supervisor, where SIGPIPE is ignored: waits for the next report. False if there is none. Each text of it ends,
 * and each number is a known one. */
MUST_USE bool tunnel_report_hear(struct tunnel_report *out, int reports);

/* In the supervisor: lets the child go on, or not. False if it could not be told: it waits, and must be ended. */
MUST_USE bool tunnel_report_answer(int reports, bool go_on);

#endif
