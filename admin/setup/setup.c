/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/setup.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/account.h"
#include "admin/doctor/host.h"
#include "admin/doctor/nova_live.h"
#include "admin/exit_code.h"
#include "admin/file.h"
#include "admin/nova_source.h"
#include "admin/service.h"
#include "admin/setup/apply.h"
#include "admin/setup/keys.h"
#include "admin/setup/libvirt.h"
#include "admin/setup/other_root.h"
#include "admin/setup/report.h"
#include "admin/setup/sending.h"
#include "admin/setup/shell.h"
#include "admin/setup/sshd.h"
#include "admin/setup/syslog.h"
#include "admin/sshd_runtime.h"
#include "admin/symlink.h"
#include "base/installed.h"
#include "base/own.h"
#include "node/config_open.h"
#include "wall/program.h"

/* The rssh-nova that was installed with us: in the same directory, or in bin beside our sbin. */
static const char *shell_find(void)
{
	static const char usual[] = "/usr/bin/rssh-nova";
	static const char *const beside[] = { "rssh-nova", "../bin/rssh-nova" };
	static char found[PATH_MAX];
	const char *const path = installed_find(beside, N_ELEMENTS(beside), found);

	return path != NULL ? path : usual;
}

/* Another user who can write a directory above path could replace the program. */
static int parents_check(const char *path, struct trouble *trouble)
{
	char above[PATH_MAX];

	snprintf(above, sizeof(above), "%s", path);
	while (above[0] != '\0') {
		struct stat st;

		*strrchr(above, '/') = '\0';
		if (stat(above[0] == '\0' ? "/" : above, &st) != 0 || st.st_uid != 0 ||
			((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (st.st_mode & S_ISVTX) == 0) ||
			(st.st_mode & S_IXOTH) == 0)
			return trouble_set(trouble,
				"%s: %s must belong to root, only root may write it, and all must reach it: name the installed "
				"shell with --shell",
				path, above[0] == '\0' ? "/" : above);
	}
	return 0;
}

static int shell_check(const char *path, struct trouble *trouble)
{
	struct fault fault;
	char text[256];

	if (!host_is_rssh_nova(path) || strlen(path) > 200 || !file_path_is_plain(path))
		return trouble_set(trouble,
			"%s is not rssh-nova, or its path does not fit /etc/passwd and sshd_config: name it with --shell",
			path);
	OWN_FD int fd = program_open(path, &fault);

	if (fd >= 0)
		return parents_check(path, trouble);
	fault_text(text, sizeof(text), &fault);
	return trouble_set(trouble, "%s", text);
}

/* The name goes into a Match line, where * ? ! and , have a meaning. */
static int user_check(struct setup *setup, struct trouble *trouble)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	const char *const name = setup->user;

	if (name[0] == '\0' || name[0] == '-' || strspn(name, letters) != strlen(name) ||
		strlen(name) >= MANIFEST_USER_MAX)
		return trouble_set(trouble,
			"user \"%s\": sshd_config cannot name this user: use letters, digits, _ . and -", name);
	setup->entry = getpwnam(name);
	if (setup->entry == NULL)
		return trouble_set(trouble, "no user %s exists: name the user of nova-compute with --user", name);
	if (setup->entry->pw_uid == 0)
		return trouble_set(trouble, "%s is root: migrate as an unprivileged user", name);
	return 0;
}

/* A missing directory is no fault: nova-compute or a mount may make it later. */
static int roots_check(const struct config *config, struct trouble *trouble)
{
	char command[SYMLINK_COMMAND_MAX];

	for (unsigned i = 0; i < config->roots.count; i++)
		if (symlink_mount_command(command, text_at(&config->roots, i)))
			return trouble_set(trouble,
				"everything would be refused: instances_path %s leads through a symlink: %.300s",
				text_at(&config->roots, i), command);
	return 0;
}

static int config_check(struct setup *setup, struct trouble *trouble)
{
	static struct config config;
	struct fault fault;
	char text[256];

	config_default(&config);
	setup->sftp_server = config.program[PROGRAM_SFTP_SERVER];
	if (config_open(&config, CONFIG_PATH, true, "", &fault) == 0)
		return roots_check(&config, trouble);
	fault_text(text, sizeof(text), &fault);
	return trouble_set(
		trouble, "everything would be refused: line %u: %s; run rssh-nova-admin check", fault.line, text);
}

struct live_look {
	const char *user;
	char found[NOVA_VALUE_MAX + NOVA_LABEL_MAX + 8]; /* "" for none */
};

static void live_look(void *context, const struct nova_source *source)
{
	struct live_look *const look = context;
	char uri[NOVA_VALUE_MAX];

	if (look->found[0] == '\0' && nova_live_uses(uri, &source->conf, look->user))
		snprintf(look->found, sizeof(look->found), "%s (%s)", uri, source->label);
}

/* Only the first setup on a host ends live migration. */
static int live_migration_check(const struct setup *setup, const struct options *options, struct trouble *trouble)
{
	struct live_look look = { .user = setup->user, .found = "" };

	if (options->without_live_migration || setup->manifest.user[0] != '\0')
		return 0;
	nova_sources_each(options->nova_conf, live_look, &look);
	if (look.found[0] == '\0')
		return 0;
	return trouble_set(trouble,
		"live migration would fail: Nova migrates to %.400s, by ssh through this account; set "
		"live_migration_scheme = tls or tcp, or accept that with --without-live-migration",
		look.found);
}

