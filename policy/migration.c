/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/migration.h"

#include "policy/xdr.h"

enum {
	PARAMETERS_MAX = 64, /* REMOTE_DOMAIN_MIGRATE_PARAM_LIST_MAX */
	FIELD_MAX = 80,	     /* VIR_TYPED_PARAM_FIELD_LENGTH */
	PORT_FIRST = 49152,  /* migration_port_min and _max of qemu.conf */
	PORT_LAST = 49215,
};

enum type {
	TYPE_INT = 1,
	TYPE_UINT = 2,
	TYPE_LLONG = 3,
	TYPE_ULLONG = 4,
	TYPE_STRING = 7,
};

enum {
	FLAG_LIVE = 1 << 0,
	FLAG_PEER2PEER = 1 << 1,
	FLAG_POSTCOPY = 1 << 15,
};

/* The flags of virDomainMigrateFlags that Nova sets, and PAUSED, which libvirt adds for a guest that is. */
static const struct {
	uint32_t flag;
	char word[20];
} flags[] = {
	{ FLAG_LIVE, "live" },
	{ FLAG_PEER2PEER, "peer2peer" },
	{ 1 << 3, "persist-dest" },
	{ 1 << 4, "undefine-source" },
	{ 1 << 5, "paused" },
	{ 1 << 7, "non-shared-inc" },
	{ 1 << 13, "auto-converge" },
	{ FLAG_POSTCOPY, "postcopy" },
	{ 1 << 16, "tls" },
	{ 1 << 17, "parallel" },
};

/* Which parameter goes where. */
enum part {
	PART_NONE, /* a number that means something to the source alone, or to QEMU */
	PART_XML,
	PART_NAME,
	PART_URI,
	PART_DISK, /* may come more than once */
};

static const struct parameter {
	char field[24];
	enum type type;
	enum part part;
} parameters[] = {
	{ "destination_xml", TYPE_STRING, PART_XML },
	{ "destination_name", TYPE_STRING, PART_NAME },
	{ "migrate_uri", TYPE_STRING, PART_URI },
	{ "migrate_disks", TYPE_STRING, PART_DISK },
	{ "bandwidth", TYPE_ULLONG, PART_NONE },
	{ "parallel.connections", TYPE_INT, PART_NONE },
};

static const struct parameter *parameter_find(struct bytes field)
{
	for (size_t i = 0; i < N_ELEMENTS(parameters); i++)
		if (bytes_equal(field, bytes_of(parameters[i].field)))
			return &parameters[i];
	return NULL;
}

/* A string goes into *out; a number is read over. */
static bool value_read(struct xdr *xdr, uint32_t type, struct bytes *out)
{
	*out = (struct bytes){ "", 0 };
	switch ((enum type)type) {
	case TYPE_INT:
	case TYPE_UINT:
		(void)xdr_uint(xdr);
		break;
	case TYPE_LLONG:
	case TYPE_ULLONG:
		(void)xdr_hyper(xdr);
		break;
	case TYPE_STRING:
		*out = xdr_string(xdr, xdr->rest.len);
		break;
	default:
		return false;
	}
	return !xdr->spoiled;
}

static bool is_disk(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!(text.at[i] >= 'a' && text.at[i] <= 'z'))
			return false;
	return text.len != 0 && text.len < 16;
}

/* Where a value is kept, NULL if it is not. */
static struct bytes *part_of(struct migration *migration, enum part part)
{
	switch (part) {
	case PART_XML:
		return &migration->xml;
	case PART_NAME:
		return &migration->name;
	case PART_URI:
		return &migration->uri;
	case PART_NONE:
	case PART_DISK:
		return NULL;
	}
	return NULL;
}

static bool parameter_read(struct migration *out, struct domain *domain, struct xdr *xdr, uint32_t *seen)
{
	const struct bytes field = xdr_string(xdr, FIELD_MAX);
	const struct parameter *const parameter = parameter_find(field);
	const uint32_t type = xdr_uint(xdr);
	struct bytes value, *part;
	uint32_t bit;

	if (!value_read(xdr, type, &value))
		return domain_refuse(domain, TUNNEL_ARGUMENTS, "parameter", field);
	if (parameter == NULL || type != parameter->type)
		return domain_refuse(domain, TUNNEL_PARAMETER, "parameter", field);
	bit = UINT32_C(1) << (parameter - parameters);
	/* To us an empty text would be one that is missing, to libvirt it is a value. */
	if (type == TYPE_STRING && value.len == 0)
		return domain_refuse(domain, TUNNEL_PARAMETER, parameter->field, value);
	if (parameter->part == PART_DISK ? !is_disk(value) : (*seen & bit) != 0)
		return domain_refuse(domain, TUNNEL_PARAMETER, parameter->field, value);
	*seen |= bit;
	part = part_of(out, parameter->part);
	if (part != NULL)
		*part = value;
	return true;
}

/* The number of a port in the range of libvirt's, behind a colon; or nothing. */
static bool port_fits(struct bytes text)
{
	unsigned port = 0;

	if (text.len == 0)
		return true;
	if (text.len != 6 || text.at[0] != ':')
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		port = port * 10 + (unsigned)(text.at[i] - '0');
	}
	return port >= PORT_FIRST && port <= PORT_LAST;
}

