/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/tunnel_report.h"

#include <string.h>

#include "shell/whole_io.h"
#include "wall/filter.h"

void tunnel_report_fill(struct tunnel_report *out, enum arrival_step step, const struct domain *domain,
	const struct migration *migration)
{
	*out = (struct tunnel_report){ .step = step, .finding = domain->finding };
	/* At a finish those of the domain that is to be kept: the other's are in use. */
	if (step == ARRIVAL_PREPARE || (step == ARRIVAL_FINISH && domain->is_cookie && domain->has_domain))
		out->file_count = domain->images.count;
	memcpy(out->files, domain->images.at, sizeof(out->files));
	out->tap_count = domain->interfaces.tap_count;
	memcpy(out->taps, domain->interfaces.taps, sizeof(out->taps));
	strcpy(out->uuid, domain->uuid);
	strcpy(out->name, domain->name);
	strcpy(out->disks, domain->disks);
	strcpy(out->detail, domain->detail);
	migration_flags_text(out->flags, migration->flags);
}

bool tunnel_report_send(const struct tunnel_report *report)
{
	char answer = 0;

	return write_message(TUNNEL_REPORT_FD, report, sizeof(*report)) &&
		read_some(TUNNEL_REPORT_FD, &answer, 1) == 1 && answer == 1;
}

static void text_end(char *text, size_t size)
{
	text[size - 1] = '\0';
}

bool tunnel_report_hear(struct tunnel_report *out, int reports)
{
	const ssize_t got = read_some(reports, out, sizeof(*out));

	if (got != (ssize_t)sizeof(*out))
		return false;
	if ((unsigned)out->step >= ARRIVAL_COUNT || (unsigned)out->finding >= TUNNEL_COUNT)
		return false;
	text_end(out->procedure, sizeof(out->procedure));
	text_end(out->uuid, sizeof(out->uuid));
	text_end(out->name, sizeof(out->name));
	text_end(out->flags, sizeof(out->flags));
	text_end(out->disks, sizeof(out->disks));
	text_end(out->detail, sizeof(out->detail));
	if (out->file_count > DISK_IMAGES_MAX || out->tap_count > DOMAIN_TAPS_MAX)
		return false;
	for (unsigned i = 0; i < out->file_count; i++) {
		text_end(out->files[i].path, sizeof(out->files[i].path));
		text_end(out->files[i].format, sizeof(out->files[i].format));
	}
	for (unsigned i = 0; i < out->tap_count; i++)
		text_end(out->taps[i], sizeof(out->taps[i]));
	return true;
}

bool tunnel_report_answer(int reports, bool go_on)
{
	const char answer = go_on ? 1 : 0;

	return write_message(reports, &answer, 1);
}
