/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of the programs with known holes. A hole is only a warning, because the sandbox holds an exploited program.
 * */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/capture.h"
#include "admin/doctor/host.h"
#include "base/own.h"
#include "wall/program.h"

struct version {
	unsigned long part[3];
};

/* A distribution's package of that version has the fix if it begins with head and then a number of at least least. */
struct backport {
	const char *head;
	unsigned least;
};

/* Sources: NEWS.md of rsync for 3.4.0, 3.4.3 and 3.5.0; www.openssh.com/security.html, DSA-5724-1,
 * USN-6859-1. */
static const struct hole {
	const char *program;
	struct version from, fixed;
	const char *what;
	struct backport backports[4];
} holes[] = {
	{ "rsync", { { 0, 0, 0 } }, { { 3, 4, 0 } }, "CVE-2024-12084, a sender takes over the receiver",
		{ { NULL, 0 } } },
	{ "rsync", { { 0, 0, 0 } }, { { 3, 4, 3 } }, "CVE-2026-43618 and five more", { { NULL, 0 } } },
	{ "rsync", { { 0, 0, 0 } }, { { 3, 5, 0 } }, "CVE-2026-53785, CVE-2026-70458 and 31 more", { { NULL, 0 } } },
	{ "openssh", { { 8, 5, 1 } }, { { 9, 8, 1 } }, "CVE-2024-6387, code execution as root without a key",
		{ { "9.2p1 Debian-2+deb12u", 3 }, { "8.9p1 Ubuntu-3ubuntu0.", 10 },
			{ "9.6p1 Ubuntu-3ubuntu13.", 3 } } },
};

/* Reads "3.4.1" or "9.2p1". False if it does not begin with two numbers. */
static bool version_read(struct version *out, const char *text)
{
	size_t i = 0;

	*out = (struct version){ { 0, 0, 0 } };
	while (i < N_ELEMENTS(out->part) && *text >= '0' && *text <= '9') {
		char *end;

		out->part[i++] = strtoul(text, &end, 10);
		text = end + (*end == '.' || *end == 'p');
	}
	return i >= 2;
}

static bool version_below(const struct version *a, const struct version *b)
{
	for (size_t i = 0; i < N_ELEMENTS(a->part); i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i];
	return false;
}

static bool is_backported(const struct hole *hole, const char *banner)
{
	for (size_t i = 0; i < N_ELEMENTS(hole->backports) && hole->backports[i].head != NULL; i++) {
		const size_t len = strlen(hole->backports[i].head);
		unsigned number;

		if (strncmp(banner, hole->backports[i].head, len) == 0 && sscanf(banner + len, "%u", &number) == 1 &&
			number >= hole->backports[i].least)
			return true;
	}
	return false;
}

/* banner begins with the version. */
static void holes_find(struct findings *findings, const char *program, const char *banner)
{
	struct version version;

	if (!version_read(&version, banner)) {
		finding_put(findings, FINDING_WARNING, "find out its version, and check it for known holes",
			"%s does not print its version", program);
		return;
	}
	for (size_t i = 0; i < N_ELEMENTS(holes); i++) {
		const struct hole *const hole = &holes[i];

		if (strcmp(hole->program, program) != 0 || version_below(&version, &hole->from) ||
			!version_below(&version, &hole->fixed) || is_backported(hole, banner))
			continue;
		finding_put(findings, FINDING_WARNING,
			"upgrade, or check that the package of your distribution has the fix",
			"%s %.*s is older than the fix of %s", program, (int)strcspn(banner, ",\n"), banner,
			hole->what);
	}
}

/* Runs the program with option, and checks the version that it prints behind head. */
static void program_check(
	struct findings *findings, const char *program, const char *path, const char *option, const char *head)
{
	static char text[CAPTURE_MAX];
	char *argv[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)option, NULL };
	struct fault fault;
	OWN_FD int fd = program_open(path, &fault);
	const char *found = NULL;

	/* doctor runs as root: program_open() refuses a program that another user can write. */
	if (fd >= 0 && capture(text, argv, true) >= 0)
		found = strstr(text, head);
	holes_find(findings, program, found == NULL ? "" : found + strlen(head));
}

void doctor_rsync(struct findings *findings, const struct host *host)
{
	if ((host->config.transports & 1u << TRANSPORT_RSYNC) == 0)
		finding_put(findings, FINDING_OK, "", "not used");
	else
		program_check(findings, "rsync", host->config.program[PROGRAM_RSYNC], "--version", "version ");
}

void doctor_openssh(struct findings *findings, const struct host *host)
{
	(void)host;
	/* ssh and sshd have the same version; not every sshd prints it in full. */
	program_check(findings, "openssh", "/usr/bin/ssh", "-V", "OpenSSH_");
}
