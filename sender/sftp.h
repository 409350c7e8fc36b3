/* SPDX-License-Identifier: Apache-2.0 */
/* sftp: the part of SFTP version 3 that a copy needs: writes requests as bytes, and reads bytes as replies.
 * Takes:   our own values for requests; for replies the bytes of an untrusted server.
 * Returns: plain values; a reply borrows its handle or data from the bytes.
 * Fails:   a request that does not fit sets full; a reply that is not exactly one packet of its type is refused.
 * Pure: no heap, no I/O, no globals. Source: draft-ietf-secsh-filexfer-02; OpenSSH's PROTOCOL (limits@openssh.com). */
#ifndef SENDER_SFTP_H
#define SENDER_SFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/attributes.h"

enum {
	SFTP_VERSION_OURS = 3,
	SFTP_HANDLE_MAX = 256,		   /* bytes; the draft allows no more */
	SFTP_REPLY_MAX = 256 * 1024,	   /* bytes of a packet without its length field, as OpenSSH has it */
	SFTP_DATA_MAX = 256 * 1024 - 1024, /* bytes of one read or write that OpenSSH accepts: limits@openssh.com */
	SFTP_DATA_SAFE = 32 * 1024,	   /* accepted by every server */
	SFTP_PATH_MAX = 4096,		   /* bytes of a path with its ending NUL */
	SFTP_REQUEST_MAX = SFTP_PATH_MAX + 64,
	SFTP_LENGTH_SIZE = 4, /* of the length field before each packet */
};

enum sftp_type {
	SFTP_NONE = 0,
	SFTP_INIT = 1,
	SFTP_VERSION = 2,
	SFTP_OPEN = 3,
	SFTP_CLOSE = 4,
	SFTP_READ = 5,
	SFTP_WRITE = 6,
	SFTP_FSTAT = 8,
	SFTP_SETSTAT = 9,
	SFTP_FSETSTAT = 10,
	SFTP_MKDIR = 14,
	SFTP_STAT = 17,
	SFTP_STATUS = 101,
	SFTP_HANDLE = 102,
	SFTP_DATA = 103,
	SFTP_ATTRS = 105,
	SFTP_EXTENDED = 200,
	SFTP_EXTENDED_REPLY = 201,
};

enum sftp_status {
	SFTP_OK,
	SFTP_EOF,
	SFTP_NO_SUCH_FILE,
	SFTP_PERMISSION_DENIED,
	SFTP_FAILURE,
	SFTP_BAD_MESSAGE,
	SFTP_NO_CONNECTION,
	SFTP_CONNECTION_LOST,
	SFTP_OP_UNSUPPORTED,
};

enum sftp_open_flag {
	SFTP_OPEN_READ = 1,
	SFTP_OPEN_WRITE = 2,
	SFTP_OPEN_CREATE = 8,
};

struct sftp_attrs {
	bool has_size, has_mode, has_times;
	uint64_t size;
	uint32_t mode, mtime; /* mtime in seconds since 1970 */
};

/* A request with its length field. The data of a write is not part of it, and follows it on the wire. */
struct sftp_request {
	size_t used;
	bool full;
	unsigned char bytes[SFTP_REQUEST_MAX];
};

struct sftp_reply {
	enum sftp_type type;
	uint32_t id; /* of SFTP_VERSION: the version */
	uint32_t status;
	const unsigned char *bytes; /* the handle, the data, or the pairs of SFTP_VERSION; borrowed */
	size_t len;
	struct sftp_attrs attrs;
};

struct sftp_limits {
	uint64_t packet, read, write, handles; /* bytes, bytes, bytes, count; 0 is no limit */
};

struct sftp_handle {
	uint32_t len;
	unsigned char bytes[SFTP_HANDLE_MAX];
};

void sftp_init_write(struct sftp_request *out);
void sftp_open_write(struct sftp_request *out, const char *path, uint32_t flags, uint32_t mode);
void sftp_read_write(struct sftp_request *out, const struct sftp_handle *handle, uint64_t offset, uint32_t len);
/* len bytes of data must follow it on the wire. */
void sftp_write_write(struct sftp_request *out, const struct sftp_handle *handle, uint64_t offset, uint32_t len);
/* type is SFTP_CLOSE or SFTP_FSTAT. */
void sftp_handle_write(struct sftp_request *out, enum sftp_type type, const struct sftp_handle *handle);
void sftp_size_write(struct sftp_request *out, const struct sftp_handle *handle, uint64_t size);
/* type is SFTP_STAT. */
void sftp_path_write(struct sftp_request *out, enum sftp_type type, const char *path);
/* type is SFTP_MKDIR or SFTP_SETSTAT. */
void sftp_mode_write(struct sftp_request *out, enum sftp_type type, const char *path, uint32_t mode);
void sftp_limits_write(struct sftp_request *out);

/* Sets the number that the reply will repeat. */
void sftp_request_number(struct sftp_request *request, uint32_t id);

/* The length of the first packet in bytes, without its length field. Returns 0 while the field is incomplete, and
 * -1 if no packet may have that length. */
MUST_USE int64_t sftp_packet_length(const unsigned char *bytes, size_t len);

/* Reads one packet, without its length field. Fails with false, and leaves *out untouched. */
MUST_USE bool sftp_reply_read(struct sftp_reply *out, const unsigned char *bytes, size_t len);

/* Does SFTP_VERSION announce the extension? False also if the list of extensions is malformed. */
MUST_USE bool sftp_announces(const struct sftp_reply *version, const char *name);

MUST_USE bool sftp_limits_read(struct sftp_limits *out, const struct sftp_reply *reply);

/* The meaning of a status in OpenSSH's words; the server's own words are not shown. */
const char *sftp_status_text(uint32_t status);

#endif
