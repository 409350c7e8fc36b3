/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain.h"

#include "policy/path.h"

enum class {
	CLASS_EMPTY,   /* no text */
	CLASS_NOTHING, /* a value, which is "" */
	CLASS_ONE_OF,
	CLASS_NUMBER,
	CLASS_COUNT,
	CLASS_SIZE, /* of memory, in KiB */
	CLASS_DISK, /* the guest's name of one */
	CLASS_NUMBERS,
	CLASS_PORT, /* of a serial console: 10000 to 20000, [serial_console] port_range of Nova */
	CLASS_WORD,
	CLASS_TEXT,
	CLASS_HOST,
	CLASS_NAME, /* of the domain */
	CLASS_UUID, /* of the domain */
	CLASS_ANY_UUID,
	CLASS_METADATA,	     /* whatever is in it, nothing of libvirt or QEMU reads */
	CLASS_INSTANCE_FILE, /* in the directory of this domain's uuid */
	CLASS_BACKING_FILE,  /* there, or what [images] backing names */
	CLASS_BLOCK_DEVICE,
	CLASS_RBD_NAME,
	CLASS_EMULATOR,
	CLASS_FIRMWARE,
	CLASS_NVRAM,
	CLASS_PTY,
	CLASS_CONSOLE_PATH,
	CLASS_CHANNEL_PATH,
	CLASS_LISTEN,
	CLASS_BRIDGE,
	CLASS_TAP,
};

static const struct place {
	char path[64];
	enum class class;
	char words[56];
} places[] = {
#define PLACE(path, class, words) { path, CLASS_##class, words },
#include "policy/domain.def"
#undef PLACE
};

/* An attribute without which another one means something else to libvirt: it would connect instead of listening, and
 * write to the firmware of all guests. */
static const struct need {
	char path[40], with[8], attribute[12];
} needs[] = {
	{ "domain/devices/serial/source", "host", "mode" },
	{ "domain/devices/console/source", "host", "mode" },
	{ "domain/devices/channel/source", "path", "mode" },
	{ "domain/os/loader", "type", "readonly" },
};

static const char nvram[] = "/var/lib/libvirt/qemu/nvram/";
/* Nova's name. libvirt's own, below a directory for each domain, are not in what migrates. */
static const char agent[] = "/var/lib/libvirt/qemu/org.qemu.guest_agent.0.";

/* Appends what fits, and a NUL. */
static size_t append(char *out, size_t size, size_t used, struct bytes text)
{
	const size_t room = size - 1 - used;
	const size_t len = text.len < room ? text.len : room;

	memcpy(out + used, text.at, len);
	out[used + len] = '\0';
	return used + len;
}

bool domain_refuse(struct domain *domain, enum tunnel_finding finding, const char *place, struct bytes value)
{
	size_t used;

	if (domain->finding != TUNNEL_NOTHING)
		return false;
	domain->finding = finding;
	used = append(domain->detail, sizeof(domain->detail), 0, bytes_of(place));
	if (value.len == 0)
		return false;
	used = append(domain->detail, sizeof(domain->detail), used, bytes_of("="));
	(void)append(domain->detail, sizeof(domain->detail), used, value);
	return false;
}

void domain_begin(struct domain *out, const struct config *config)
{
	memset(out, 0, sizeof(*out));
	out->config = config;
}

static bool begins(struct bytes text, const char *head)
{
	const size_t len = strlen(head);

	return text.len >= len && memcmp(text.at, head, len) == 0;
}

/* A byte that may stand in the document. What is behind 0x7f is UTF-8, which the parsers judge. */
static bool byte_fits(char byte)
{
	const unsigned char b = (unsigned char)byte;

	return (b >= 0x20 && b != 0x7f) || b == '\n' || b == '\t';
}

static bool reference_fits(struct bytes rest)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#10;", "&#9;", "&#13;" };

	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		if (begins(rest, known[i]))
			return true;
	return false;
}

static void disks_forget(struct domain *domain)
{
	domain->disks[0] = '\0';
	domain->images.count = domain->images.depth = 0;
}

