/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/identity.h"

#include <stdio.h>
#include <string.h>

#include "policy/peer.h"

enum {
	FINGERPRINT_LETTERS = 43, /* SHA-256 in base64 without padding */
};

static int complain(const char *what, const char *value)
{
	fprintf(stderr, "rssh-nova-admin: %s: %s\n", what, value);
	return -1;
}

static int peer_read(char out[PEER_MAX], const char *peer)
{
	char connection[PEER_MAX + 2];

	strcpy(out, "-");
	if (strlen(peer) < PEER_MAX && strchr(peer, ' ') == NULL) {
		snprintf(connection, sizeof(connection), "%s ", peer);
		peer_parse(out, connection);
	}
	return strcmp(out, "-") != 0 ? 0 : complain("--peer takes an IPv4 or IPv6 address", peer);
}

static int key_read_option(char out[KEY_MAX], const char *key)
{
	static const char head[] = "SHA256:";
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t head_len = sizeof(head) - 1;

	if (strncmp(key, head, head_len) != 0 || strlen(key) != head_len + FINGERPRINT_LETTERS ||
		strspn(key + head_len, letters) != FINGERPRINT_LETTERS)
		return complain("--key takes a fingerprint as ssh-keygen -l prints it, SHA256:...", key);
	strcpy(out, key);
	return 0;
}

int identity_read(struct identity *out, const char *peer, const char *key)
{
	strcpy(out->peer, "-");
	strcpy(out->key, "-");
	if (peer != NULL && peer_read(out->peer, peer) != 0)
		return -1;
	return key == NULL ? 0 : key_read_option(out->key, key);
}
