/* SPDX-License-Identifier: Apache-2.0 */
/* rssh-nova.conf, and the programs, directories and syslog that it depends on. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "admin/doctor/host.h"
#include "admin/doctor/rate_limit.h"
#include "admin/leftover.h"
#include "admin/symlink.h"
#include "base/audit.h"
#include "base/directory.h"
#include "base/own.h"
#include "node/config_open.h"
#include "node/instance.h"
#include "node/root.h"
#include "policy/claim.h"
#include "policy/path.h"
#include "wall/program.h"

static void warn_if(struct findings *findings, bool is, const char *fix, const char *text)
{
	if (is)
		finding_put(findings, FINDING_WARNING, fix, "%s", text);
}

void doctor_config(struct findings *findings, const struct host *host)
{
	const struct config *const config = &host->config;
	char text[256], line[24] = "";

	if (!host->configured) {
		fault_text(text, sizeof(text), &host->fault);
		if (host->fault.line != 0)
			snprintf(line, sizeof(line), "line %u: ", host->fault.line);
		finding_put(findings, FINDING_FATAL,
			"run rssh-nova-admin check, which prints every fault with its line",
			"%s%s: everything is refused", line, text);
		return;
	}
	if (!host_user_reads(host, CONFIG_PATH))
		finding_put(findings, FINDING_FATAL, "chmod 0644 " CONFIG_PATH, "%s cannot read %s", host->user,
			CONFIG_PATH);
	warn_if(findings, config->claims_mode == CLAIMS_OFF, "[claims] mode = enforce",
		"[claims] mode = off: any peer may overwrite any instance");
	warn_if(findings, config->claims_mode == CLAIMS_AUDIT, "[claims] mode = enforce",
		"[claims] mode = audit: any peer may overwrite any instance; the audit only records it");
	warn_if(findings, config->landlock_optional, "[sandbox] landlock = required",
		"[sandbox] landlock = optional: without Landlock in the kernel, programs are confined less");
	warn_if(findings, config->namespaces == NAMESPACES_OFF, "[sandbox] namespaces = auto",
		"[sandbox] namespaces = off: an exploited program can see the names of files that it may not open");
	warn_if(findings, config->images_mode != IMAGES_ENFORCE, "[images] headers = enforce",
		"[images] headers is not enforce: a received disk image may give its guest other files of this node");
	warn_if(findings, config->fence_open, "[images] fence = closed",
		"[images] fence = open: an instance may start while a peer still writes it");
	warn_if(findings, !config->audit_required, "[audit] required = yes",
		"[audit] required = no: while syslog is down, commands run without a record");
}

/* Is the program in use? scp and sftp-server serve the ssh transport, rsync the rsync transport. */
static bool is_used(const struct config *config, enum program program)
{
	const enum transport transport = program == PROGRAM_RSYNC ? TRANSPORT_RSYNC : TRANSPORT_SSH;

	return (config->transports & 1u << transport) != 0;
}

void doctor_programs(struct findings *findings, const struct host *host)
{
	char text[256];
	struct fault fault;

	for (enum program program = PROGRAM_SCP; program < PROGRAM_COUNT; program++) {
		OWN_FD int fd = -1;

		if (!is_used(&host->config, program))
			continue;
		fd = program_open(host->config.program[program], &fault);
		if (fd >= 0)
			continue;
		fault_text(text, sizeof(text), &fault);
		finding_put(findings, FINDING_FATAL, "put its real path into [programs], or reinstall its package",
			"%s", text);
	}
}