bool domain_open(struct domain *domain, struct bytes xml, enum domain_document kind)
{
	const char *const root = kind == DOMAIN_XML ? "<domain" : "<qemu-migration";

	domain->has_uuid = domain->has_name = domain->has_root = domain->is_pty = false;
	domain->may_keep = kind == DOMAIN_FINISH_COOKIE;
	domain->depth = domain->metadata = 0;
	domain->path[0] = '\0';
	domain->text_len = 0;
	if (kind == DOMAIN_XML)
		disks_forget(domain);
	if (!begins(xml, root))
		return domain_refuse(
			domain, TUNNEL_XML, "begin", (struct bytes){ xml.at, xml.len < 16 ? xml.len : 16 });
	for (size_t i = 0; i < xml.len; i++) {
		const struct bytes rest = { xml.at + i, xml.len - i };

		if (!byte_fits(xml.at[i]))
			return domain_refuse(domain, TUNNEL_XML, "byte", (struct bytes){ rest.at, 1 });
		if (begins(rest, "<!") || begins(rest, "<?") || (xml.at[i] == '&' && !reference_fits(rest)))
			return domain_refuse(
				domain, TUNNEL_XML, "markup", (struct bytes){ rest.at, rest.len < 16 ? rest.len : 16 });
	}
	return true;
}

