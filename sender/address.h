/* SPDX-License-Identifier: Apache-2.0 */
/* address: a host to log in to, or HOST:PATH, from a person or a program that may be wrong.
 * Takes:   [USER@]HOST and [USER@]HOST:PATH, an IPv6 literal bare or in brackets (in brackets before
 *          ":PATH"). PATH is absolute; the first ":/" ends the host.
 * Returns: plain values, safe to copy. None of their words can be an option of ssh(1), scp(1) or rsync(1), a shell
 *          word, a pattern, or a URI.
 * Fails:   with the error, and leaves *out untouched.
 * No heap, no I/O, no globals. */
#ifndef SENDER_ADDRESS_H
#define SENDER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"

enum {
	ADDRESS_USER_MAX = 65,					     /* a user's name with its ending NUL */
	ADDRESS_NAME_MAX = 256,					     /* a host's name with its ending NUL */
	ADDRESS_LOGIN_MAX = ADDRESS_USER_MAX + ADDRESS_NAME_MAX + 3, /* user@[name] and NUL */
	ADDRESS_PATH_MAX = 1024,				     /* a remote path with its ending NUL */
};

enum address_error {
	ADDRESS_OK,
	ADDRESS_EMPTY,
	ADDRESS_TOO_LONG,
	ADDRESS_LEADING_DASH,
	ADDRESS_BAD_USER,
	ADDRESS_BAD_HOST,
	ADDRESS_BARE_IPV6,
	ADDRESS_NOT_ABSOLUTE,
	ADDRESS_BAD_PATH_BYTE,
	ADDRESS_BAD_PATH_NAME,
};

struct host {
	char user[ADDRESS_USER_MAX]; /* "": the user of ssh_config(5) */
	char name[ADDRESS_NAME_MAX]; /* without brackets */
	bool ipv6;
};

struct address {
	struct host host;
	char path[ADDRESS_PATH_MAX];
};

MUST_USE enum address_error host_parse(struct host *out, const char *text);

/* The host as ssh(1) takes it, user@name, or as scp(1) and rsync(1) take it before ":", user@[name]. */
void host_login(char out[ADDRESS_LOGIN_MAX], const struct host *host);
void host_prefix(char out[ADDRESS_LOGIN_MAX], const struct host *host);

/* Is text HOST:PATH by the rule of scp(1): a colon before any slash? */
bool address_is_remote(const char *text);

MUST_USE enum address_error address_parse(struct address *out, const char *text);

/* Judges the path on the far end: absolute, in plain form (no empty, "." or ".." name, no slash at the end),
 * only of the bytes that a word on the wire may have. */
MUST_USE enum address_error remote_path_check(const char *path);

/* Writes the path of a file in a directory on the far end. False if it is too long, or no path that may be there. */
MUST_USE bool remote_path_join(char out[ADDRESS_PATH_MAX], const char *dir, const char *name);

/* The error in words for a person. */
const char *address_error_text(enum address_error error);

#endif
