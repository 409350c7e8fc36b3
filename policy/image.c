/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/image.h"

#include "policy/path.h"

enum {
	QCOW2_LENGTH_V2 = 72,
	QCOW2_LENGTH_V3 = 104,
	QCOW2_CLUSTER_BITS_LEAST = 9,
	QCOW2_CLUSTER_BITS_MOST = 21,
	QCOW2_DATA_FILE = 1 << 2,
	QCOW2_FEATURES = (1 << 5) - 1, /* dirty, corrupt, data file, compression, extended entries */
	QCOW2_EXTENSION_HEAD = 8,
	QCOW2_ENCRYPTIONS = 2, /* AES and LUKS */
};

/* Extensions of a qcow2 header. */
#define EXTENSION_END UINT64_C(0)
#define EXTENSION_BACKING_FORMAT UINT64_C(0xe2792aca)
#define EXTENSION_DATA_FILE UINT64_C(0x44415441)

struct qcow2 {
	uint64_t version, backing_at, backing_len, cluster_bits, encryption, incompatible, length;
};

/* The bytes by which QEMU recognizes a format, if they are at one place. */
static const struct magic {
	enum image_format format;
	unsigned at;
	struct bytes bytes;
} magics[] = {
/* The formatter takes the braces of these macros for blocks. */
/* clang-format off */
#define MAGIC(format, at, text) { IMAGE_FORMAT_##format, at, { text, sizeof(text) - 1 } }
	/* clang-format on */
	MAGIC(QCOW, 0, "QFI\xfb\0\0\0\1"),
	MAGIC(QCOW2, 0, "QFI\xfb"),
	MAGIC(QED, 0, "QED\0"),
	MAGIC(VMDK, 0, "KDMV"),
	MAGIC(VMDK, 0, "COWD"),
	MAGIC(VDI, 64, "\x7f\x10\xda\xbe"),
	MAGIC(VPC, 0, "conectix"),
	MAGIC(VHDX, 0, "vhdxfile"),
	MAGIC(LUKS, 0, "LUKS\xba\xbe\0\1"),
	MAGIC(PARALLELS, 0, "WithoutFreeSpace"),
	MAGIC(PARALLELS, 0, "WithouFreSpacExt"),
	MAGIC(BOCHS, 0, "Bochs Virtual HD Image"),
	MAGIC(CLOOP, 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop file=$0 && mount -r -t iso9660 /dev/cloop $1\n"),
	MAGIC(ISO, 32769, "CD001"),
#undef MAGIC
};

/* A big-endian number of size bytes. False if it is not within the window. */
static bool number_at(uint64_t *out, struct bytes head, uint64_t at, unsigned size)
{
	if (at > head.len || head.len - at < size)
		return false;
	*out = 0;
	for (unsigned i = 0; i < size; i++)
		*out = *out << 8 | (unsigned char)head.at[at + i];
	return true;
}

static bool begins(struct bytes text, const char *word)
{
	const size_t len = strlen(word);

	return text.len >= len && memcmp(text.at, word, len) == 0;
}

static struct bytes skip(struct bytes text, size_t len)
{
	return (struct bytes){ text.at + len, text.len - len };
}

/* The next line without its end. False if the text has no further end of a line. */
static bool line_take(struct bytes *line, struct bytes *text)
{
	const char *const end = text->len == 0 ? NULL : memchr(text->at, '\n', text->len);
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - text->at);
	*line = (struct bytes){ text->at, len };
	*text = skip(*text, len + 1);
	if (len != 0 && line->at[len - 1] == '\r')
		line->len--;
	return true;
}

static bool is_blank(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != ' ')
			return false;
	return true;
}

/* A descriptor of VMDK: comments and blank lines, then the version. QEMU accepts fewer blank lines than this. */
static bool is_vmdk_text(struct bytes text)
{
	struct bytes line;

	while (line_take(&line, &text)) {
		if (begins(line, "#") || is_blank(line))
			continue;
		return line.len == strlen("version=N") && begins(line, "version=") && line.at[8] >= '1' &&
			line.at[8] <= '3';
	}
	return false;
}

static bool magic_matches(const struct magic *magic, struct bytes head)
{
	return head.len >= magic->at && head.len - magic->at >= magic->bytes.len &&
		memcmp(head.at + magic->at, magic->bytes.at, magic->bytes.len) == 0;
}

/* If two formats match, returns the first and sets *ambiguous: QEMU may take the other. An ISO 9660 file may begin with
 * any bytes. */
static enum image_format format_of(struct bytes head, bool *ambiguous)
{
	enum image_format format = IMAGE_FORMAT_NONE;