/* Names apart by slashes, and "@": a "*" of the pattern is one of them. */
static bool path_fits(const char *pattern, const char *path)
{
	while (*pattern != '\0') {
		if (*pattern == '*') {
			const size_t len = strcspn(path, "/@");

			if (len == 0)
				return false;
			path += len;
			pattern++;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

/* The row for a path, NULL for none. */
static const struct place *place_find(const char *path)
{
	for (size_t i = 0; i < N_ELEMENTS(places); i++)
		if (path_fits(places[i].path, path))
			return &places[i];
	return NULL;
}

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

/* Keeps value, or compares it with what was kept. Only one in a document. */
static bool is_identity(char *kept, bool *has, const char *value)
{
	if (*has || (kept[0] != '\0' && strcmp(kept, value) != 0))
		return false;
	*has = true;
	strcpy(kept, value);
	return true;
}

/* The record has a comma between two paths. */
static bool path_is_listable(const char *value)
{
	return path_is_plain(value) && strchr(value, ',') == NULL;
}

/* The part of a path below one of the roots, NULL if it is in none. */
static const char *below_roots(const struct domain *domain, const char *value)
{
	const char *rel = NULL;

	for (unsigned i = 0; i < domain->config->roots.count && rel == NULL; i++)
		rel = path_below(value, text_at(&domain->config->roots, i));
	return rel;
}

static bool is_instance_file(const struct domain *domain, const char *value)
{
	const char *const rel = path_is_listable(value) ? below_roots(domain, value) : NULL;

	return rel != NULL && domain->uuid[0] != '\0' && path_is_bounded(value, rel) &&
		strncmp(rel, domain->uuid, UUID_LEN) == 0 && rel[UUID_LEN] == '/';
}

static bool is_backing_file(const struct domain *domain, const char *value)
{
	const struct text_list *const patterns = &domain->config->image_backing;
	const char *const rel = path_is_listable(value) ? below_roots(domain, value) : NULL;

	if (is_instance_file(domain, value))
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
static bool is_rbd_name(const struct domain *domain, const char *value)
{
	static const char volume[] = "volume-";
	const size_t pool = path_first_len(value);
	const char *const image = value + pool + 1;
	bool known = false;

	for (unsigned i = 0; i < domain->config->rbd_pools.count; i++) {
		const char *const entry = text_at(&domain->config->rbd_pools, i);

		known = known || (strlen(entry) == pool && strncmp(entry, value, pool) == 0);
	}
	if (!known || value[pool] != '/' || !is_made_of(image, "._-", 255))
		return false;
	if (strncmp(image, volume, sizeof(volume) - 1) == 0)
		return path_is_uuid(image + sizeof(volume) - 1, strlen(image + sizeof(volume) - 1));
	return domain->uuid[0] != '\0' && strncmp(image, domain->uuid, UUID_LEN) == 0 && image[UUID_LEN] == '_';
}

/* The name of the domain between two parts. */
static bool is_named(const struct domain *domain, const char *value, const char *head, const char *tail)
{
	const size_t name = strlen(domain->name), len = strlen(head);

	return name != 0 && strncmp(value, head, len) == 0 && strncmp(value + len, domain->name, name) == 0 &&
		strcmp(value + len + name, tail) == 0;
}

static bool is_pty(const char *value)
{
	static const char head[] = "/dev/pts/";
	const size_t len = sizeof(head) - 1;

	return strncmp(value, head, len) == 0 && value[len] != '\0' &&
		strspn(value + len, "0123456789") == strlen(value + len);
}

static bool is_tap(const char *value)
{
	return strncmp(value, "tap", 3) == 0 && is_made_of(value, "-", 15);
}

/* May value stand at this place? */
static bool value_fits(struct domain *domain, const struct place *place, const char *value)
{
	const struct config *const config = domain->config;

	switch (place->class) {
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
	case CLASS_NAME:
		return is_made_of(value, "._-", DOMAIN_NAME_MAX - 1) && value[0] != '.' && value[0] != '-' &&
			is_identity(domain->name, &domain->has_name, value);
	case CLASS_UUID:
		return path_is_uuid(value, strlen(value)) && is_identity(domain->uuid, &domain->has_uuid, value);
	case CLASS_ANY_UUID:
		return path_is_uuid(value, strlen(value));
	case CLASS_INSTANCE_FILE:
		return is_instance_file(domain, value);
	case CLASS_BACKING_FILE:
		return is_backing_file(domain, value);
	case CLASS_BLOCK_DEVICE:
		return path_is_listable(value) && begins_as_one_of(&config->block_devices, value);
	case CLASS_RBD_NAME:
		return is_rbd_name(domain, value);
	case CLASS_EMULATOR:
		return is_in(&config->emulators, value);
	case CLASS_FIRMWARE:
		return is_below_one_of(&config->firmware, value);
	case CLASS_NVRAM:
		return value[0] == '\0' || is_named(domain, value, nvram, "_VARS.fd") ||
			is_named(domain, value, nvram, "_VARS.qcow2");
	case CLASS_PTY:
		return is_pty(value);
	case CLASS_CONSOLE_PATH:
		return domain->is_pty ? is_pty(value) : is_instance_file(domain, value);
	case CLASS_CHANNEL_PATH:
		return is_named(domain, value, agent, ".sock");
	case CLASS_LISTEN:
		return is_in(&config->listen_addresses, value);
	case CLASS_BRIDGE:
		return is_bridge(&config->bridges, value);
	case CLASS_TAP:
		return is_tap(value);
	}
	return false;
}

/* Files, devices and images of the domain's disks go into the record. */
static void disk_keep(struct domain *domain, const struct place *place, const char *value)
{
	static const char disk[] = "domain/devices/disk/", more[] = ",...";
	const size_t used = strlen(domain->disks), len = strlen(value);

	if (strncmp(place->path, disk, sizeof(disk) - 1) != 0 ||
		(place->class != CLASS_INSTANCE_FILE && place->class != CLASS_BACKING_FILE &&
			place->class != CLASS_BLOCK_DEVICE && place->class != CLASS_RBD_NAME))
		return;
	if (used >= sizeof(more) - 1 && strcmp(domain->disks + used - (sizeof(more) - 1), more) == 0)
		return;
	if (used + 1 + len + sizeof(more) > sizeof(domain->disks)) {
		(void)append(domain->disks, sizeof(domain->disks), used, bytes_of(more));
		return;
	}
	if (used != 0)
		(void)append(domain->disks, sizeof(domain->disks), used, bytes_of(","));
	(void)append(domain->disks, sizeof(domain->disks), strlen(domain->disks), bytes_of(value));
}

static bool is_of_disk(const char *path)
{
	const size_t len = sizeof(DISK_ELEMENT) - 1;

	return strncmp(path, DISK_ELEMENT, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool is_sound(struct domain *domain, const char *wrong)
{
	return wrong == NULL || domain_refuse(domain, TUNNEL_VALUE, domain->path, bytes_of(wrong));
}

/* Keeps a file of the instance that is none of its disks. */
static bool file_keep(struct domain *domain, const struct place *place, const char *value)
{
	if ((place->class != CLASS_INSTANCE_FILE && place->class != CLASS_CONSOLE_PATH) || is_of_disk(domain->path) ||
		is_pty(value))
		return true;
	return is_sound(domain, disk_chain_add(&domain->images, value));
}

static enum tunnel_finding finding_of(const struct place *place)
{
	return place->class == CLASS_NAME || place->class == CLASS_UUID ? TUNNEL_IDENTITY : TUNNEL_VALUE;
}

/* Judges one attribute; the path of its element stands in domain->path. */
static bool attribute_judge(struct domain *domain, const char *name, const char *value)
{
	char path[2 * DOMAIN_PATH_MAX];
	const struct place *place;
	size_t used = append(path, sizeof(path), 0, bytes_of(domain->path));

	used = append(path, sizeof(path), used, bytes_of("@"));
	(void)append(path, sizeof(path), used, bytes_of(name));
	place = strcspn(name, "/@") == strlen(name) ? place_find(path) : NULL;
	if (place == NULL)
		return domain_refuse(domain, TUNNEL_ATTRIBUTE, path, bytes_of(value));
	if (strlen(value) >= DOMAIN_TEXT_MAX || !value_fits(domain, place, value))
		return domain_refuse(domain, finding_of(place), path, bytes_of(value));
	disk_keep(domain, place, value);
	return file_keep(domain, place, value);
}

static const char *attribute_of(const char *const *attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

static bool needs_are_met(struct domain *domain, const char *const *attributes)
{
	for (size_t i = 0; i < N_ELEMENTS(needs); i++)
		if (strcmp(needs[i].path, domain->path) == 0 && attribute_of(attributes, needs[i].with) != NULL &&
			attribute_of(attributes, needs[i].attribute) == NULL)
			return domain_refuse(domain, TUNNEL_ATTRIBUTE, domain->path, bytes_of(needs[i].attribute));
	return true;
}

/* It has rows, a uuid and a name of its own; the way back is path_leave(). */
static size_t cookie_domain_enter(struct domain *domain)
{
	domain->has_uuid = domain->has_name = false;
	disks_forget(domain);
	return 0;
}

/* Goes down to an element: its path is that of the element that it is in, and its name. */
static bool path_enter(struct domain *domain, const char *element)
{
	static const char backing[] = "/backingStore";
	const size_t len = strlen(domain->path), tail = sizeof(backing) - 1;
	size_t used = len;

	if (domain->depth == DOMAIN_DEPTH_MAX || strcspn(element, "/@") != strlen(element) ||
		len + strlen(element) + 2 > sizeof(domain->path))
		return domain_refuse(domain, TUNNEL_ELEMENT, domain->path, bytes_of(element));
	domain->starts[domain->depth++] = (uint16_t)len;
	if (domain->may_keep && strcmp(domain->path, "qemu-migration") == 0 && strcmp(element, "domain") == 0)
		used = cookie_domain_enter(domain);
	else if (len > tail && strcmp(domain->path + len - tail, backing) == 0 && strcmp(element, backing + 1) == 0)
		return true;
	else if (len != 0)
		used = append(domain->path, sizeof(domain->path), len, bytes_of("/"));
	(void)append(domain->path, sizeof(domain->path), used, bytes_of(element));
	return true;
}

static bool is_blank(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != ' ' && text.at[i] != '\n' && text.at[i] != '\t')
			return false;
	return true;
}

/* Notes what the values of a device depend on. */
static void device_enter(struct domain *domain, const char *const *attributes)
{
	static const char devices[] = "domain/devices/";
	const size_t len = sizeof(devices) - 1;
	const char *type;

	if (strncmp(domain->path, devices, len) != 0 || strchr(domain->path + len, '/') != NULL)
		return;
	type = attribute_of(attributes, "type");
	domain->is_pty = type != NULL && strcmp(type, "pty") == 0;
}

bool domain_start(struct domain *domain, const char *element, const char *const *attributes)
{
	const struct place *place;

	if (domain->finding != TUNNEL_NOTHING)
		return false;
	/* A name with a prefix is none that libvirt looks for. */
	if (domain->metadata != 0) {
		if (domain->metadata++ < DOMAIN_METADATA_DEPTH && strchr(element, ':') != NULL)
			return true;
		return domain_refuse(domain, TUNNEL_ELEMENT, domain->path, bytes_of(element));
	}
	if (!is_blank((struct bytes){ domain->text, domain->text_len }))
		return domain_refuse(
			domain, TUNNEL_VALUE, domain->path, (struct bytes){ domain->text, domain->text_len });
	if ((domain->depth == 0 && domain->has_root) || !path_enter(domain, element))
		return domain_refuse(domain, TUNNEL_ELEMENT, domain->path, bytes_of(element));
	domain->has_root = true;
	place = place_find(domain->path);
	if (place == NULL)
		return domain_refuse(domain, TUNNEL_ELEMENT, domain->path, (struct bytes){ "", 0 });
	domain->text_len = 0;
	domain->text[0] = '\0';
	domain->metadata = place->class == CLASS_METADATA;
	device_enter(domain, attributes);
	for (const char *const *at = attributes; at[0] != NULL; at += 2)
		if (!attribute_judge(domain, at[0], at[1]))
			return false;
	if (!needs_are_met(domain, attributes))
		return false;
	return !is_of_disk(domain->path) ||
		is_sound(domain, disk_chain_start(&domain->images, domain->path, domain->depth, attributes));
}

bool domain_text(struct domain *domain, struct bytes text)
{
	if (domain->finding != TUNNEL_NOTHING)
		return false;
	if (domain->metadata != 0)
		return true;
	if (text.len >= sizeof(domain->text) - domain->text_len) {
		if (is_blank(text) && is_blank((struct bytes){ domain->text, domain->text_len }))
			return true;
		return domain_refuse(domain, TUNNEL_VALUE, domain->path, text);
	}
	memcpy(domain->text + domain->text_len, text.at, text.len);
	domain->text_len += text.len;
	domain->text[domain->text_len] = '\0';
	return true;
}

/* Back to the path before the element. The cookie's domain replaced it. */
static void path_leave(struct domain *domain)
{
	const size_t len = domain->starts[--domain->depth];

	if (strcmp(domain->path, "domain") == 0 && len != 0)
		strcpy(domain->path, "qemu-migration");
	else
		domain->path[len] = '\0';
}

bool domain_end(struct domain *domain)
{
	const struct place *place;

	if (domain->finding != TUNNEL_NOTHING)
		return false;
	if (domain->metadata > 1) {
		domain->metadata--;
		return true;
	}
	domain->metadata = 0;
	if (domain->depth == 0)
		return domain_refuse(domain, TUNNEL_XML, "end", (struct bytes){ "", 0 });
	place = place_find(domain->path);
	/* Between the elements within it there is text of blanks. */
	if (place != NULL && place->class == CLASS_EMPTY && is_blank((struct bytes){ domain->text, domain->text_len }))
		domain->text_len = 0;
	domain->text[domain->text_len] = '\0';
	if (place == NULL || (place->class != CLASS_METADATA && !value_fits(domain, place, domain->text)))
		return domain_refuse(domain, place == NULL ? TUNNEL_ELEMENT : finding_of(place), domain->path,
			(struct bytes){ domain->text, domain->text_len });
	if (!file_keep(domain, place, domain->text))
		return false;
	if (is_of_disk(domain->path) && !is_sound(domain, disk_chain_end(&domain->images, domain->depth)))
		return false;
	path_leave(domain);
	domain->text_len = 0;
	domain->text[0] = '\0';
	return true;
}

bool domain_close(struct domain *domain)
{
	if (domain->finding != TUNNEL_NOTHING)
		return false;
	if (domain->depth != 0 || !domain->has_root)
		return domain_refuse(domain, TUNNEL_XML, "end", (struct bytes){ "", 0 });
	if (!domain->has_uuid || !domain->has_name)
		return domain_refuse(domain, TUNNEL_IDENTITY, "domain", bytes_of("no uuid or no name"));
	return true;
}
