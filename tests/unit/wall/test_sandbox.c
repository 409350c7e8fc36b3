/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "wall/sandbox.h"

/* Kernels without Landlock, with an old one, and with namespaces or none: asked of sandbox_prepare() with each
 * configuration, for the kernel that runs this has what it has. */

static int namespaces; /* what the node says: 1 made, 0 refused, -1 in trouble */
static unsigned asked;

static int say(struct namespace_set *out, struct fault *fault)
{
	(void)out;
	asked++;
	if (namespaces != 1)
		(void)fault_set(fault, REASON_NOT_CONFINED, "namespaces", 0, NULL);
	return namespaces;
}

static struct config config;
static struct fault fault;
static bool wall;

static int check(int abi, enum role role)
{
	const struct plan plan = {
		.role = role,
		.program = role == ROLE_ACT	    ? PROGRAM_NONE
			: role <= ROLE_RSYNC_MIRROR ? PROGRAM_RSYNC
						    : PROGRAM_SCP,
	};
	struct sandbox sandbox = {
		.abi = abi,
		.config = &config,
		.namespace_make = say,
		.namespace = NAMESPACE_NONE,
	};
	const int rc = sandbox_prepare(&sandbox, &plan, &fault);

	wall = sandbox.second_wall;
	return rc;
}

static void set_up(void)
{
	config_default(&config);
	namespaces = 1;
	asked = 0;
}

static void expect_none(int abi, enum role role, const char *what)
{
	fault.what = "nothing";
	cr_expect_eq(check(abi, role), -1, "ABI %d, role %d", abi, role);
	cr_expect_eq(fault.reason, REASON_NOT_CONFINED);
	cr_expect_eq(strncmp(fault.what, what, strlen(what)), 0, "%s", fault.what);
}

Test(sandbox, wants_the_landlock_that_is_configured, .init = set_up)
{
	config.min_abi = 3;
	for (int role = ROLE_ACT; role < ROLE_COUNT; role++) {
		expect_none(0, (enum role)role, "the kernel has no Landlock");
		expect_none(1, (enum role)role, "the kernel's Landlock is below min_abi");
		expect_none(2, (enum role)role, "the kernel's Landlock is below min_abi");
		cr_expect_eq(check(3, (enum role)role), 0);
		cr_expect_eq(check(4, (enum role)role), 0);
	}
	config.landlock_optional = true;
	expect_none(2, ROLE_ACT, "the kernel's Landlock is below min_abi");
}

Test(sandbox, without_landlock_does_only_what_two_other_walls_can_hold, .init = set_up)
{
	config.landlock_optional = true;
	for (int role = ROLE_ACT; role < ROLE_COUNT; role++)
		if (role == ROLE_ACT || role == ROLE_RSYNC_SEND)
			cr_expect_eq(check(0, (enum role)role), 0, "role %d", role);
		else
			expect_none(0, (enum role)role, "the kernel has no Landlock, and nothing else");
}

/* Nothing but the second wall would keep its child from reading then. */
Test(sandbox, without_landlock_wants_the_second_wall_for_a_pull, .init = set_up)
{
	config.landlock_optional = true;
	config.namespaces = NAMESPACES_AUTO;
	cr_expect_eq(check(0, ROLE_RSYNC_SEND), 0);
	cr_expect(wall);
	namespaces = 0;
	expect_none(0, ROLE_RSYNC_SEND, "namespaces");
	cr_expect_eq(check(0, ROLE_ACT), 0);
	config.namespaces = NAMESPACES_OFF;
	expect_none(0, ROLE_RSYNC_SEND, "the kernel has no Landlock, and namespaces are off");
}

Test(sandbox, has_a_second_wall_where_the_node_gives_one, .init = set_up)
{
	config.namespaces = NAMESPACES_AUTO;
	cr_expect_eq(check(7, ROLE_SFTP), 0);
	cr_expect(wall);
	namespaces = 0;
	cr_expect_eq(check(7, ROLE_SFTP), 0);
	cr_expect_not(wall);
	config.namespaces = NAMESPACES_REQUIRED;
	expect_none(7, ROLE_SFTP, "namespaces");
	cr_expect_eq(check(7, ROLE_ACT), 0);
	namespaces = 1;
	cr_expect_eq(check(7, ROLE_SFTP), 0);
	cr_expect(wall);
}

/* Not that it refuses, but that it fails: whether the child would be behind the wall is then not known. */
Test(sandbox, of_a_node_in_trouble_is_none, .init = set_up)
{
	namespaces = -1;
	config.namespaces = NAMESPACES_AUTO;
	expect_none(7, ROLE_SFTP, "namespaces");
	config.namespaces = NAMESPACES_REQUIRED;
	expect_none(7, ROLE_SFTP, "namespaces");
}

Test(sandbox, asks_for_no_namespace_where_it_is_off, .init = set_up)
{
	config.namespaces = NAMESPACES_OFF;
	namespaces = -1;
	cr_expect_eq(check(7, ROLE_SFTP), 0);
	cr_expect_eq(asked, 0);
	cr_expect_not(wall);
}
