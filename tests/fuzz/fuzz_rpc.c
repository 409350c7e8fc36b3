/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a client of the tunnel sends, a session lets through at most one migration, each call after the reply to the
 * one before, and reads arguments within their bytes. The input is a stream of messages, each answered at once; the oracle
 * counts by itself. */
#include <stdbool.h>
#include <string.h>

#include "policy/migration.h"
#include "policy/rpc.h"
#include "tests/fuzz/must.h"

/* What has been let through. */
struct seen {
	unsigned calls, lists, opens, prepares, finishes, closes;
};

static uint32_t u32_at(const char *bytes)
{
	const unsigned char *const at = (const unsigned char *)bytes;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void check_header(const struct rpc_header *header, enum tunnel_finding finding)
{
	if (finding != TUNNEL_NOTHING)
		return;
	MUST(header->length >= RPC_HEADER && header->length <= RPC_CALL_MAX && header->version == 1 &&
		header->status == 0);
	MUST(header->program == 0x20008086 ? header->type == 0
					   : header->program == 0x6b656570 && header->length == RPC_HEADER);
}

static void count(struct seen *seen, const struct rpc_header *header, struct bytes body)
{
	seen->calls++;
	seen->lists += header->procedure == 66;
	seen->opens += header->procedure == 1;
	seen->prepares += header->procedure == 303;
	seen->finishes += header->procedure == 306;
	MUST(seen->closes == 0);
	seen->closes += header->procedure == 2;
	MUST(seen->lists == 1 && seen->opens <= 1 && seen->prepares <= seen->opens && seen->finishes <= seen->prepares);
	if (header->procedure == 1)
		MUST(body.len == 28 && memcmp(body.at + 8, "qemu:///system\0\0\0\0\0", 20) == 0);
}

/* A reading writes nothing to a domain but a finding, so only that is cleared: it has twenty thousand bytes. */
static struct domain *fresh_domain(const struct config *config)
{
	static struct domain domain;

	if (domain.config == NULL)
		domain_begin(&domain, config);
	MUST(domain.name[0] == '\0' && domain.uuid[0] == '\0' && domain.images.count == 0 && domain.depth == 0);
	domain.finding = TUNNEL_NOTHING;
	domain.detail[0] = '\0';
	return &domain;
}

static void check_flags(uint32_t flags)
{
	char text[MIGRATION_FLAGS_MAX];

	migration_flags_text(text, flags);
	MUST(strlen(text) < sizeof(text) && ((flags & 1) != 0) == (strncmp(text, "live", 4) == 0));
}

static void check_migration(const struct config *config, struct bytes body, bool finish)
{
	struct domain *const domain = fresh_domain(config);
	struct migration migration;

	if (!migration_read(&migration, domain, body, finish)) {
		MUST(domain->finding != TUNNEL_NOTHING && tunnel_word(domain->finding)[0] != '-');
		MUST(strlen(domain->detail) < TUNNEL_DETAIL_MAX);
		return;
	}
	MUST(domain->finding == TUNNEL_NOTHING);
	check_flags(migration.flags);
	MUST((migration.flags & 3) == 3 && (migration.flags & (1u << 2 | 1u << 9 | 1u << 10)) == 0);
	MUST(migration.xml.len + migration.cookie.len + migration.name.len + migration.uri.len <= body.len);
	MUST(finish || (migration.xml.len != 0 && migration.cookie.len != 0));
	if (!finish && migration.uri.len != 0)
		MUST(migration.uri.len >= 14 && memcmp(migration.uri.at, "tcp://10.0.0.2", 14) == 0);
}

/* A client answers once it has been greeted, and asks only while the connection is open. */
static void check_keepalive(const struct rpc_session *session, const struct seen *seen, const struct rpc_header *header)
{
	MUST(header->procedure == 1 || header->procedure == 2);
	if (rpc_may_keep_alive(session, header))
		MUST(seen->lists == 1 && seen->closes == 0 && (header->procedure == 2 || seen->opens == 1));
}

/* What the daemon sends ends a wait only if it is the reply to the call that waits. */
static void check_reply(const struct rpc_session *session, const struct rpc_header *header)
{
	struct rpc_session next = *session;

	if (!rpc_take_reply(&next, header) || next.waits == session->waits)
		return;
	MUST(session->waits && header->program == 0x20008086 && header->version == 1 && header->type == 1);
	MUST(header->procedure == session->procedure && header->serial == session->serial);
}

static bool step(
	struct rpc_session *session, struct seen *seen, const struct config *config, const char *at, size_t size)
{
	const bool waited = session->waits;
	struct rpc_header header, reply;
	enum tunnel_finding finding;
	struct bytes body;

	rpc_header_read(&header, at);
	finding = rpc_judge_header(&header);
	check_header(&header, finding);
	if (finding != TUNNEL_NOTHING || header.length > size)
		return false;
	if (rpc_is_keepalive(&header)) {
		check_keepalive(session, seen, &header);
		return true;
	}
	body = (struct bytes){ at + RPC_HEADER, header.length - RPC_HEADER };
	if (rpc_judge_call(session, &header, body) != TUNNEL_NOTHING)
		return false;
	MUST(!waited && session->waits && session->serial == header.serial);
	count(seen, &header, body);
	check_reply(session, &header);
	if (header.procedure == 303 || header.procedure == 306)
		check_migration(config, body, header.procedure == 306);
	reply = header;
	reply.type = 1;
	reply.length = RPC_HEADER;
	MUST(rpc_take_reply(session, &reply) && !session->waits);
	return true;
}

/* The client listens where the configuration says. */
static const struct config *configured(void)
{
	static struct config config;

	if (config.migration_addresses.count == 1)
		return &config;
	config_default(&config);
	strcpy(config.migration_addresses.store, "10.0.0.2");
	config.migration_addresses.count = 1;
	return &config;
}

/* data is memory of the exact size, which libFuzzer makes anew for each run: ASan sees a read past its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config *const config = configured();
	const char *const bytes = (const char *)data, *at = bytes;
	struct rpc_session session;
	struct seen seen = { 0 };

	rpc_begin(&session);
	for (size_t left = size; left >= RPC_HEADER && step(&session, &seen, config, at, left);) {
		const uint32_t length = u32_at(at);

		at += length;
		left -= length;
	}
	if (size > 4)
		check_migration(config, (struct bytes){ bytes, size }, (size & 1) != 0);
	return 0;
}
