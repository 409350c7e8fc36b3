/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain_value.h"

#include "policy/path.h"

static const char nvram[] = "/var/lib/libvirt/qemu/nvram/";
/* Nova's name. libvirt's own, below a directory for each domain, are not in what migrates. */
static const char agent[] = "/var/lib/libvirt/qemu/org.qemu.guest_agent.0.";

static bool one_of(const char *words, const char *value)
{
	const size_t len = strlen(value);

	for (;;) {
		const size_t word = strcspn(words, "|");

		if (word == len && memcmp(words, value, len) == 0)
			return true;
		if (words[word] == '\0')
			return false;
		words += word + 1;
	}
}

/* Is value of these bytes alone, and of most of them at most, and not empty? */
static bool is_made_of(const char *value, const char *more, size_t most)
{
	size_t len = 0;

	for (; value[len] != '\0'; len++) {
		const char c = value[len];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) &&
			strchr(more, c) == NULL)
			return false;
	}
	return len != 0 && len <= most;
}

static bool is_number(const char *value)
{
	const char *const digits = value + (value[0] == '-') + (strncmp(value, "0x", 2) == 0 ? 2 : 0);

	return digits[0] != '\0' && strspn(digits, "0123456789abcdefABCDEF.") == strlen(digits) && strlen(value) <= 24;
}

/* A number of at most four digits, or some, apart by dots. libvirtd would end for lack of memory, or of time, with a
 * table for a larger one. */
static bool is_count(const char *value)
{
	for (;;) {
		const bool hex = strncmp(value, "0x", 2) == 0;
		const size_t len = strspn(value += hex ? 2 : 0, hex ? "0123456789abcdefABCDEF" : "0123456789");

		if (len == 0 || len > 4)
			return false;
		if (value[len] == '\0')
			return true;
		if (value[len] != '.')
			return false;
		value += len + 1;
	}
}

static bool is_port(const char *value)
{
	const bool digits = strspn(value, "0123456789") == 5 && value[5] == '\0';

	return digits && (value[0] == '1' || strcmp(value, "20000") == 0);
}

/* At most twelve digits: some hundred TiB. */
static bool is_size(const char *value)
{
	const size_t len = strspn(value, "0123456789");

	return len != 0 && len <= 12 && value[len] == '\0';
}

/* libvirt makes a controller for each seven disks up to this one. */
static bool is_disk(const char *value)
{
	static const char *const heads[] = { "sd", "vd", "hd", "fd", "xvd" };

	for (size_t i = 0; i < N_ELEMENTS(heads); i++) {
		const char *const tail = value + strlen(heads[i]);
		size_t len = 0;

		if (strncmp(value, heads[i], strlen(heads[i])) != 0)
			continue;
		while (tail[len] >= 'a' && tail[len] <= 'z')
			len++;
		return (len == 1 || len == 2) && tail[len] == '\0';
	}
	return false;
}

static bool is_text(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return false;
	return true;
}

bool domain_value_is_pty(const char *value)
{
	static const char head[] = "/dev/pts/";
	const size_t len = sizeof(head) - 1;

	return strncmp(value, head, len) == 0 && value[len] != '\0' &&
		strspn(value + len, "0123456789") == strlen(value + len);
}

static bool is_tap(const char *value)
{
	static const char hex[] = "0123456789abcdef";

	return strncmp(value, "tap", 3) == 0 && strspn(value + 3, hex) == 8 && value[11] == '-' &&
		strspn(value + 12, hex) == 2 && value[14] == '\0';
}

