/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/tunnel_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <syslog.h>

#include "base/own.h"
#include "shell/arrival.h"
#include "shell/trail.h"
#include "shell/tunnel.h"
#include "shell/tunnel_report.h"

/* The child's last report; all zeros before the first. */
static struct tunnel_report heard;

int tunnel_child_spawn(struct child *out, struct command *command, struct fault *fault)
{
	struct tunnel_terms terms = { &command->sandbox, &command->plan, -1 };
	int rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, command->reports) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "the channel of the tunnel", errno, NULL);
	/* Whoever took the child over may not read our answer, and we wait for nobody. */
	if (fcntl(command->reports[0], F_SETFL, O_NONBLOCK) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "not to wait for the tunnel's child", errno, NULL);
	(void)signal(SIGPIPE, SIG_IGN); /* we answer a child that may have ended */
	terms.reports = command->reports[1];
	rc = child_spawn(out, tunnel_run, &terms, fault);
	fd_drop(&command->reports[1]);
	return rc;
}

/* A domain is to come, or to be kept: judges its files as they are here. */
static void files_judge(struct command *command, struct tunnel_report *report)
{
	struct image_report found;
	const bool allowed =
		arrival_judge(&found, report->files, report->file_count, &command->config, &command->roots);

	if (found.finding != IMAGE_GOOD) {
		record_image(&command->record, command->config.audit_json, command->request->ref, found.finding,
			report->uuid, found.file, found.detail);
		(void)trail_send(command, LOG_WARNING);
	}
	if (allowed)
		return;
	report->step = ARRIVAL_REFUSE;
	report->finding = TUNNEL_IMAGE;
	/* The record of the image has the whole name. */
	(void)snprintf(
		report->detail, sizeof(report->detail), "%.200s=%s", found.file, image_finding_word(found.finding));
}

/* A domain is to come: judges the interfaces that libvirtd is to make. */
static void taps_judge(struct tunnel_report *report)
{
	if (arrival_taps_judge(report->detail, report->taps, report->tap_count))
		return;
	report->step = ARRIVAL_REFUSE;
	report->finding = TUNNEL_VALUE;
}

bool tunnel_child_record(void *what, int reports)
{
	struct command *const command = what;
	struct tunnel_report *const found = &heard;
	enum tunnel_finding of_child;
	bool recorded;

	if (!tunnel_report_hear(found, reports))
		return false;
	/* We have refused it: what it says of its end is nothing new. */
	if (command->finding != TUNNEL_NOTHING)
		return tunnel_report_answer(reports, false);
	of_child = found->finding;
	if ((found->step == ARRIVAL_PREPARE || found->step == ARRIVAL_FINISH) && found->finding == TUNNEL_NOTHING)
		files_judge(command, found);
	/* Not at a finish: then they are the domain's own. */
	if (found->step == ARRIVAL_PREPARE && found->finding == TUNNEL_NOTHING)
		taps_judge(found);
	record_domain(&command->record, command->config.audit_json, command->request->ref,
		&(struct arrival){ found->step, found->finding, found->procedure, found->uuid, found->name,
			found->flags, found->disks, found->detail });
	recorded = trail_send(command, found->finding == TUNNEL_NOTHING ? LOG_INFO : LOG_WARNING) == 0;
	if (found->finding != TUNNEL_NOTHING)
		command->finding = found->finding;
	return tunnel_report_answer(
		reports, found->finding == of_child && (recorded || !command->config.audit_required));
}

void tunnel_child_end(struct command *command, const struct outcome *outcome)
{
	char detail[32];

	if (heard.step == ARRIVAL_END || command->finding != TUNNEL_NOTHING || outcome->signal == 0)
		return;
	(void)snprintf(detail, sizeof(detail), "signal %d", outcome->signal);
	record_domain(&command->record, command->config.audit_json, command->request->ref,
		&(struct arrival){
			ARRIVAL_END, TUNNEL_NOTHING, "", heard.uuid, heard.name, heard.flags, heard.disks, detail });
	(void)trail_send(command, LOG_WARNING);
}
