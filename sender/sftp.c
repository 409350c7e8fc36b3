/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/sftp.h"

#include <string.h>

static const char limits_name[] = "limits@openssh.com";

enum attrs_flag {
	ATTR_SIZE = 1,
	ATTR_OWNER = 2,
	ATTR_MODE = 4,
	ATTR_TIMES = 8,
};
#define ATTR_EXTENDED UINT32_C(0x80000000)

static void put(struct sftp_request *out, const void *bytes, size_t len)
{
	if (len > sizeof(out->bytes) - out->used) {
		out->full = true;
		return;
	}
	memcpy(out->bytes + out->used, bytes, len);
	out->used += len;
}

static void u32_bytes(unsigned char out[4], uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void put_u32(struct sftp_request *out, uint32_t value)
{
	unsigned char bytes[4];

	u32_bytes(bytes, value);
	put(out, bytes, sizeof(bytes));
}

static void put_u64(struct sftp_request *out, uint64_t value)
{
	put_u32(out, (uint32_t)(value >> 32));
	put_u32(out, (uint32_t)value);
}

static void put_string(struct sftp_request *out, const void *bytes, size_t len)
{
	put_u32(out, (uint32_t)len);
	put(out, bytes, len);
}

static void begin(struct sftp_request *out, enum sftp_type type)
{
	const unsigned char byte = (unsigned char)type;

	out->used = 0;
	out->full = false;
	put_u32(out, 0);
	put(out, &byte, 1);
	put_u32(out, 0);
}

/* Fills in the length field of a request that following bytes of data will follow. */
static void end(struct sftp_request *out, uint32_t following)
{
	u32_bytes(out->bytes, (uint32_t)(out->used - SFTP_LENGTH_SIZE) + following);
}

void sftp_init_write(struct sftp_request *out)
{
	begin(out, SFTP_INIT);
	sftp_request_number(out, SFTP_VERSION_OURS);
	end(out, 0);
}

void sftp_request_number(struct sftp_request *request, uint32_t id)
{
	u32_bytes(request->bytes + SFTP_LENGTH_SIZE + 1, id);
}

void sftp_open_write(struct sftp_request *out, const char *path, uint32_t flags, uint32_t mode)
{
	begin(out, SFTP_OPEN);
	put_string(out, path, strlen(path));
	put_u32(out, flags);
	put_u32(out, ATTR_MODE);
	put_u32(out, mode);
	end(out, 0);
}

void sftp_read_write(struct sftp_request *out, const struct sftp_handle *handle, uint64_t offset, uint32_t len)
{
	begin(out, SFTP_READ);
	put_string(out, handle->bytes, handle->len);
	put_u64(out, offset);
	put_u32(out, len);
	end(out, 0);
}

void sftp_write_write(struct sftp_request *out, const struct sftp_handle *handle, uint64_t offset, uint32_t len)
{
	begin(out, SFTP_WRITE);
	put_string(out, handle->bytes, handle->len);
	put_u64(out, offset);
	put_u32(out, len);
	end(out, len);
}

void sftp_handle_write(struct sftp_request *out, enum sftp_type type, const struct sftp_handle *handle)
{
	begin(out, type);
	put_string(out, handle->bytes, handle->len);
	end(out, 0);
}

void sftp_size_write(struct sftp_request *out, const struct sftp_handle *handle, uint64_t size)
{
	begin(out, SFTP_FSETSTAT);
	put_string(out, handle->bytes, handle->len);
	put_u32(out, ATTR_SIZE);
	put_u64(out, size);
	end(out, 0);
}

void sftp_path_write(struct sftp_request *out, enum sftp_type type, const char *path)
{
	begin(out, type);
	put_string(out, path, strlen(path));
	end(out, 0);
}

void sftp_mode_write(struct sftp_request *out, enum sftp_type type, const char *path, uint32_t mode)
{
	begin(out, type);
	put_string(out, path, strlen(path));
	put_u32(out, ATTR_MODE);
	put_u32(out, mode);
	end(out, 0);
}

void sftp_limits_write(struct sftp_request *out)
{
	begin(out, SFTP_EXTENDED);
	put_string(out, limits_name, sizeof(limits_name) - 1);
	end(out, 0);
}

/* Bytes to take from the front. After a field that is too short, failed stays true, and further fields are 0. */
struct cursor {
	const unsigned char *at;
	size_t left;
	bool failed;
};

static const unsigned char *take(struct cursor *cursor, size_t len)
{
	const unsigned char *const at = cursor->at;

	if (cursor->failed || len > cursor->left) {
		cursor->failed = true;
		return NULL;
	}
	cursor->at += len;
	cursor->left -= len;
	return at;
}

static uint32_t take_u32(struct cursor *cursor)
{
	const unsigned char *const at = take(cursor, 4);

	return at == NULL ? 0 : (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t take_u64(struct cursor *cursor)
{
	const uint64_t high = take_u32(cursor);

	return high << 32 | take_u32(cursor);
}

static const unsigned char *take_string(struct cursor *cursor, size_t *len)
{
	*len = take_u32(cursor);
	return take(cursor, *len);
}

static void take_attrs(struct cursor *cursor, struct sftp_attrs *out)
{
	const uint32_t flags = take_u32(cursor);
	size_t len;

	out->has_size = (flags & ATTR_SIZE) != 0;
	out->has_mode = (flags & ATTR_MODE) != 0;
	out->has_times = (flags & ATTR_TIMES) != 0;
	if (out->has_size)
		out->size = take_u64(cursor);
	if ((flags & ATTR_OWNER) != 0)
		(void)take_u64(cursor);
	if (out->has_mode)
		out->mode = take_u32(cursor);
	if (out->has_times) {
		(void)take_u32(cursor);
		out->mtime = take_u32(cursor);
	}
	if ((flags & ATTR_EXTENDED) == 0)
		return;
	for (uint32_t count = take_u32(cursor); count > 0 && !cursor->failed; count--) {
		(void)take_string(cursor, &len);
		(void)take_string(cursor, &len);
	}
}

int64_t sftp_packet_length(const unsigned char *bytes, size_t len)
{
	struct cursor cursor = { bytes, len, false };
	const uint32_t length = take_u32(&cursor);

	if (cursor.failed)
		return 0;
	return length < 5 || length > SFTP_REPLY_MAX ? -1 : (int64_t)length;
}

/* Skips the text and language of a status; servers before version 3 send neither. */
static void take_body(struct cursor *cursor, struct sftp_reply *reply)
{
	switch (reply->type) {
	case SFTP_STATUS:
		reply->status = take_u32(cursor);
		(void)take(cursor, cursor->left);
		return;
	case SFTP_HANDLE:
		reply->bytes = take_string(cursor, &reply->len);
		cursor->failed = cursor->failed || reply->len == 0 || reply->len > SFTP_HANDLE_MAX;
		return;
	case SFTP_DATA:
		reply->bytes = take_string(cursor, &reply->len);
		return;
	case SFTP_ATTRS:
		take_attrs(cursor, &reply->attrs);
		return;
	case SFTP_VERSION:
	case SFTP_EXTENDED_REPLY:
		reply->len = cursor->left;
		reply->bytes = take(cursor, cursor->left);
		return;
	case SFTP_NONE:
	case SFTP_INIT:
	case SFTP_OPEN:
	case SFTP_CLOSE:
	case SFTP_READ:
	case SFTP_WRITE:
	case SFTP_FSTAT:
	case SFTP_SETSTAT:
	case SFTP_FSETSTAT:
	case SFTP_MKDIR:
	case SFTP_STAT:
	case SFTP_EXTENDED:
		break;
	}
	cursor->failed = true;
}

bool sftp_reply_read(struct sftp_reply *out, const unsigned char *bytes, size_t len)
{
	struct cursor cursor = { bytes, len, false };
	const unsigned char *const type = take(&cursor, 1);
	struct sftp_reply reply = { .type = type == NULL ? SFTP_NONE : (enum sftp_type) * type };

	reply.id = take_u32(&cursor);
	if (!cursor.failed)
		take_body(&cursor, &reply);
	if (cursor.failed || cursor.left != 0)
		return false;
	*out = reply;
	return true;
}

bool sftp_announces(const struct sftp_reply *version, const char *name)
{
	struct cursor cursor = { version->bytes, version->len, false };
	bool found = false;

	while (cursor.left > 0 && !cursor.failed) {
		size_t len, data_len;
		const unsigned char *const at = take_string(&cursor, &len);

		(void)take_string(&cursor, &data_len);
		found = found || (!cursor.failed && len == strlen(name) && memcmp(at, name, len) == 0);
	}
	return found && !cursor.failed;
}

bool sftp_limits_read(struct sftp_limits *out, const struct sftp_reply *reply)
{
	struct cursor cursor = { reply->bytes, reply->len, false };
	struct sftp_limits limits;

	if (reply->type != SFTP_EXTENDED_REPLY)
		return false;
	limits.packet = take_u64(&cursor);
	limits.read = take_u64(&cursor);
	limits.write = take_u64(&cursor);
	limits.handles = take_u64(&cursor);
	if (cursor.failed || cursor.left != 0)
		return false;
	*out = limits;
	return true;
}

const char *sftp_status_text(uint32_t status)
{
	static const char *const texts[] = {
		[SFTP_OK] = "Success",
		[SFTP_EOF] = "End of file",
		[SFTP_NO_SUCH_FILE] = "No such file or directory",
		[SFTP_PERMISSION_DENIED] = "Permission denied",
		[SFTP_FAILURE] = "Failure",
		[SFTP_BAD_MESSAGE] = "Bad message",
		[SFTP_NO_CONNECTION] = "No connection",
		[SFTP_CONNECTION_LOST] = "Connection lost",
		[SFTP_OP_UNSUPPORTED] = "Operation unsupported",
	};

	return status < N_ELEMENTS(texts) ? texts[status] : "Unknown status";
}
