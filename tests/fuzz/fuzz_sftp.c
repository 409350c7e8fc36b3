/* SPDX-License-Identifier: Apache-2.0 */
/* For any bytes of a server, a packet is read exactly to its end, or refused. Our requests have the intended content.
 * The oracle reads each packet a second time, by indices. */
#include <stdbool.h>
#include <string.h>

#include "sender/sftp.h"
#include "tests/fuzz/must.h"

static uint32_t u32_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Where a string that begins at "at" ends, or 0. */
static size_t string_end(const unsigned char *bytes, size_t len, size_t at)
{
	if (at > len || len - at < 4 || u32_at(bytes + at) > len - at - 4)
		return 0;
	return at + 4 + u32_at(bytes + at);
}

/* Where attributes that begin after the number end, or 0. */
static size_t attrs_end(const unsigned char *bytes, size_t len)
{
	const uint32_t flags = len < 9 ? 0 : u32_at(bytes + 5);
	size_t at = 9 + (flags & 1 ? 8u : 0u) + (flags & 2 ? 8u : 0u) + (flags & 4 ? 4u : 0u) + (flags & 8 ? 8u : 0u);
	uint32_t count;

	if (len < 9 || (flags & 0x80000000) == 0)
		return len < 9 ? 0 : at;
	if (at > len || len - at < 4)
		return 0;
	count = u32_at(bytes + at);
	for (at += 4; count > 0 && at != 0; count--) {
		at = string_end(bytes, len, at);
		at = at == 0 ? 0 : string_end(bytes, len, at);
	}
	return at;
}

static bool is_reply(const unsigned char *bytes, size_t len)
{
	if (len < 5)
		return false;
	switch (bytes[0]) {
	case 2:	  /* version */
	case 201: /* extended reply */
		return true;
	case 101: /* status */
		return len >= 9;
	case 102: /* handle */
		return string_end(bytes, len, 5) == len && len > 9 && len - 9 <= 256;
	case 103: /* data */
		return string_end(bytes, len, 5) == len;
	case 105: /* attributes */
		return attrs_end(bytes, len) == len;
	default:
		return false;
	}
}

static void check_reply(const unsigned char *bytes, size_t len)
{
	static const struct sftp_reply untouched = { .status = 0x5a5a5a5a };
	struct sftp_reply reply = untouched;
	struct sftp_limits limits;

	MUST(sftp_reply_read(&reply, bytes, len) == is_reply(bytes, len));
	if (!is_reply(bytes, len)) {
		MUST(reply.status == untouched.status && reply.bytes == NULL);
		return;
	}
	MUST(reply.type == (enum sftp_type)bytes[0] && reply.id == u32_at(bytes + 1));
	if (reply.type == SFTP_STATUS)
		MUST(reply.status == u32_at(bytes + 5) && sftp_status_text(reply.status)[0] != '\0');
	if (reply.type == SFTP_HANDLE || reply.type == SFTP_DATA)
		MUST(reply.bytes == bytes + 9 && reply.len == len - 9);
	if (reply.type == SFTP_ATTRS && reply.attrs.has_size)
		MUST(reply.attrs.size >> 32 == u32_at(bytes + 9) && (uint32_t)reply.attrs.size == u32_at(bytes + 13));
	if (reply.type == SFTP_VERSION && sftp_announces(&reply, "limits@openssh.com"))
		MUST(memmem(bytes, len, "limits@openssh.com", 18) != NULL);
	if (sftp_limits_read(&limits, &reply))
		MUST(len == 37 && limits.write == ((uint64_t)u32_at(bytes + 21) << 32 | u32_at(bytes + 25)));
}

/* The length field of each request counts the bytes after it, with any data. */
static void check_request(struct sftp_request *request, uint32_t following)
{
	sftp_request_number(request, 0x01020304);
	if (request->full)
		return;
	MUST(request->used >= 9 && request->used <= sizeof(request->bytes));
	MUST(u32_at(request->bytes) == request->used - 4 + following);
	MUST(u32_at(request->bytes + 5) == 0x01020304);
}

static void check_requests(const unsigned char *bytes, size_t len)
{
	struct sftp_handle handle = { .len = len < SFTP_HANDLE_MAX ? (uint32_t)len : SFTP_HANDLE_MAX };
	char path[2 * SFTP_PATH_MAX] = { 0 };
	struct sftp_request request;

	memcpy(handle.bytes, bytes, handle.len);
	memcpy(path, bytes, len < sizeof(path) - 1 ? len : sizeof(path) - 1);
	sftp_open_write(&request, path, SFTP_OPEN_WRITE, 0644);
	MUST(request.full || strlen(path) < SFTP_REQUEST_MAX);
	MUST(!request.full || strlen(path) >= SFTP_PATH_MAX);
	check_request(&request, 0);
	sftp_path_write(&request, SFTP_STAT, path);
	check_request(&request, 0);
	sftp_mode_write(&request, SFTP_MKDIR, path, 0755);
	check_request(&request, 0);
	sftp_write_write(&request, &handle, len, (uint32_t)len);
	MUST(!request.full && memcmp(request.bytes + 13, handle.bytes, handle.len) == 0);
	check_request(&request, (uint32_t)len);
	sftp_read_write(&request, &handle, len, 1);
	check_request(&request, 0);
	sftp_size_write(&request, &handle, len);
	check_request(&request, 0);
	sftp_handle_write(&request, SFTP_CLOSE, &handle);
	check_request(&request, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int64_t len = sftp_packet_length(data, size);
	unsigned char *packet;

	MUST(len == (size < 4 ? 0 : len) && (len == -1 || (len >= 0 && len <= SFTP_REPLY_MAX)));
	if (size >= 4)
		MUST(len == (u32_at(data) < 5 || u32_at(data) > SFTP_REPLY_MAX ? -1 : (int64_t)u32_at(data)));
	/* Memory of the exact size, so that ASan sees a read past its end. */
	packet = malloc(size + 1);
	MUST(packet != NULL);
	memcpy(packet, data, size);
	packet = realloc(packet, size == 0 ? 1 : size);
	MUST(packet != NULL);
	check_reply(packet, size);
	check_requests(packet, size);
	free(packet);
	return 0;
}
