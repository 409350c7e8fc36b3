/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/try.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/account.h"
#include "admin/exit_code.h"
#include "admin/nova_option.h"
#include "admin/nova_unit.h"
#include "admin/try_round.h"
#include "base/own.h"

enum {
	DISK_SIZE = 1 << 20,
	HOST_MAX = 255,
};

struct attempt {
	struct round round;
	struct passwd *entry;
	char instances[NOVA_VALUE_MAX], transport[NOVA_VALUE_MAX];
	const char *env[6];
};

static const int stops[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE };
static volatile sig_atomic_t stopped; /* the signal */

static void on_stop(int number)
{
	stopped = number;
	capture_stop();
}

/* A signal must not leave the files here, nor the instance directory on the other node. */
static void signals_catch(void)
{
	const struct sigaction action = { .sa_handler = on_stop };
	struct sigaction before;

	/* nohup(1) ignores SIGHUP: it stays ignored. */
	for (size_t i = 0; i < N_ELEMENTS(stops); i++)
		if (sigaction(stops[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			(void)sigaction(stops[i], &action, NULL);
}

static void signals_block(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < N_ELEMENTS(stops); i++)
		sigaddset(&set, stops[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Ends as the signal would have ended us, so that the caller sees it. */
static void signal_die(void)
{
	sigset_t set;

	(void)signal(stopped, SIG_DFL);
	(void)raise(stopped);
	sigemptyset(&set);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

static int complain(const char *what, const char *word)
{
	fprintf(stderr, "rssh-nova-admin try: %s%s%s\n", what, word[0] != '\0' ? ": " : "", word);
	return ADMIN_CANNOT;
}

/* Is it a name or an address, with neither a user nor an option? */
static bool host_is_valid(const char *host)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_%-";

	return host[0] != '\0' && host[0] != '-' && strlen(host) <= HOST_MAX && strspn(host, letters) == strlen(host);
}

static void source_look(void *context, const struct nova_source *source)
{
	struct attempt *const attempt = context;

	if (attempt->instances[0] != '\0')
		return;
	if (!nova_option_value(attempt->instances, &source->conf, NOVA_OPTION_INSTANCES_PATH) ||
		!nova_option_value(attempt->transport, &source->conf, NOVA_OPTION_TRANSPORT))
		attempt->instances[0] = '\0';
}

/* Reads instances_path and transport from nova.conf. Without the file, Nova's defaults. */
static int nova_look(struct attempt *attempt, const struct options *options)
{
	size_t len;

	if (nova_sources_each(options->nova_conf, source_look, attempt) == 0) {
		strcpy(attempt->instances, "/var/lib/nova/instances");
		strcpy(attempt->transport, "ssh");
	}
	for (len = strlen(attempt->instances); len > 1 && attempt->instances[len - 1] == '/'; len--)
		attempt->instances[len - 1] = '\0';
	if (attempt->instances[0] != '/')
		return complain("nova.conf has no absolute instances_path", "name the right file with --nova-conf");
	snprintf(attempt->round.instances, TRY_PATH_MAX, "%s", attempt->instances);
	return ADMIN_GOOD;
}

/* The PATH and environment of nova-compute: nova-path if it is first, and SHELL from systemd, the login shell. */
static void environment_make(struct attempt *attempt)
{
	static const char *const names[TRY_TOOLS] = { "ssh", "scp", "rsync" };
	char shadow[NOVA_UNIT_PATH_MAX];
	struct nova_unit unit;
	struct round *const round = &attempt->round;
	const struct passwd *const entry = attempt->entry;
	const bool first = nova_unit_find(&unit) && nova_unit_look(&unit, shadow) == NOVA_UNIT_FIRST;
	const char *const folder = first ? nova_unit_folder() : "/usr/bin";

	for (unsigned i = 0; i < TRY_TOOLS; i++)
		round->tools[i] = try_text(round, "%s/%s", folder, names[i]);
	attempt->env[0] = try_text(round, "PATH=%s:/usr/sbin:/usr/bin:/sbin:/bin", folder);
	attempt->env[1] = try_text(round, "SHELL=%s", entry->pw_shell);
	attempt->env[2] = try_text(round, "HOME=%s", entry->pw_dir);
	attempt->env[3] = try_text(round, "USER=%s", entry->pw_name);
	attempt->env[4] = "LC_ALL=C";
	round->env = (char *const *)(uintptr_t)attempt->env;
}

static int names_make(struct round *round)
{
	unsigned char bytes[32];
	char hex[65];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(&hex[2 * i], 3, "%02x", bytes[i]);
	snprintf(round->uuid, sizeof(round->uuid), "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, &hex[8], &hex[12], &hex[15],
		&hex[18]);
	snprintf(round->probe, TRY_PATH_MAX, "%s/%.32s.tmp", round->uuid, &hex[32]);
	return 0;
}

/* Makes the directory tree below round->here, with its parents. */
static int tree_make(struct round *round, const char *tree)
{
	char *const whole = (char *)(uintptr_t)try_text(round, "%s/%s/", round->here, tree);

	if (whole[0] == '\0')
		return -1;
	for (char *at = whole + strlen(round->here) + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		if (mkdir(whole, 0755) != 0 && errno != EEXIST)
			return -1;
		*at = '/';
	}
	return 0;
}

static int file_make(const char *path, off_t size)
{
	OWN_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 || ftruncate(fd, size) != 0 ? -1 : 0;
}

/* The files to send: a disk of zeros, and for rsync the trees that Nova makes. */
static int files_make(struct round *round)
{
	strcpy(round->here, "/tmp/rssh-nova-try.XXXXXX");
	if (mkdtemp(round->here) == NULL || tree_make(round, "empty") != 0 ||
		tree_make(round, try_text(round, "dir%s/%s", round->instances, round->uuid)) != 0 ||
		tree_make(round, try_text(round, "file%s/%s", round->instances, round->uuid)) != 0)
		return -1;
	if (file_make(try_text(round, "%s/disk", round->here), DISK_SIZE) != 0)
		return -1;
	return file_make(try_text(round, "%s/file%s/%s", round->here, round->instances, round->probe), 0);
}

static void files_remove(const struct round *round)
{
	static char rm[] = "/bin/rm", option[] = "-rf", said[CAPTURE_MAX];
	char *argv[] = { rm, option, (char *)(uintptr_t)round->here, NULL };

	(void)!capture(said, argv, true);
}

static void report_json(const struct attempt *attempt)
{
	json_t *const object = json_pack("{s:b,s:s,s:s,s:s,s:O}", "ok", !attempt->round.failed, "host",
		attempt->round.host, "transport", attempt->transport, "instances_path", attempt->instances, "steps",
		attempt->round.steps);

	json_dumpf(object, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(object);
}

static int migrate(struct attempt *attempt)
{
	struct round *const round = &attempt->round;

	if (strcmp(attempt->transport, "rsync") == 0)
		try_round_rsync(round);
	else
		try_round_ssh(round);
	if (!round->failed)
		try_round_refusal(round);
	if (stopped != 0)
		return ADMIN_CANNOT;
	if (round->json)
		report_json(attempt);
	else
		puts(round->failed ? "a migration would fail" : "a migration would succeed");
	return round->failed ? ADMIN_FOUND : ADMIN_GOOD;
}

int try_run(const struct options *options)
{
	static struct attempt attempt;
	const char *const name = options->user != NULL ? options->user : ACCOUNT_DEFAULT;
	int rc = ADMIN_CANNOT;

	if (options->count != 1 || !host_is_valid(options->words[0]))
		return complain("give HOST, the name or address that Nova has of the other node, and nothing else",
			options->count == 0 ? "" : options->words[options->count - 1]);
	if (nova_look(&attempt, options) != ADMIN_GOOD)
		return ADMIN_CANNOT;
	if (account_become(options->user, false) != 0)
		return ADMIN_CANNOT;
	attempt.entry = getpwuid(geteuid());
	if (attempt.entry == NULL)
		return complain("no such user", name);
	attempt.round.host = options->words[0];
	attempt.round.json = options->json;
	attempt.round.steps = json_array();
	attempt.round.stopped = &stopped;
	environment_make(&attempt);
	umask(022);
	signals_catch();
	if (names_make(&attempt.round) != 0 || files_make(&attempt.round) != 0)
		(void)complain(attempt.round.here, strerror(errno));
	else
		rc = migrate(&attempt);
	signals_block();
	files_remove(&attempt.round);
	json_decref(attempt.round.steps);
	try_round_clear(&attempt.round);
	if (stopped != 0)
		signal_die();
	return rc;
}
