/* SPDX-License-Identifier: Apache-2.0 */
/* What sshd lets the user do without the shell. Source: sshd_config(5). */
#include <fnmatch.h>
#include <string.h>

#include "admin/doctor/host.h"
#include "admin/subsystem.h"
#include "policy/claim.h"

void doctor_sshd(struct findings *findings, const struct host *host)
{
	if (!host->sshd.known)
		finding_put(findings, FINDING_FATAL, "correct the faults that sshd -t reports", "%s fails: %s",
			host->sshd.question, host->sshd.text);
}

static bool is_known(struct findings *findings, const struct host *host)
{
	if (!host->sshd.known)
		finding_put(findings, FINDING_FATAL, "see the check \"sshd\"", "not checked");
	return host->sshd.known;
}

static void subsystem_check(struct findings *findings, const struct host *host, const char *command, bool sftp)
{
	if (strncmp(command, "internal-sftp", strlen("internal-sftp")) == 0 && !host_is_forced(host))
		finding_put(findings, FINDING_FATAL,
			"set ForceCommand /usr/bin/rssh-nova for the user, or Subsystem sftp with the path of sftp-server",
			"sshd itself serves Subsystem %s: it bypasses the login shell, and reaches every file of %s",
			command, host->user);
	else if (sftp &&
		!subsystem_is_allowed(command, host->config.program[PROGRAM_SFTP_SERVER], host_is_forced(host)))
		finding_put(findings, FINDING_WARNING,
			"keep no options except -e, -f and -l in the Subsystem line, and set [programs] sftp_server to its "
			"path",
			"the shell refuses Subsystem sftp %s, so scp of OpenSSH >= 9 fails", command);
}

void doctor_subsystem(struct findings *findings, const struct host *host)
{
	const char *const forced = sshd_settings_first(&host->sshd, "forcecommand");
	const bool ssh = (host->config.transports & 1u << TRANSPORT_SSH) != 0;
	const char *at = NULL, *value;
	bool sftp = false;

	if (!is_known(findings, host))
		return;
	if (forced[0] != '\0' && strcmp(forced, "none") != 0 && !host_is_forced(host))
		finding_put(
			findings, FINDING_FATAL, "set ForceCommand /usr/bin/rssh-nova", "ForceCommand is %s", forced);
	while ((value = sshd_settings_next(&host->sshd, "subsystem", &at)) != NULL) {
		const char *const command = value + strcspn(value, " \t");
		const bool is_sftp = strncmp(value, "sftp ", strlen("sftp ")) == 0;

		sftp = sftp || is_sftp;
		subsystem_check(findings, host, command + strspn(command, " \t"), ssh && is_sftp);
	}
	if (ssh && !sftp)
		finding_put(findings, FINDING_WARNING, "set Subsystem sftp with the path of sftp-server",
			"there is no Subsystem sftp: scp of OpenSSH >= 9 cannot copy");
}

struct setting {
	const char *keyword, *good, *fix;
	enum finding_level level;
	const char *why;
};

static void setting_check(struct findings *findings, const struct host *host, const struct setting *setting)
{
	const char *const value = sshd_settings_first(&host->sshd, setting->keyword);

	if (value[0] != '\0' && strcmp(value, setting->good) != 0)
		finding_put(
			findings, setting->level, setting->fix, "%s is %s: %s", setting->keyword, value, setting->why);
}

/* DisableForwarding of OpenSSH before 10.0 leaves the last two open (CVE-2025-32728). */
static const struct forwarding {
	const char *keyword, *fix;
	bool disabled; /* DisableForwarding disables it in every version */
} forwardings[] = {
	{ "allowtcpforwarding", "AllowTcpForwarding no", true },
	{ "allowstreamlocalforwarding", "AllowStreamLocalForwarding no", true },
	{ "permittunnel", "PermitTunnel no", true },
	{ "allowagentforwarding", "AllowAgentForwarding no", false },
	{ "x11forwarding", "X11Forwarding no", false },
};

