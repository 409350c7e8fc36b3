/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/migration.h"

enum {
	INT = 1,
	ULLONG = 4,
	STRING = 7,
	NOVA = 0x1b, /* live, peer2peer, persist-dest, undefine-source */
};

/* One body, written as a client would. */
struct body {
	size_t len;
	char at[4096];
};

static struct config config;
static struct domain domain;
static struct migration migration;

static void put(struct body *body, uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		body->at[body->len++] = (char)(unsigned char)(number >> shift);
}

static void put_bytes(struct body *body, const char *bytes, size_t len)
{
	put(body, (uint32_t)len);
	memcpy(body->at + body->len, bytes, len);
	body->len += len;
	while (body->len % 4 != 0)
		body->at[body->len++] = '\0';
}

static void put_string(struct body *body, const char *field, const char *value)
{
	put_bytes(body, field, strlen(field));
	put(body, STRING);
	put_bytes(body, value, strlen(value));
}

static void put_end(struct body *body, uint32_t flags)
{
	put_bytes(body, "<c/>", 5);
	put(body, flags);
}

static void begin(void)
{
	config_default(&config);
	strcpy(config.migration_addresses.store, "10.0.0.2");
	strcpy(config.migration_addresses.store + 9, "fd00::2");
	config.migration_addresses.start[1] = 9;
	config.migration_addresses.count = 2;
	domain_begin(&domain, &config);
}

static enum tunnel_finding judge(const struct body *body, bool finish)
{
	domain_begin(&domain, &config);
	cr_assert_eq(migration_read(&migration, &domain, (struct bytes){ body->at, body->len }, finish),
		domain.finding == TUNNEL_NOTHING);
	return domain.finding;
}

static enum tunnel_finding judge_uri(const char *uri, bool finish)
{
	struct body body = { 0 };

	put(&body, 2);
	put_string(&body, "destination_xml", "<domain/>");
	put_string(&body, "migrate_uri", uri);
	put_end(&body, NOVA);
	if (finish)
		put(&body, 0);
	return judge(&body, finish);
}

static enum tunnel_finding judge_flags(uint32_t flags)
{
	struct body body = { 0 };

	put(&body, 1);
	put_string(&body, "destination_xml", "<domain/>");
	put_end(&body, flags);
	return judge(&body, false);
}

Test(migration, reads_what_nova_sends, .init = begin)
{
	struct body body = { 0 };
	char text[MIGRATION_FLAGS_MAX];

	put(&body, 6);
	put_string(&body, "destination_xml", "<domain/>");
	put_string(&body, "migrate_uri", "tcp://10.0.0.2");
	put_string(&body, "migrate_disks", "vda");
	put_string(&body, "migrate_disks", "vdb");
	put_bytes(&body, "bandwidth", 9);
	put(&body, ULLONG);
	put(&body, 0);
	put(&body, 7);
	put_bytes(&body, "parallel.connections", 20);
	put(&body, INT);
	put(&body, 4);
	put_end(&body, NOVA | 1 << 7);
	cr_assert_eq(judge(&body, false), TUNNEL_NOTHING, "%s", domain.detail);
	cr_assert(bytes_equal(migration.xml, bytes_of("<domain/>")));
	cr_assert(bytes_equal(migration.cookie, bytes_of("<c/>")));
	migration_flags_text(text, migration.flags);
	cr_assert_str_eq(text, "live,peer2peer,persist-dest,undefine-source,non-shared-inc");
	migration_flags_text(text, UINT32_MAX);
	cr_assert_lt(strlen(text), MIGRATION_FLAGS_MAX - 1);
}

Test(migration, takes_the_flags_of_nova_alone, .init = begin)
{
	/* live, peer2peer, persist-dest, undefine-source, paused, non-shared-inc, auto-converge, postcopy, tls, parallel */
	const uint32_t known = 1 | 2 | 8 | 16 | 32 | 128 | 1 << 13 | 1 << 15 | 1 << 16 | 1 << 17;

	for (unsigned bit = 0; bit < 32; bit++)
		cr_expect_eq(judge_flags(3 | UINT32_C(1) << bit), known >> bit & 1 ? TUNNEL_NOTHING : TUNNEL_FLAGS,
			"bit %u", bit);
	cr_expect_eq(judge_flags(1), TUNNEL_FLAGS);
	cr_expect_eq(judge_flags(2), TUNNEL_FLAGS);
	cr_expect_eq(judge_flags(0), TUNNEL_FLAGS);
}

