/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/doctor.h"

#include <unistd.h>

#include "admin/account.h"
#include "admin/doctor/host.h"
#include "admin/exit_code.h"

static const struct {
	const char *name;
	check_fn *run;
	const char *good;
} checks[] = {
#define CHECK(name, function, good) { name, function, good },
#include "admin/doctor/checks.def"
#undef CHECK
};

_Static_assert((int)FINDING_WARNING == (int)ADMIN_FOUND && (int)FINDING_FATAL == (int)ADMIN_CANNOT,
	"the worst finding is the exit status");

static void report_json(const struct findings *findings)
{
	json_t *const object =
		json_pack("{s:s,s:O}", "worst", finding_word(findings->worst), "findings", findings->array);

	json_dumpf(object, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(object);
}

static void checks_run(struct findings *findings, const struct options *options)
{
	static struct host host;

	host_read(&host, options->user != NULL ? options->user : ACCOUNT_DEFAULT, options);
	for (size_t i = 0; i < N_ELEMENTS(checks); i++) {
		findings->check = checks[i].name;
		findings->count = 0;
		checks[i].run(findings, &host);
		if (findings->count == 0)
			finding_put(findings, FINDING_OK, "", "%s", checks[i].good);
	}
}

int doctor_run(const struct options *options)
{
	struct findings findings = { .array = json_array(), .check = "root" };

	if (options->count != 0) {
		fprintf(stderr, "rssh-nova-admin doctor: unexpected argument: %s\n", options->words[0]);
		return ADMIN_CANNOT;
	}
	if (geteuid() != 0)
		finding_put(&findings, FINDING_FATAL, "run it as root: sudo rssh-nova-admin doctor",
			"doctor ran no check: only root can read what it checks");
	else
		checks_run(&findings, options);
	if (options->json)
		report_json(&findings);
	else
		findings_print(&findings);
	json_decref(findings.array);
	return (int)findings.worst;
}