void doctor_forwarding(struct findings *findings, const struct host *host)
{
	const bool disabled = strcmp(sshd_settings_first(&host->sshd, "disableforwarding"), "yes") == 0;

	if (!is_known(findings, host))
		return;
	for (size_t i = 0; i < N_ELEMENTS(forwardings); i++) {
		const struct forwarding *const row = &forwardings[i];
		const char *const value = sshd_settings_first(&host->sshd, row->keyword);

		if (strcmp(value, "no") == 0 || value[0] == '\0' || (disabled && row->disabled))
			continue;
		if (disabled)
			finding_put(findings, FINDING_WARNING, row->fix,
				"%s is %s: DisableForwarding does not disable it before OpenSSH 10.0 (CVE-2025-32728)",
				row->keyword, value);
		else
			finding_put(findings, FINDING_FATAL, row->fix, "%s is %s: forwarding bypasses the shell",
				row->keyword, value);
	}
}

void doctor_session(struct findings *findings, const struct host *host)
{
	static const struct setting settings[] = {
		{ "permittty", "no", "PermitTTY no", FINDING_WARNING, "a migration needs no terminal" },
		{ "permituserrc", "no", "PermitUserRC no", FINDING_WARNING, "~/.ssh/rc runs before the command" },
		{ "permituserenvironment", "no", "PermitUserEnvironment no", FINDING_FATAL,
			"files of the user can set any environment variable" },
	};

	if (!is_known(findings, host))
		return;
	for (size_t i = 0; i < N_ELEMENTS(settings); i++)
		setting_check(findings, host, &settings[i]);
}

static bool matches_protected(const char *pattern)
{
	static const char *const names[] = {
		"SSH_CONNECTION",
		"SSH_CLIENT",
		"SSH_ORIGINAL_COMMAND",
		"SSH_USER_AUTH",
		"LD_PRELOAD",
		"LD_LIBRARY_PATH",
		"LD_AUDIT",
		"GLIBC_TUNABLES",
		"GCONV_PATH",
		"LOCPATH",
		"MALLOC_CHECK_",
	};

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		if (fnmatch(pattern, names[i], 0) == 0)
			return true;
	return strncmp(pattern, "SSH_", 4) == 0 || strncmp(pattern, "LD_", 3) == 0;
}

void doctor_accept_env(struct findings *findings, const struct host *host)
{
	const char *at = NULL, *pattern;

	if (!is_known(findings, host))
		return;
	while ((pattern = sshd_settings_next(&host->sshd, "acceptenv", &at)) != NULL)
		if (matches_protected(pattern))
			finding_put(findings, FINDING_FATAL, "delete the pattern from AcceptEnv",
				"AcceptEnv %s lets a client set variables of sshd or of the loader", pattern);
}

void doctor_authentication(struct findings *findings, const struct host *host)
{
	static const struct setting passwords[] = {
		{ "passwordauthentication", "no", "PasswordAuthentication no", FINDING_WARNING,
			"a password can be guessed" },
		{ "kbdinteractiveauthentication", "no", "KbdInteractiveAuthentication no", FINDING_WARNING,
			"a password can be guessed" },
	};
	const bool needs_key =
		host->config.claims_mode != CLAIMS_OFF && host->config.claims_identity != IDENTITY_ADDRESS;
	const struct setting others[] = {
		{ "permitemptypasswords", "no", "PermitEmptyPasswords no", FINDING_FATAL, "no key is needed" },
		{ "exposeauthinfo", "yes", "ExposeAuthInfo yes", needs_key ? FINDING_FATAL : FINDING_WARNING,
			needs_key ? "[claims] identity needs the key, so everything is refused"
				  : "the audit cannot name the key" },
	};

	if (!is_known(findings, host))
		return;
	if (strcmp(sshd_settings_first(&host->sshd, "authenticationmethods"), "publickey") != 0)
		for (size_t i = 0; i < N_ELEMENTS(passwords); i++)
			setting_check(findings, host, &passwords[i]);
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		setting_check(findings, host, &others[i]);
}