/* May value stand at a place whose class is this? */
static bool class_fits(const struct domain_place *place, const char *value)
{
	switch (place->class) {
	case CLASS_NONE:
		return false;
	case CLASS_EMPTY:
	case CLASS_METADATA:
	case CLASS_NOTHING:
		return value[0] == '\0';
	case CLASS_ONE_OF:
		return one_of(place->words, value);
	case CLASS_NUMBER:
		return is_number(value);
	case CLASS_COUNT:
		return is_count(value);
	case CLASS_SIZE:
		return is_size(value);
	case CLASS_DISK:
		return is_disk(value);
	case CLASS_NUMBERS:
		return value[0] != '\0' && strspn(value, "0123456789,^-") == strlen(value);
	case CLASS_PORT:
		return is_port(value);
	case CLASS_WORD:
		return is_made_of(value, "._:+@-", 255);
	case CLASS_TEXT:
		return is_text(value);
	case CLASS_HOST:
		return is_made_of(value, ".:_-[]", 255);
	case CLASS_ANY_UUID:
		return path_is_uuid(value, strlen(value));
	case CLASS_PTY:
		return domain_value_is_pty(value);
	case CLASS_TAP:
		return is_tap(value);
	}
	return false;
}

/* The record has a comma between two paths. */
static bool path_is_listable(const char *value)
{
	return path_is_plain(value) && strchr(value, ',') == NULL;
}

/* The part of a path below one of the roots, NULL if it is in none. */
static const char *below_roots(const struct domain_known *known, const char *value)
{
	const char *rel = NULL;

	for (unsigned i = 0; i < known->config->roots.count && rel == NULL; i++)
		rel = path_below(value, text_at(&known->config->roots, i));
	return rel;
}

/* The part of a path below the directory of the domain's uuid, NULL if it is not there. */
static const char *below_instance(const struct domain_known *known, const char *value)
{
	const char *const rel = path_is_listable(value) ? below_roots(known, value) : NULL;
	const bool is_there = rel != NULL && known->uuid[0] != '\0' && path_is_bounded(value, rel) &&
		strncmp(rel, known->uuid, UUID_LEN) == 0 && rel[UUID_LEN] == '/';

	return is_there ? rel + UUID_LEN + 1 : NULL;
}

static bool is_instance_file(const struct domain_known *known, const char *value)
{
	return below_instance(known, value) != NULL;
}

/* The file of this name at the top of the domain's directory: nothing else that is there, such as a disk. */
static bool is_own(const struct domain_known *known, const char *value, const char *file)
{
	const char *const name = below_instance(known, value);

	return name != NULL && strcmp(name, file) == 0;
}

static bool is_backing_file(const struct domain_known *known, const char *value)
{
	const struct text_list *const patterns = &known->config->image_backing;
	const char *const rel = path_is_listable(value) ? below_roots(known, value) : NULL;

	if (is_instance_file(known, value))
		return true;
	for (unsigned i = 0; i < patterns->count && rel != NULL; i++)
		if (pattern_match(text_at(patterns, i), rel) == PATTERN_BELOW)
			return true;
	return false;
}

static bool is_in(const struct text_list *list, const char *value)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(text_at(list, i), value) == 0)
			return true;
	return false;
}

static bool begins_as_one_of(const struct text_list *list, const char *value)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strncmp(value, text_at(list, i), strlen(text_at(list, i))) == 0)
			return true;
	return false;
}

static bool is_below_one_of(const struct text_list *list, const char *value)
{
	for (unsigned i = 0; i < list->count && path_is_plain(value); i++) {
		const char *const rel = path_below(value, text_at(list, i));

		if (rel != NULL && rel[0] != '\0')
			return true;
	}
	return false;
}

/* A "*" at the end of an entry stands for the rest of a name. */
static bool is_bridge(const struct text_list *list, const char *value)
{
	if (!is_made_of(value, "._-", 15))
		return false;
	for (unsigned i = 0; i < list->count; i++) {
		const char *const entry = text_at(list, i);
		const size_t len = strcspn(entry, "*");

		if (strncmp(value, entry, len) == 0 && (entry[len] == '*' || value[len] == '\0'))
			return true;
	}
	return false;
}

/* POOL/IMAGE: a disk that Nova made for this instance, or a volume of Cinder's. No byte by which librbd's name gets a
 * snapshot or options. */