	*ambiguous = false;
	for (size_t i = 0; i < N_ELEMENTS(magics); i++)
		if (!magic_matches(&magics[i], head))
			continue;
		else if (format == IMAGE_FORMAT_NONE)
			format = magics[i].format;
		else
			*ambiguous = *ambiguous || magics[i].format != IMAGE_FORMAT_ISO;
	if (format != IMAGE_FORMAT_NONE)
		return format;
	return is_vmdk_text(head) ? IMAGE_FORMAT_VMDK : IMAGE_FORMAT_RAW;
}

static bool qcow2_fields(struct qcow2 *out, struct bytes head)
{
	*out = (struct qcow2){ .length = QCOW2_LENGTH_V2 };
	if (head.len < QCOW2_LENGTH_V2 || !number_at(&out->version, head, 4, 4) ||
		!number_at(&out->backing_at, head, 8, 8) || !number_at(&out->backing_len, head, 16, 4) ||
		!number_at(&out->cluster_bits, head, 20, 4) || !number_at(&out->encryption, head, 32, 4))
		return false;
	if (out->version == 2)
		return true;
	return number_at(&out->incompatible, head, 72, 8) && number_at(&out->length, head, 100, 4) &&
		out->length >= QCOW2_LENGTH_V3;
}

static bool qcow2_is_sound(const struct qcow2 *qcow2)
{
	uint64_t cluster;

	if ((qcow2->version != 2 && qcow2->version != 3) || qcow2->cluster_bits < QCOW2_CLUSTER_BITS_LEAST ||
		qcow2->cluster_bits > QCOW2_CLUSTER_BITS_MOST)
		return false;
	cluster = UINT64_C(1) << qcow2->cluster_bits;
	return qcow2->length <= cluster && qcow2->length % 8 == 0 && qcow2->backing_at <= cluster &&
		qcow2->encryption <= QCOW2_ENCRYPTIONS && (qcow2->incompatible & ~(uint64_t)QCOW2_FEATURES) == 0;
}

/* Notes that a part of the header is missing, and whether only because the file is too short. Returns false. */
static bool part_missing(struct image *out, struct bytes head, uint64_t at, uint64_t len)
{
	out->is_cut = at <= IMAGE_WINDOW && len <= IMAGE_WINDOW - at && at + len > head.len;
	return false;
}

/* Copies a name of the header. False if it does not fit, is empty, or has a NUL, at which QEMU would end it. */
static bool name_copy(char *out, size_t size, struct bytes head, uint64_t at, uint64_t len)
{
	if (len == 0 || len >= size || at > head.len || head.len - at < len || memchr(head.at + at, '\0', len) != NULL)
		return false;
	memcpy(out, head.at + at, len);
	out[len] = '\0';
	return true;
}

/* Reads one extension of len bytes at a place. False if we do not trust it. */
static bool extension_read(struct image *out, uint64_t magic, struct bytes head, uint64_t at, uint64_t len)
{
	if (magic == EXTENSION_DATA_FILE)
		out->has_data_file = true;
	if (magic != EXTENSION_BACKING_FORMAT)
		return true;
	/* QEMU would take the last of several. */
	return out->backing_format[0] == '\0' &&
		name_copy(out->backing_format, sizeof(out->backing_format), head, at, len);
}

/* Reads all extensions: from the header to the name of the backing file, or to the end of the first cluster. */
static bool extensions_read(struct image *out, const struct qcow2 *qcow2, struct bytes head)
{
	const uint64_t end = qcow2->backing_at != 0 ? qcow2->backing_at : UINT64_C(1) << qcow2->cluster_bits;
	uint64_t at = qcow2->length, magic, len;

	while (at < end) {
		if (!number_at(&magic, head, at, 4))
			return part_missing(out, head, at, 4);
		if (magic == EXTENSION_END)
			return true;
		if (!number_at(&len, head, at + 4, 4))
			return part_missing(out, head, at + 4, 4);
		at += QCOW2_EXTENSION_HEAD;
		if (at > end || len > end - at)
			return false;
		if (at > head.len || len > head.len - at)
			return part_missing(out, head, at, len);
		if (!extension_read(out, magic, head, at, len))
			return false;
		at += (len + 7) / 8 * 8;
	}
	return true;
}

