/* SPDX-License-Identifier: Apache-2.0 */
/* Does sshd let the user log in at all? Source: sshd_config(5), AllowUsers and its like; auth.c, allowed_user(), of
 * OpenSSH; shadow(5); pam_nologin(8). */
#include <fnmatch.h>
#include <grp.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/doctor/host.h"

enum {
	GROUPS_MAX_KEPT = 256,
	SECONDS_OF_DAY = 24 * 60 * 60,
};

enum hit {
	HIT_NONE,
	HIT_SOME, /* of the addresses that the user may come from */
	HIT_ALL,
};

/* These lists know * and ?. */
static bool is_pattern_of(const char *pattern, const char *name)
{
	return fnmatch(pattern, name, FNM_NOESCAPE) == 0;
}

/* One pattern: "nova" or "nova@10.0.0.0/8". */
static enum hit user_hit(const char *pattern, const char *user)
{
	const char *const at = strchr(pattern, '@');
	char name[256];

	if (at == NULL)
		return is_pattern_of(pattern, user) ? HIT_ALL : HIT_NONE;
	if ((size_t)(at - pattern) >= sizeof(name))
		return HIT_NONE;
	snprintf(name, sizeof(name), "%.*s", (int)(at - pattern), pattern);
	return is_pattern_of(name, user) ? HIT_SOME : HIT_NONE;
}

static enum hit users_hit(const struct host *host, const char *keyword)
{
	enum hit best = HIT_NONE;
	const char *at = NULL, *pattern;

	while ((pattern = sshd_settings_next(&host->sshd, keyword, &at)) != NULL) {
		const enum hit hit = user_hit(pattern, host->user);

		best = hit > best ? hit : best;
	}
	return best;
}

static bool is_group_hit(const struct host *host, const char *keyword, const char *group)
{
	const char *at = NULL, *pattern;

	while ((pattern = sshd_settings_next(&host->sshd, keyword, &at)) != NULL)
		if (is_pattern_of(pattern, group))
			return true;
	return false;
}

static bool is_any_group_hit(const struct host *host, const char *keyword)
{
	gid_t groups[GROUPS_MAX_KEPT];
	int count = GROUPS_MAX_KEPT;

	if (getgrouplist(host->user, host->entry->pw_gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++) {
		const struct group *const group = getgrgid(groups[i]);

		if (group != NULL && is_group_hit(host, keyword, group->gr_name))
			return true;
	}
	return false;
}

static bool is_set(const struct host *host, const char *keyword)
{
	return sshd_settings_first(&host->sshd, keyword)[0] != '\0';
}

static void users_check(struct findings *findings, const struct host *host)
{
	const enum hit denied = users_hit(host, "denyusers");

	if (denied == HIT_ALL)
		finding_put(findings, FINDING_FATAL, "delete the pattern that matches the user from DenyUsers",
			"DenyUsers refuses every login of %s", host->user);
	else if (denied == HIT_SOME)
		finding_put(findings, FINDING_WARNING, "check that no node of the cloud has one of these addresses",
			"DenyUsers refuses %s from some addresses", host->user);
	if (is_set(host, "allowusers") && users_hit(host, "allowusers") == HIT_NONE)
		finding_put(findings, FINDING_FATAL, "add the user to AllowUsers",
			"AllowUsers does not name %s: sshd refuses every login", host->user);
}

static void groups_check(struct findings *findings, const struct host *host)
{
	if (is_any_group_hit(host, "denygroups"))
		finding_put(findings, FINDING_FATAL, "delete the pattern that matches the group from DenyGroups",
			"DenyGroups names a group of %s: sshd refuses every login", host->user);
	if (is_set(host, "allowgroups") && !is_any_group_hit(host, "allowgroups"))
		finding_put(findings, FINDING_FATAL, "add a group of the user to AllowGroups",
			"AllowGroups names no group of %s: sshd refuses every login", host->user);
}

static void nologin_check(struct findings *findings, bool pam)
{
	static const char etc[] = "/etc/nologin", run[] = "/run/nologin"; /* only pam_nologin reads the second */
	const char *const found = access(etc, F_OK) == 0 ? etc : pam && access(run, F_OK) == 0 ? run : NULL;

	if (found != NULL)
		finding_put(findings, FINDING_FATAL, "delete it when the maintenance is over",
			"%s exists: only root can log in", found);
}

static void shadow_check(struct findings *findings, const struct host *host, bool pam)
{
	const struct spwd *const shadow = getspnam(host->user);
	const long today = (long)(time(NULL) / SECONDS_OF_DAY);

	if (shadow == NULL)
		return;
	if (shadow->sp_expire > 0 && today > shadow->sp_expire)
		finding_put(findings, FINDING_FATAL, "chage --expiredate -1, with the name of the user",
			"the account %s has expired", host->user);
	if (shadow->sp_lstchg == 0 ||
		(shadow->sp_lstchg > 0 && shadow->sp_max >= 0 && today - shadow->sp_lstchg > shadow->sp_max))
		finding_put(findings, FINDING_FATAL,
			"chage --maxdays -1 --lastday $(date +%F), with the name of the user",
			"the password of %s has expired: sshd asks for a new one before it runs a command", host->user);
	if (!pam && shadow->sp_pwdp != NULL && shadow->sp_pwdp[0] == '!')
		finding_put(findings, FINDING_FATAL,
			"usermod --password '*', with the name of the user: no password, but not locked",
			"the account %s is locked, and UsePAM is off: sshd refuses every login", host->user);
}

void doctor_login(struct findings *findings, const struct host *host)
{
	const bool pam = strcmp(sshd_settings_first(&host->sshd, "usepam"), "yes") == 0;

	if (!host->sshd.known || host->entry == NULL) {
		finding_put(findings, FINDING_FATAL, "see the checks \"user\" and \"sshd\"", "not checked");
		return;
	}
	users_check(findings, host);
	groups_check(findings, host);
	nologin_check(findings, pam);
	shadow_check(findings, host, pam);
}
