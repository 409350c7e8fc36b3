/* SPDX-License-Identifier: Apache-2.0 */
/* [claims] peers_file, which names the peers that have several addresses. */
#include <errno.h>
#include <string.h>

#include "admin/doctor/host.h"
#include "admin/peers_check.h"
#include "node/peers_open.h"

struct context {
	struct findings *findings;
	const char *path;
};

static void fault_put(void *user, const struct peers_fault *fault, const char *word)
{
	const struct context *const context = user;

	if (word[0] == '\0')
		finding_put(context->findings, FINDING_FATAL, "run rssh-nova-admin check, and correct the line",
			"%s:%u: %s: everything is refused", context->path, fault->line, peers_error_text(fault->error));
	else
		finding_put(context->findings, FINDING_FATAL, "delete all of its entries except one",
			"%s:%u: %s: %s: this peer is refused", context->path, fault->line, word,
			peers_error_text(fault->error));
}

void doctor_peers(struct findings *findings, const struct host *host)
{
	struct context context = { findings, host->config.peers_file };
	struct peers_count count;
	struct fault fault;
	struct bytes file;
	char text[256];

	if (host->config.peers_file[0] == '\0')
		return;
	if (peers_read(&file, &host->config, true, &fault) != 0) {
		fault_text(text, sizeof(text), &fault);
		finding_put(findings, FINDING_FATAL,
			"write it, owned by root, mode 0644, or delete [claims] peers_file",
			"%s: everything is refused", text);
		return;
	}
	if (!host_user_reads(host, host->config.peers_file))
		finding_put(findings, FINDING_FATAL, "chmod 0644 the file", "%s cannot read %s", host->user,
			host->config.peers_file);
	if (peers_check(&count, file, fault_put, &context) != 0)
		finding_put(
			findings, FINDING_FATAL, "run it again", "%s: %s", host->config.peers_file, strerror(errno));
	if (findings->count == 0)
		finding_put(findings, FINDING_OK, "", "%s names %u peers with %u addresses", host->config.peers_file,
			count.peers, count.addresses);
}
