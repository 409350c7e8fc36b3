/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "policy/attributes.h"
#include "policy/procedure.h"
#include "policy/rpc.h"

enum {
	REMOTE = 0x20008086,
	QEMU = 0x20008087,
	LXC = 0x00068000,
	ADMIN = 0x06900690,
	KEEPALIVE = 0x6b656570,
	PROCEDURES = 453, /* of the remote protocol of libvirt 11.3 */
};

static const char *text_of(uint32_t program, uint32_t number)
{
	static char text[PROCEDURE_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	procedure_text(text, program, number);
	return text;
}

/* As remote_protocol.x and the other protocols of libvirt number them. */
Test(procedure, has_the_name_that_libvirt_gives_it)
{
	static const struct {
		uint32_t program, number;
		const char *name;
	} some[] = {
		{ REMOTE, 1, "CONNECT_OPEN" },
		{ REMOTE, 9, "DOMAIN_CREATE" },
		{ REMOTE, 10, "DOMAIN_CREATE_XML" },
		{ REMOTE, 12, "DOMAIN_DESTROY" },
		{ REMOTE, 148, "DOMAIN_MIGRATE_PREPARE_TUNNEL" },
		{ REMOTE, 304, "DOMAIN_MIGRATE_PREPARE_TUNNEL3_PARAMS" },
		{ REMOTE, 317, "CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY" },
		{ REMOTE, 453, "DOMAIN_EVENT_NIC_MAC_CHANGE" },
		{ QEMU, 1, "QEMU_DOMAIN_MONITOR_COMMAND" },
		{ QEMU, 7, "QEMU_DOMAIN_MONITOR_COMMAND_WITH_FILES" },
		{ LXC, 1, "LXC_DOMAIN_OPEN_NAMESPACE" },
		{ ADMIN, 1, "ADMIN_CONNECT_OPEN" },
		{ ADMIN, 20, "ADMIN_CONNECT_DAEMON_SHUTDOWN" },
		{ KEEPALIVE, 1, "KEEPALIVE_PING" },
		{ KEEPALIVE, 2, "KEEPALIVE_PONG" },
	};

	for (size_t i = 0; i < N_ELEMENTS(some); i++)
		cr_expect_str_eq(text_of(some[i].program, some[i].number), some[i].name);
}

Test(procedure, keeps_the_number_of_one_that_libvirt_does_not_have)
{
	cr_expect_str_eq(text_of(REMOTE, 0), "0");
	cr_expect_str_eq(text_of(REMOTE, PROCEDURES + 1), "454");
	cr_expect_str_eq(text_of(REMOTE, UINT32_MAX), "4294967295");
	cr_expect_str_eq(text_of(QEMU, 8), "8");
	cr_expect_str_eq(text_of(LXC, 2), "2");
	cr_expect_str_eq(text_of(ADMIN, 21), "21");
	cr_expect_str_eq(text_of(KEEPALIVE, 3), "3");
	cr_expect_str_eq(text_of(REMOTE + 2, 1), "1");
	cr_expect_str_eq(text_of(0, 0), "0");
}

/* So that a record names one procedure alone. */
Test(procedure, has_one_name_for_each_number)
{
	static const struct {
		uint32_t program, count;
	} programs[] = { { REMOTE, PROCEDURES }, { QEMU, 7 }, { LXC, 1 }, { ADMIN, 20 }, { KEEPALIVE, 2 } };
	static char seen[500][PROCEDURE_TEXT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < N_ELEMENTS(programs); i++) {
		for (uint32_t number = 1; number <= programs[i].count; number++) {
			const char *const text = text_of(programs[i].program, number);

			cr_expect(text[0] >= 'A' && text[0] <= 'Z', "%u: %s", number, text);
			cr_expect_lt(strlen(text), PROCEDURE_TEXT_MAX);
			for (size_t j = 0; j < count; j++)
				cr_expect_str_neq(seen[j], text);
			strcpy(seen[count++], text);
		}
	}
	cr_expect_eq(count, 483);
}