Test(migration, listens_at_configured_addresses_alone, .init = begin)
{
	static const char *const good[] = { "tcp://10.0.0.2", "tcp://10.0.0.2:49152", "tcp://10.0.0.2:49215",
		"tcp://[fd00::2]", "tcp://[fd00::2]:49160" };
	static const char *const bad[] = { "tcp://10.0.0.3", "tcp://0.0.0.0", "tcp://[::]", "tcp://10.0.0.2:22",
		"tcp://10.0.0.2:49151", "tcp://10.0.0.2:49216", "tcp://10.0.0.2:49152x", "tcp://10.0.0.2/x", "tcp://",
		"tcp://:49152", "rdma://10.0.0.2", "unix:///x", "tcp:10.0.0.2", "exec:id",
		"tcp://10.0.0.2:", "tcp://[fd00::2", "tcp://fd00::2", "tcp://10.0.0.2:-9152", "tcp://10.0.0.22",
		"TCP://10.0.0.2", "tcp://[fd00::2]x49152", "tcp://[fd00::2]49152", "tcp://10.0.0.2:4915a",
		"tcp://[fd00::2]:4915a", "tcp://10.0.0.2:049152" };

	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		cr_expect_eq(judge_uri(good[i], false), TUNNEL_NOTHING, "%s", good[i]);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		cr_expect_eq(judge_uri(bad[i], false), TUNNEL_ADDRESS, "%s", bad[i]);
	/* What the daemon answered comes back, with this node's name. */
	cr_expect_eq(judge_uri("tcp://node2:49152", true), TUNNEL_NOTHING);
	cr_expect_eq(judge_uri("tcp://node2:22", true), TUNNEL_ADDRESS);
	cr_expect_eq(judge_uri("unix:///x", true), TUNNEL_ADDRESS);
	cr_expect_eq(judge_uri("tcp://a/b", true), TUNNEL_ADDRESS);
	config.migration_addresses.count = 0;
	cr_expect_eq(judge_uri("tcp://10.0.0.2", false), TUNNEL_ADDRESS);
	cr_expect_eq(judge_flags(NOVA), TUNNEL_NOTHING, "without a migrate_uri");
}

Test(migration, takes_no_other_parameter_and_none_twice, .init = begin)
{
	static const char *const others[] = { "listen_address", "disks_uri", "graphics_uri", "persistent_xml",
		"compression", "tls.destination", "", "destination_xm", "destination_xml\n" };

	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		struct body body = { 0 };

		put(&body, 2);
		put_string(&body, "destination_xml", "<domain/>");
		put_string(&body, others[i], "x");
		put_end(&body, NOVA);
		cr_expect_eq(judge(&body, false), TUNNEL_PARAMETER, "%s", others[i]);
	}
	struct body twice = { 0 }, typed = { 0 };

	put(&twice, 2);
	put_string(&twice, "destination_xml", "<domain/>");
	put_string(&twice, "destination_xml", "<domain/>");
	put_end(&twice, NOVA);
	cr_expect_eq(judge(&twice, false), TUNNEL_PARAMETER);
	put(&typed, 1);
	put_bytes(&typed, "destination_xml", 15);
	put(&typed, INT);
	put(&typed, 1);
	put_end(&typed, NOVA);
	cr_expect_eq(judge(&typed, false), TUNNEL_PARAMETER);
}

/* Judges a migration whose parameters are good, and which names this disk. */
static enum tunnel_finding judge_disk(const char *disk)
{
	struct body body = { 0 };

	put(&body, 2);
	put_string(&body, "destination_xml", "<domain/>");
	put_string(&body, "migrate_disks", disk);
	put_end(&body, NOVA);
	return judge(&body, false);
}

Test(migration, takes_the_names_of_disks_alone, .init = begin)
{
	static const char *const wrong[] = { "../x", "vda1", "VDA", "vd{", "vd`", "vd a", "abcdefghijklmnop" };

	cr_expect_eq(judge_disk("vda"), TUNNEL_NOTHING);
	cr_expect_eq(judge_disk("abcdefghijklmno"), TUNNEL_NOTHING);
	for (size_t i = 0; i < N_ELEMENTS(wrong); i++)
		cr_expect_eq(judge_disk(wrong[i]), TUNNEL_PARAMETER, "%s", wrong[i]);
}