static void root_check(struct findings *findings, const struct host *host, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		finding_put(findings, FINDING_FATAL, "check its file system", "%s: %s", path, strerror(errno));
		return;
	}
	if (host->entry == NULL)
		finding_put(findings, FINDING_FATAL, "see the check \"user\"", "the owner of %s: not checked", path);
	else if (st.st_uid != host->entry->pw_uid)
		finding_put(
			findings, FINDING_FATAL, "chown it to the user", "%s does not belong to %s", path, host->user);
	if ((st.st_mode & S_IWOTH) != 0)
		finding_put(findings, FINDING_FATAL, "chmod o-w", "everybody can write %s", path);
	if ((st.st_mode & S_IXOTH) == 0)
		finding_put(findings, FINDING_WARNING, "chmod 0755",
			"other users cannot enter %s: QEMU and libvirt, which run as other users, cannot open a disk",
			path);
}

/* Below free_space the shell refuses what brings data. */
static void space_check(struct findings *findings, const struct host *host, const char *path, int fd)
{
	const struct roots one = { .fd = { fd }, .count = 1 };
	const int64_t space = roots_free_space(&one);

	if (host->config.free_space == 0 || space >= host->config.free_space)
		return;
	finding_put(findings, FINDING_WARNING, "make room there, or lower [limits] free_space",
		"the file system of %s has %" PRId64
		" MiB left, less than free_space: every migration to this node is refused",
		path, space >> 20);
}

