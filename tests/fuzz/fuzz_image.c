/* SPDX-License-Identifier: Apache-2.0 */
/* An image that passes makes QEMU open only files directly in _base. This reads the header again, as QEMU does, and
 * checks each file that QEMU would open. The input is a file's first bytes. */
#include <string.h>

#include "policy/image.h"
#include "tests/fuzz/must.h"

#define ROOT "/srv/instances"

static uint64_t number(const uint8_t *data, size_t size, uint64_t at, unsigned len)
{
	uint64_t out = 0;

	/* QEMU reads zeros after the end of a file. */
	for (unsigned i = 0; i < len; i++)
		out = out << 8 | (at + i < size ? data[at + i] : 0);
	return out;
}

static bool has(const uint8_t *data, size_t size, size_t at, const char *text, size_t len)
{
	return size >= at + len && memcmp(data + at, text, len) == 0;
}

/* Writes the name that QEMU would open, as qcow2_do_open() of QEMU's block/qcow2.c does. False if QEMU refuses the
 * image. */
static bool qemu_opens(const uint8_t *data, size_t size, char *out, bool *data_file)
{
	const uint64_t version = number(data, size, 4, 4), bits = number(data, size, 20, 4);
	const uint64_t at = number(data, size, 8, 8), len = number(data, size, 16, 4);
	uint64_t incompatible, length, cluster;

	if ((version != 2 && version != 3) || bits < 9 || bits > 21)
		return false;
	cluster = UINT64_C(1) << bits;
	incompatible = version == 3 ? number(data, size, 72, 8) : 0;
	length = version == 3 ? number(data, size, 100, 4) : 72;
	if ((version == 3 && length < 104) || length > cluster || at > cluster || incompatible >> 5 != 0)
		return false;
	*data_file = (incompatible & 4) != 0;
	out[0] = '\0';
	if (at == 0)
		return true;
	if (len > cluster - at || len > 1023)
		return false;
	for (uint64_t i = 0; i < len; i++)
		out[i] = (char)number(data, size, at + i, 1);
	out[len] = '\0';
	return true;
}

/* Directly in _base, in plain letters. */
static bool is_base(const char *name)
{
	static const char head[] = ROOT "/_base/";
	const char *const rest = name + sizeof(head) - 1;

	return strncmp(name, head, sizeof(head) - 1) == 0 && rest[0] != '\0' && rest[0] != '.' &&
		strchr(rest, '/') == NULL;
}

static void good_check(const struct image *image, const uint8_t *data, size_t size)
{
	static const char *const refused[] = { "QED", "KDMV", "COWD", "conectix", "vhdxfile", "QFI\xfb\0\0\0\1" };
	static const size_t lengths[] = { 4, 4, 4, 8, 8, 8 };
	char name[IMAGE_BACKING_MAX + 1];
	bool data_file;

	for (size_t i = 0; i < N_ELEMENTS(refused); i++)
		MUST(!has(data, size, 0, refused[i], lengths[i]));
	MUST(!has(data, size, 64, "\x7f\x10\xda\xbe", 4));
	MUST(has(data, size, 0, "QFI\xfb", 4) == (image->format == IMAGE_FORMAT_QCOW2));
	if (image->format != IMAGE_FORMAT_QCOW2) {
		MUST(!image->has_backing && !image->has_data_file);
		return;
	}
	MUST(qemu_opens(data, size, name, &data_file) && !data_file);
	MUST(image->has_backing == (name[0] != '\0'));
	if (image->has_backing)
		MUST(strcmp(name, image->backing) == 0 && is_base(name));
}

static void check(const struct config *config, const struct image *image, const uint8_t *data, size_t size)
{
	static const char *const declared[] = { NULL, "raw", "qcow2", "vpc", "" };

	for (size_t i = 0; i < N_ELEMENTS(declared); i++) {
		const struct image_rules rules = { config, ROOT, declared[i], false };
		const struct image_rules below = { config, ROOT, declared[i], true };
		const enum image_finding finding = image_judge(image, &rules), deep = image_judge(image, &below);

		MUST(finding != IMAGE_UNREAD && finding < IMAGE_FINDINGS && deep < IMAGE_FINDINGS);
		MUST(deep != IMAGE_GOOD || !image->has_backing);
		if (finding != IMAGE_GOOD)
			continue;
		MUST(declared[i] == NULL || (strcmp(declared[i], "raw") == 0) == (image->format != IMAGE_FORMAT_QCOW2));
		MUST(i < 3);
		if (image->has_backing)
			MUST(strncmp(image_backing_rel(image, &rules), "_base/", 6) == 0);
		good_check(image, data, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config;
	static bool ready;
	struct image image;
	uint8_t *copy;

	if (!ready) {
		config_default(&config);
		ready = true;
	}
	copy = malloc(size); /* of the exact size, so that ASan sees a read past the last byte */
	MUST(copy != NULL || size == 0);
	memcpy(copy, data, size);
	image_read(&image, (struct bytes){ (const char *)copy, size });
	check(&config, &image, copy, size);
	free(copy);
	return 0;
}