/* Also of a parameter that we only read over: the source's daemon and ours would read different values. */
Test(migration, takes_each_parameter_in_its_type_alone, .init = begin)
{
	struct body text = { 0 }, wide = { 0 };

	put(&text, 2);
	put_string(&text, "destination_xml", "<domain/>");
	put_string(&text, "bandwidth", "7");
	put_end(&text, NOVA);
	cr_expect_eq(judge(&text, false), TUNNEL_PARAMETER);
	put(&wide, 2);
	put_string(&wide, "destination_xml", "<domain/>");
	put_bytes(&wide, "parallel.connections", 20);
	put(&wide, ULLONG);
	put(&wide, 0);
	put(&wide, 4);
	put_end(&wide, NOVA);
	cr_expect_eq(judge(&wide, false), TUNNEL_PARAMETER);
}

static enum tunnel_finding judge_disks(unsigned count)
{
	struct body body = { 0 };

	put(&body, 1 + count);
	put_string(&body, "destination_xml", "<domain/>");
	for (unsigned i = 0; i < count; i++)
		put_string(&body, "migrate_disks", "vda");
	put_end(&body, NOVA);
	return judge(&body, false);
}

/* REMOTE_DOMAIN_MIGRATE_PARAM_LIST_MAX: the daemon would refuse more. */
Test(migration, takes_no_more_parameters_than_libvirt, .init = begin)
{
	cr_expect_eq(judge_disks(63), TUNNEL_NOTHING);
	cr_expect_eq(judge_disks(64), TUNNEL_ARGUMENTS);
}

/* libvirt takes an empty name for a name, which no domain of ours has. */
Test(migration, takes_no_empty_text, .init = begin)
{
	static const char *const fields[] = { "destination_xml", "destination_name", "migrate_uri", "migrate_disks" };

	for (size_t i = 0; i < N_ELEMENTS(fields); i++) {
		struct body body = { 0 };

		put(&body, 1);
		put_string(&body, fields[i], "");
		put_end(&body, NOVA);
		put(&body, 0);
		cr_expect_eq(judge(&body, true), TUNNEL_PARAMETER, "%s", fields[i]);
	}
}

Test(migration, wants_a_domain_and_a_cookie, .init = begin)
{
	struct body bare = { 0 }, cookieless = { 0 };

	put(&bare, 0);
	put_end(&bare, NOVA);
	cr_expect_eq(judge(&bare, false), TUNNEL_PARAMETER);
	put(&cookieless, 1);
	put_string(&cookieless, "destination_xml", "<domain/>");
	put(&cookieless, 0);
	put(&cookieless, NOVA);
	cr_expect_eq(judge(&cookieless, false), TUNNEL_PARAMETER);
	put(&cookieless, 1);
	cr_expect_eq(judge(&cookieless, true), TUNNEL_NOTHING, "a finish that gives up has none");
	cr_expect(migration.cancelled);
}

/* Every length that is cut, and every byte that is other, is refused or read within its bounds. */
Test(migration, is_whole_or_refused, .init = begin)
{
	struct body body = { 0 };

	put(&body, 1);
	put_string(&body, "destination_xml", "<domain/>");
	put_end(&body, NOVA);
	for (size_t len = 0; len < body.len; len++) {
		struct body cut = body;

		cut.len = len;
		cr_expect_eq(judge(&cut, false), TUNNEL_ARGUMENTS, "%zu bytes", len);
	}
	body.len += 4;
	cr_expect_eq(judge(&body, false), TUNNEL_ARGUMENTS, "something behind it");
	body.len -= 4;
	for (size_t at = 0; at < body.len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct body other = body;

			other.at[at] = (char)(other.at[at] ^ 1 << bit);
			(void)judge(&other, false);
		}
	struct body many = { 0 };

	put(&many, 65);
	cr_expect_eq(judge(&many, false), TUNNEL_ARGUMENTS);
}

Test(migration, keeps_the_name, .init = begin)
{
	struct body body = { 0 };

	put(&body, 2);
	put_string(&body, "destination_xml", "<domain/>");
	put_string(&body, "destination_name", "instance-2");
	put_end(&body, NOVA);
	cr_assert_eq(judge(&body, false), TUNNEL_NOTHING);
	strcpy(domain.name, "instance-1");
	cr_expect_not(migration_name_fits(&migration, &domain));
	cr_expect_eq(domain.finding, TUNNEL_IDENTITY);
	domain_begin(&domain, &config);
	strcpy(domain.name, "instance-2");
	cr_expect(migration_name_fits(&migration, &domain));
}