/* The shell refuses a link in place of an instance or of nova's cache. */
static void entries_check(struct findings *findings, const char *path, int root)
{
	OWN_FD int dir = root_openat(root, ".", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent64 *entry;
	struct directory names;
	struct stat st;

	if (dir < 0)
		return;
	directory_begin(&names, dir);
	while (directory_next(&names, &entry) == 1) {
		if (!path_is_uuid(entry->d_name, strlen(entry->d_name)) && strcmp(entry->d_name, "_base") != 0)
			continue;
		if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			finding_put(findings, FINDING_WARNING,
				"replace it by the directory, or by a mount: rm, mkdir, mount --bind",
				"%s/%s is a symlink: the shell refuses symlinks", path, entry->d_name);
	}
}

static void leftover_put(struct findings *findings, const struct host *host, const struct domains *domains,
	const char *path, const char *uuid)
{
	char command[LEFTOVER_COMMAND_MAX];

	leftover_command(command, domains, host->user, path, uuid);
	finding_put(findings, FINDING_WARNING,
		command[0] != '\0' ? command : "check that no instance on this node has that uuid, and delete it",
		"%s/%s is left from a failed migration: its peer can no longer write or delete it", path, uuid);
}

/* With the rights of the user: files of other users mean that an instance is busy. */
static void leftovers_check(struct findings *findings, const struct host *host, const char *path, int root)
{
	OWN_FD int dir = root_openat(root, ".", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent64 *entry;
	struct directory names;
	struct domains domains;

	domains_read(&domains);
	if (dir < 0 || host->entry == NULL || seteuid(host->entry->pw_uid) != 0)
		return;
	directory_begin(&names, dir);
	while (directory_next(&names, &entry) == 1) {
		OWN_FD int fd =
			path_is_uuid(entry->d_name, strlen(entry->d_name)) ? instance_open(dir, entry->d_name) : -1;

		if (fd >= 0 && leftover_is(fd, entry->d_name, &host->config, &domains))
			leftover_put(findings, host, &domains, path, entry->d_name);
	}
	(void)!seteuid(0);
}

/* Opens one root, so that its fault does not hide a fault of another. */
static int root_of(const struct host *host, unsigned i, struct fault *fault)
{
	struct config one = host->config;
	struct roots roots;

	one.roots.count = 1;
	one.roots.start[0] = one.roots.start[i];
	return roots_open(&roots, &one, host->entry == NULL ? "" : host->entry->pw_dir, fault) == 0 ? roots.fd[0] : -1;
}

void doctor_instances(struct findings *findings, const struct host *host)
{
	char text[256], command[SYMLINK_COMMAND_MAX];
	struct fault fault;

	for (unsigned i = 0; i < host->config.roots.count; i++) {
		const char *const path = text_at(&host->config.roots, i);
		OWN_FD int fd = root_of(host, i, &fault);

		if (fd >= 0) {
			root_check(findings, host, path, fd);
			space_check(findings, host, path, fd);
			entries_check(findings, path, fd);
			leftovers_check(findings, host, path, fd);
			continue;
		}
		fault_text(text, sizeof(text), &fault);
		if (symlink_mount_command(command, path))
			finding_put(findings, FINDING_FATAL, command, "%s", text);
		else
			finding_put(findings, FINDING_FATAL, "create it, or correct instances_path in " CONFIG_PATH,
				"%s", text);
	}
}

void doctor_attributes(struct findings *findings, const struct host *host)
{
	struct fault fault;

	for (unsigned i = 0; host->config.claims_mode != CLAIMS_OFF && i < host->config.roots.count; i++) {
		const char *const path = text_at(&host->config.roots, i);
		OWN_FD int root = root_of(host, i, &fault);
		OWN_FD int fd = root < 0 ? -1 : root_openat(root, ".", O_RDONLY | O_DIRECTORY, 0);

		if (fd < 0)
			finding_put(findings, FINDING_FATAL, "see the check \"instances\"", "%s: not checked", path);
		else if (fgetxattr(fd, CLAIM_ATTRIBUTE, NULL, 0) < 0 && errno != ENODATA)
			finding_put(findings, FINDING_FATAL,
				"move it to a file system with user attributes, or set [claims] mode = off",
				"the file system of %s keeps no user attributes (%s): nobody can claim an instance",
				path, strerror(errno));
	}
}

/* The shell sends as the user; root may write any socket. */
static bool is_sendable(const struct passwd *entry)
{
	struct stat st;

	if (stat("/dev/log", &st) != 0)
		return true;
	if (st.st_uid == entry->pw_uid)
		return (st.st_mode & S_IWUSR) != 0;
	return (st.st_mode & (st.st_gid == entry->pw_gid ? S_IWGRP : S_IWOTH)) != 0;
}

void doctor_syslog(struct findings *findings, const struct host *host)
{
	const bool required = host->config.audit_required;
	const enum finding_level level = required ? FINDING_FATAL : FINDING_WARNING;
	const char *const so = required ? ", so everything is refused" : "";
	struct audit audit;
	const int rc = audit_open(&audit, host->config.facility);
	const int err = errno;

	fd_drop(&audit.fd);
	if (rc != 0)
		finding_put(findings, level, "start rsyslog or systemd-journald",
			"/dev/log: %s: the shell cannot record anything%s", strerror(err), so);
	else if (host->entry == NULL)
		finding_put(findings, FINDING_FATAL, "see the check \"user\"", "not checked");
	else if (!is_sendable(host->entry))
		finding_put(findings, level, "chmod 0666 /dev/log, as syslogs do",
			"%s cannot write /dev/log: the shell cannot record anything%s", host->user, so);
}

/* journald's limit matters if rsyslog reads the journal or is not installed. */
void doctor_rate_limits(struct findings *findings, const struct host *host)
{
	struct rate_limits limits;

	(void)host;
	rate_limits_read(&limits);
	if (limits.journald && (!limits.rsyslog || limits.imjournal))
		finding_put(findings, FINDING_WARNING,
			"create /etc/systemd/journald.conf.d/rate.conf with the lines [Journal] and RateLimitIntervalSec=0, then "
			"systemctl restart systemd-journald",
			"journald drops records of a session that makes many: a peer can hide its commands in noise");
	if (limits.imjournal_limited)
		finding_put(findings, FINDING_WARNING,
			"set ratelimit.interval=\"0\" in module(load=\"imjournal\" ...) of rsyslog.conf, then restart rsyslog",
			"rsyslog's imjournal drops records of a node that makes many: a peer can hide its commands in noise");
	if (limits.imuxsock_limited)
		finding_put(findings, FINDING_WARNING,
			"set SysSock.RateLimit.Interval=\"0\" in module(load=\"imuxsock\" ...) of rsyslog.conf, then restart rsyslog",
			"rsyslog's imuxsock drops records of a process that makes many");
}