/* Cuts "tcp://HOST" down to what is behind it; an IPv6 address stands in brackets. */
static bool host_cut(struct bytes *rest, struct bytes *host)
{
	static const char head[] = "tcp://";
	const char *end;

	if (rest->len <= sizeof(head) - 1 || memcmp(rest->at, head, sizeof(head) - 1) != 0)
		return false;
	host->at = rest->at + sizeof(head) - 1;
	host->len = rest->len - (sizeof(head) - 1);
	end = memchr(host->at, host->at[0] == '[' ? ']' : ':', host->len);
	if (host->at[0] == '[' && end == NULL)
		return false;
	*rest = (struct bytes){ "", 0 };
	if (host->at[0] == '[') {
		*rest = (struct bytes){ end + 1, (size_t)(host->at + host->len - end - 1) };
		*host = (struct bytes){ host->at + 1, (size_t)(end - host->at - 1) };
	} else if (end != NULL) {
		*rest = (struct bytes){ end, (size_t)(host->at + host->len - end) };
		host->len = (size_t)(end - host->at);
	}
	return host->len != 0;
}

static bool is_host(struct bytes host)
{
	for (size_t i = 0; i < host.len; i++) {
		const char c = host.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
			    c == '-' || c == '_' || c == ':'))
			return false;
	}
	return true;
}

/* Where QEMU is to listen. A finish says again what the daemon answered before, and nothing is done with it. */
static bool uri_fits(const struct migration *migration, const struct config *config, bool finish)
{
	struct bytes rest = migration->uri, host;

	if (migration->uri.len == 0)
		return true;
	if (!host_cut(&rest, &host) || !port_fits(rest))
		return false;
	for (unsigned i = 0; i < config->migration_addresses.count; i++)
		if (bytes_equal(host, bytes_of(text_at(&config->migration_addresses, i))))
			return true;
	return finish && is_host(host);
}

static bool flags_fit(uint32_t found)
{
	uint32_t known = 0;

	for (size_t i = 0; i < N_ELEMENTS(flags); i++)
		known |= flags[i].flag;
	return (found & ~known) == 0 && (found & (FLAG_LIVE | FLAG_PEER2PEER)) == (FLAG_LIVE | FLAG_PEER2PEER);
}

static void number_text(char out[11], uint32_t number)
{
	strcpy(out, "0x");
	for (unsigned i = 0; i < 8; i++)
		out[2 + i] = "0123456789abcdef"[number >> (28 - 4 * i) & 15];
	out[10] = '\0';
}

/* A cookie has its ending NUL with it; without one, libvirt refuses it. domain_open() refuses any other. */
static bool nul_cut(struct bytes *cookie)
{
	if (cookie->len == 0)
		return true;
	return cookie->at[--cookie->len] == '\0';
}

bool migration_read(struct migration *out, struct domain *domain, struct bytes body, bool finish)
{
	struct xdr xdr = { body, false };
	const uint32_t count = xdr_uint(&xdr);
	uint32_t cancelled, seen = 0;
	char number[11];

	*out = (struct migration){ .flags = 0 };
	if (count > PARAMETERS_MAX)
		return domain_refuse(domain, TUNNEL_ARGUMENTS, "parameters", (struct bytes){ "", 0 });
	for (uint32_t i = 0; i < count; i++)
		if (!parameter_read(out, domain, &xdr, &seen))
			return false;
	out->cookie = xdr_opaque(&xdr, body.len);
	out->flags = xdr_uint(&xdr);
	cancelled = finish ? xdr_uint(&xdr) : 0;
	out->cancelled = cancelled != 0;
	if (!xdr_is_done(&xdr) || cancelled > 1 || !nul_cut(&out->cookie))
		return domain_refuse(domain, TUNNEL_ARGUMENTS, finish ? "finish" : "prepare", (struct bytes){ "", 0 });
	if (!finish && (out->xml.len == 0 || out->cookie.len == 0))
		return domain_refuse(domain, TUNNEL_PARAMETER, "destination_xml or cookie", (struct bytes){ "", 0 });
	number_text(number, out->flags);
	if (!flags_fit(out->flags))
		return domain_refuse(domain, TUNNEL_FLAGS, "flags", bytes_of(number));
	if (!uri_fits(out, domain->config, finish))
		return domain_refuse(domain, TUNNEL_ADDRESS, "migrate_uri", out->uri);
	return true;
}

bool migration_name_fits(const struct migration *migration, struct domain *domain)
{
	if (migration->name.len == 0 || bytes_equal(migration->name, bytes_of(domain->name)))
		return true;
	return domain_refuse(domain, TUNNEL_IDENTITY, "destination_name", migration->name);
}

bool migration_is_postcopy(const struct migration *migration)
{
	return (migration->flags & FLAG_POSTCOPY) != 0;
}

void migration_flags_text(char out[MIGRATION_FLAGS_MAX], uint32_t found)
{
	out[0] = '\0';
	for (size_t i = 0; i < N_ELEMENTS(flags); i++) {
		if ((found & flags[i].flag) == 0)
			continue;
		if (out[0] != '\0')
			strcat(out, ",");
		strcat(out, flags[i].word);
	}
}