static bool is_rbd_name(const struct domain_known *known, const char *value)
{
	static const char volume[] = "volume-";
	const size_t pool = path_first_len(value);
	const char *const image = value + pool + 1;
	bool is_pool = false;

	for (unsigned i = 0; i < known->config->rbd_pools.count; i++) {
		const char *const entry = text_at(&known->config->rbd_pools, i);

		is_pool = is_pool || (strlen(entry) == pool && strncmp(entry, value, pool) == 0);
	}
	if (!is_pool || value[pool] != '/' || !is_made_of(image, "._-", 255))
		return false;
	if (strncmp(image, volume, sizeof(volume) - 1) == 0)
		return path_is_uuid(image + sizeof(volume) - 1, strlen(image + sizeof(volume) - 1));
	return known->uuid[0] != '\0' && strncmp(image, known->uuid, UUID_LEN) == 0 && image[UUID_LEN] == '_';
}

/* The name of the domain between two parts. */
static bool is_named(const struct domain_known *known, const char *value, const char *head, const char *tail)
{
	const size_t name = strlen(known->name), len = strlen(head);

	return name != 0 && strncmp(value, head, len) == 0 && strncmp(value + len, known->name, name) == 0 &&
		strcmp(value + len + name, tail) == 0;
}

/* A guest writes its NVRAM. What it wrote into a raw one must not come back as the header of an image, which names any
 * file of the host: so each name has one format for ever. */
static bool is_nvram(const struct domain_known *known, const char *value)
{
	if (known->nvram == NULL)
		return false;
	return is_named(known, value, nvram, strcmp(known->nvram, "raw") == 0 ? "_VARS.fd" : "_VARS.qcow2");
}

/* libvirt copies a template to where the guest can read it: no other file of these directories. */
static bool is_template(const char *value)
{
	const char *name = value;

	for (const char *at = value; *at != '\0'; at++)
		if (*at == '/')
			name = at + 1;
	return strstr(name, "VARS") != NULL || strstr(name, "vars") != NULL;
}

static bool reference_fits(enum domain_reference reference, const char *value, const struct domain_known *known)
{
	const struct config *const config = known->config;

	switch (reference) {
	case REFERENCE_NONE:
		return false;
	case REFERENCE_NAME:
		return is_made_of(value, "._-", DOMAIN_NAME_MAX - 1) && value[0] != '.' && value[0] != '-';
	case REFERENCE_UUID:
		return path_is_uuid(value, strlen(value));
	case REFERENCE_SMBIOS:
		return known->is_smbios_uuid ? strcmp(value, known->uuid) == 0 : is_text(value);
	case REFERENCE_INSTANCE_FILE:
		return is_instance_file(known, value);
	case REFERENCE_BACKING_FILE:
		return is_backing_file(known, value);
	case REFERENCE_BLOCK_DEVICE:
		return path_is_listable(value) && begins_as_one_of(&config->block_devices, value);
	case REFERENCE_RBD_NAME:
		return is_rbd_name(known, value);
	case REFERENCE_EMULATOR:
		return is_in(&config->emulators, value);
	case REFERENCE_FIRMWARE:
		return is_below_one_of(&config->firmware, value);
	case REFERENCE_NVRAM:
		return value[0] == '\0' || is_nvram(known, value);
	case REFERENCE_NVRAM_TEMPLATE:
		return is_below_one_of(&config->firmware, value) && is_template(value);
	case REFERENCE_KERNEL:
		return is_own(known, value, "kernel");
	case REFERENCE_RAMDISK:
		return is_own(known, value, "ramdisk");
	case REFERENCE_CONSOLE_LOG:
		return is_own(known, value, "console.log");
	case REFERENCE_CONSOLE_PATH:
		return known->is_pty ? domain_value_is_pty(value) : is_own(known, value, "console.log");
	case REFERENCE_CHANNEL_PATH:
		return is_named(known, value, agent, ".sock");
	case REFERENCE_LISTEN:
		return is_in(&config->listen_addresses, value);
	case REFERENCE_BRIDGE:
		return is_bridge(&config->bridges, value);
	}
	return false;
}

bool domain_value_fits(const struct domain_place *place, const char *value, const struct domain_known *known)
{
	return class_fits(place, value) || reference_fits(place->reference, value, known);
}