/* False if the header is malformed. */
static bool qcow2_read(struct image *out, struct bytes head)
{
	struct qcow2 qcow2;

	if (!qcow2_fields(&qcow2, head))
		return part_missing(out, head, 0, qcow2.version == 2 ? QCOW2_LENGTH_V2 : QCOW2_LENGTH_V3);
	out->has_backing = qcow2.backing_at != 0;
	out->has_data_file = (qcow2.incompatible & QCOW2_DATA_FILE) != 0;
	out->is_encrypted = qcow2.encryption != 0;
	if (!qcow2_is_sound(&qcow2) || !extensions_read(out, &qcow2, head))
		return false;
	if (!out->has_backing ||
		name_copy(out->backing, sizeof(out->backing), head, qcow2.backing_at, qcow2.backing_len))
		return true;
	return qcow2.backing_len < sizeof(out->backing) && part_missing(out, head, qcow2.backing_at, qcow2.backing_len);
}

void image_read(struct image *out, struct bytes head)
{
	if (head.len > IMAGE_WINDOW)
		head.len = IMAGE_WINDOW;
	out->format = format_of(head, &out->malformed);
	out->is_cut = out->has_backing = out->has_data_file = false;
	out->is_encrypted = out->format == IMAGE_FORMAT_LUKS;
	out->backing[0] = out->backing_format[0] = '\0';
	if (out->format == IMAGE_FORMAT_QCOW2 && !qcow2_read(out, head)) {
		out->is_cut = out->is_cut && !out->malformed;
		out->malformed = true;
	}
}

/* Formats that QEMU hands to the guest byte by byte when it is told that they are raw, as a prober would tell it. */
static bool is_raw(enum image_format format)
{
	return format == IMAGE_FORMAT_RAW || format == IMAGE_FORMAT_ISO || format == IMAGE_FORMAT_LUKS;
}

static bool is_allowed(const struct config *config, enum image_format format)
{
	return (config->image_formats & 1u << (is_raw(format) ? IMAGE_FORMAT_RAW : format)) != 0;
}

static bool is_declared(const char *declared, enum image_format format)
{
	const char *const word = image_format_word(is_raw(format) ? IMAGE_FORMAT_RAW : format);

	return declared == NULL || strcmp(declared, word) == 0;
}

/* True if the file is directly in a directory that [images] backing names. */
static bool is_in_backing(const struct config *config, const char *rel)
{
	char parent[IMAGE_BACKING_MAX];
	size_t len = 0;

	for (size_t i = 0; rel[i] != '\0'; i++)
		if (rel[i] == '/')
			len = i;
	memcpy(parent, rel, len);
	parent[len] = '\0';
	for (unsigned i = 0; i < config->image_backing.count; i++)
		if (pattern_match(text_at(&config->image_backing, i), parent) == PATTERN_EXACT)
			return true;
	return false;
}

/* True if a colon precedes the first slash: QEMU then takes the text before the colon for a protocol. */
static bool has_protocol(const char *name)
{
	return name[strcspn(name, ":/")] == ':' || strncmp(name, "//", 2) == 0;
}

static enum image_finding backing_judge(const struct image *image, const struct image_rules *rules)
{
	enum image_format format;
	const char *rel;

	if (rules->is_backing)
		return IMAGE_DEPTH;
	if (has_protocol(image->backing))
		return IMAGE_PROTOCOL;
	rel = path_is_plain(image->backing) ? path_below(image->backing, rules->root) : NULL;
	if (rel == NULL || !is_in_backing(rules->config, rel))
		return IMAGE_BACKING;
	if (image->backing_format[0] == '\0')
		return IMAGE_GOOD;
	format = image_format_of(image->backing_format);
	return format != IMAGE_FORMAT_NONE && is_allowed(rules->config, format) ? IMAGE_GOOD : IMAGE_BACKING_FORMAT;
}

enum image_finding image_judge(const struct image *image, const struct image_rules *rules)
{
	if (!is_declared(rules->declared, image->format))
		return IMAGE_MISMATCH;
	if (!is_allowed(rules->config, image->format))
		return IMAGE_FORMAT;
	if (image->has_data_file)
		return IMAGE_DATA_FILE;
	if (image->malformed)
		return IMAGE_HEADER;
	return image->has_backing ? backing_judge(image, rules) : IMAGE_GOOD;
}

const char *image_backing_rel(const struct image *image, const struct image_rules *rules)
{
	return path_below(image->backing, rules->root);
}

static const struct {
	const char *word, *meaning;
} findings[] = {
#define FINDING(name, word, meaning) { word, meaning },
#include "policy/image.def"
#undef FINDING
};

static enum image_finding known(enum image_finding finding)
{
	return (unsigned)finding < IMAGE_FINDINGS ? finding : IMAGE_UNREAD;
}

const char *image_finding_word(enum image_finding finding)
{
	return findings[known(finding)].word;
}

const char *image_finding_meaning(enum image_finding finding)
{
	return findings[known(finding)].meaning;
}
