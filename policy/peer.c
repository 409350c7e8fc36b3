/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/peer.h"

#include <arpa/inet.h>
#include <string.h>

#include "policy/attributes.h"

static const char zone_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

/* True if zone is empty, or "%" and an interface name. */
static int zone_is_valid(const char *zone)
{
	return zone[0] == '\0' || (zone[0] == '%' && zone[1] != '\0' && zone[1 + strspn(zone + 1, zone_bytes)] == '\0');
}

static bool canonical(char out[PEER_MAX], char *text)
{
	char *const percent = strchr(text, '%');
	char zone[PEER_MAX] = "";
	unsigned char address[sizeof(struct in6_addr)];

	if (percent != NULL) {
		strcpy(zone, percent);
		*percent = '\0';
	}
	if (!zone_is_valid(zone))
		return false;
	if (zone[0] == '\0' && inet_pton(AF_INET, text, address) == 1) { /* which has one spelling only */
		strcpy(out, text);
		return true;
	}
	if (inet_pton(AF_INET6, text, address) != 1 || inet_ntop(AF_INET6, address, out, PEER_MAX) == NULL ||
		strlen(out) + strlen(zone) >= PEER_MAX)
		return false;
	strcat(out, zone);
	return true;
}

bool peer_canonical(char out[PEER_MAX], const char *text)
{
	char copy[PEER_MAX];

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	return canonical(out, copy);
}

void peer_parse(char out[PEER_MAX], const char *ssh_connection)
{
	char text[PEER_MAX];
	const size_t len = ssh_connection == NULL ? 0 : strcspn(ssh_connection, " ");

	if (len != 0 && len < sizeof(text) && ssh_connection[len] == ' ') {
		memcpy(text, ssh_connection, len);
		text[len] = '\0';
		if (canonical(out, text))
			return;
	}
	strcpy(out, "-");
}

/* Zeroes the half of an IPv6 address that a host chooses for itself. */
static int network_of(char out[PEER_MAX], unsigned char address[sizeof(struct in6_addr)])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(address, mapped, sizeof(mapped)) == 0)
		return inet_ntop(AF_INET, address + sizeof(mapped), out, PEER_MAX) != NULL;
	memset(address + 8, 0, 8);
	return inet_ntop(AF_INET6, address, out, PEER_MAX) != NULL;
}

void peer_network(char out[PEER_MAX], const char *peer)
{
	const size_t len = strcspn(peer, "%");
	unsigned char address[sizeof(struct in6_addr)];
	char text[PEER_MAX];

	strcpy(out, "-");
	if (len >= sizeof(text) || strlen(peer + len) >= PEER_MAX)
		return;
	memcpy(text, peer, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, address) == 1 && peer[len] == '\0')
		strcpy(out, text);
	else if (inet_pton(AF_INET6, text, address) != 1 || !network_of(out, address) ||
		strlen(out) + strlen(peer + len) >= PEER_MAX)
		strcpy(out, "-");
	else
		strcat(out, peer + len);
}