/* In the order in which the changes are made. */
static int changes_plan(struct setup *setup, struct trouble *trouble)
{
	if (setup_keys_plan(setup, trouble) != 0 || setup_sshd_plan(setup, trouble) != 0 ||
		setup_shell_plan(setup, trouble) != 0 || setup_syslog_plan(setup, trouble) != 0)
		return -1;
	if (setup->libvirt && setup_libvirt_plan(setup, trouble) != 0)
		return -1;
	return setup->sending ? setup_sending_plan(setup, trouble) : 0;
}

static int prepare(struct setup *setup, const struct options *options, struct trouble *trouble)
{
	if (user_check(setup, trouble) != 0 || shell_check(setup->shell, trouble) != 0 ||
		config_check(setup, trouble) != 0 || live_migration_check(setup, options, trouble) != 0)
		return -1;
	if (setup->manifest.user[0] != '\0' && strcmp(setup->manifest.user, setup->user) != 0)
		return trouble_set(trouble, "this host is set up for %s: run setup --undo first", setup->manifest.user);
	if (changes_plan(setup, trouble) != 0)
		return -1;
	return sshd_stage_check(&setup->stage, trouble);
}

static int install(struct setup *setup, const struct options *options, struct trouble *trouble)
{
	if (!options->dry_run && manifest_lock(trouble) != 0)
		return -1;
	if (manifest_read(&setup->manifest, trouble) != 0)
		return -1;
	if (prepare(setup, options, trouble) != 0) {
		/* The lock made the manifest directory. */
		if (!options->dry_run && setup->manifest.user[0] == '\0')
			manifest_unlock();
		return -1;
	}
	if (options->dry_run || setup->plan.count == 0)
		return 0;
	return setup_apply(setup, trouble);
}

static int undo(struct setup *setup, const struct options *options, struct trouble *trouble)
{
	if (manifest_read(&setup->manifest, trouble) != 0)
		return -1;
	if (setup->manifest.user[0] == '\0')
		return 0;
	if (options->user != NULL && strcmp(options->user, setup->manifest.user) != 0)
		return trouble_set(trouble, "this host is set up for %s: name that user, or leave --user out",
			setup->manifest.user);
	setup->user = setup->manifest.user;
	if (!options->dry_run && manifest_lock(trouble) != 0)
		return -1;
	if (setup_undo_plan(setup, trouble) != 0)
		return -1;
	if (setup_touches_sshd(setup) && access("/usr/sbin/sshd", X_OK) == 0 &&
		(setup_sshd_undo_stage(setup, trouble) != 0 || sshd_stage_check(&setup->stage, trouble) != 0))
		return -1;
	return options->dry_run ? 0 : setup_undo(setup, trouble);
}

/* Reloads even if nothing changed: the operator may have forgotten it before. */
static enum admin_exit reload(struct setup *setup, const struct options *options)
{
	struct trouble why = { .text = "" };

	setup->untold.text[0] = '\0';
	if (!options->reload || options->dry_run)
		return ADMIN_GOOD;
	setup->sshd_told = service_reload_sshd(&why);
	if (setup_touches_rsyslog(setup))
		setup->rsyslog_told = service_restart_rsyslog(&why);
	if (setup_touches_libvirt(setup))
		setup->libvirt_told = service_restart_libvirt(&why);
	if (why.text[0] == '\0')
		return ADMIN_GOOD;
	trouble_set(&setup->untold, "all changes are made, but a reload failed: %.900s", why.text);
	return ADMIN_NOT_RELOADED;
}

/* A closed terminal or an interrupt must not stop us in the middle. */
static void signals_block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int complain(const char *what, const char *word)
{
	fprintf(stderr, "rssh-nova-admin setup: %s%s\n", what, word);
	return ADMIN_CANNOT;
}

int setup_run(const struct options *options)
{
	static struct setup setup;
	enum admin_exit status = ADMIN_FOUND;
	struct trouble trouble;
	int rc;

	if (options->count != 0)
		return complain("unexpected argument: ", options->words[0]);
	if (geteuid() != 0)
		return complain("run it as root", "");
	signals_block();
	if (options->root != NULL)
		return other_root_run(options->root, "setup", options);
	umask(022);
	setup.notes = json_array();
	setup.user = options->user != NULL ? options->user : ACCOUNT_DEFAULT;
	setup.shell = options->shell != NULL ? options->shell : shell_find();
	setup.force_command = !options->no_force_command;
	setup.libvirt = options->libvirt;
	setup.sending = options->sending;
	sshd_runtime_make();
	rc = options->undo ? undo(&setup, options, &trouble) : install(&setup, options, &trouble);
	sshd_runtime_clear();
	if (rc == 0)
		status = reload(&setup, options);
	setup_report(&setup, options, rc == 0 ? NULL : trouble.text);
	setup_clear(&setup);
	return (int)status;
}
