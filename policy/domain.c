/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain.h"

#include "policy/domain_place.h"
#include "policy/domain_value.h"

/* An attribute without which an element, or another attribute of it, means something else to libvirt: a file that nobody
 * judged, the network of the host, a connection instead of a listener, a write to the firmware of all guests. */
static const struct need {
	char path[40], with[8], value[8], attribute[12]; /* with, value: "" for always, and for any */
} needs[] = {
	{ "domain/devices/disk", "", "", "type" },	/* file */
	{ "domain/devices/interface", "", "", "type" }, /* user: QEMU's own network, in that of the host */
	{ "domain/devices/serial", "", "", "type" }, { "domain/devices/console", "", "", "type" },
	{ "domain/devices/channel", "", "", "type" }, { "domain/devices/graphics", "", "", "type" },
	{ "domain/devices/rng/backend", "", "", "model" }, { "domain/devices/tpm/backend", "", "", "type" },
	{ "domain/os/loader", "", "", "type" }, { "domain/devices/disk/source", "name", "", "protocol" },
	{ "domain/devices/serial/source", "host", "", "mode" },
	{ "domain/devices/serial/source", "service", "", "mode" },
	{ "domain/devices/console/source", "host", "", "mode" },
	{ "domain/devices/console/source", "service", "", "mode" },
	{ "domain/devices/channel/source", "path", "", "mode" },
	{ "domain/os/loader", "type", "pflash", "readonly" }, /* QEMU only reads one of type rom */
};

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

static void images_forget(struct domain *domain)
{
	domain->images.count = domain->images.depth = 0;
}

static void disks_forget(struct domain *domain)
{
	domain->disks[0] = '\0';
	images_forget(domain);
}

bool domain_open(struct domain *domain, struct bytes xml, enum domain_document kind)
{
	const char *const root = kind == DOMAIN_XML ? "<domain" : "<qemu-migration";

	domain->has_root = domain->has_domain = domain->is_pty = domain->is_smbios_uuid = false;
	domain->own = domain->cookie = (struct domain_named){ .uuid = false };
	domain->may_keep = kind == DOMAIN_FINISH_COOKIE;
	domain->depth = domain->metadata = 0;
	domain->path[0] = '\0';
	domain->text_len = 0;
	domain->loader = domain->nvram = NULL;
	domain->memory = (struct domain_memory){ .cells = 0 };
	domain->elements = 0;
	memset(domain->counts, 0, sizeof(domain->counts));
	domain->is_cookie = kind != DOMAIN_XML;
	domain_interfaces_open(&domain->interfaces, domain->is_cookie);
	if (kind == DOMAIN_XML)
		images_forget(domain);
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

/* Keeps value, or compares it with what was kept. Only one in a document. */
static bool is_identity(char *kept, bool *has, const char *value)
{
	if (*has || (kept[0] != '\0' && strcmp(kept, value) != 0))
		return false;
	*has = true;
	strcpy(kept, value);
	return true;
}

/* Of a domain in a cookie the cookie says nothing. */
static struct domain_named *named_by(struct domain *domain)
{
	return strncmp(domain->path, "domain", strlen("domain")) == 0 ? &domain->own : &domain->cookie;
}

static bool identity_fits(struct domain *domain, enum domain_reference reference, const char *value)
{
	struct domain_named *const named = named_by(domain);

	if (reference == REFERENCE_NAME)
		return is_identity(domain->name, &named->name, value);
	return reference != REFERENCE_UUID || is_identity(domain->uuid, &named->uuid, value);
}

/* May value stand at this place? */
static bool value_fits(struct domain *domain, const struct domain_place *place, const char *value)
{
	const struct domain_known known = { domain->config, domain->uuid, domain->name, domain->is_pty,
		domain->is_smbios_uuid, domain->nvram };

	return domain_value_fits(place, value, &known) && identity_fits(domain, place->reference, value);
}

/* Files, devices and images of the domain's disks go into the record: not those of XML that libvirtd ignores. */
static void disk_keep(struct domain *domain, const struct domain_place *place, const char *value)
{
	static const char disk[] = "domain/devices/disk/", more[] = ",...";
	const size_t used = strlen(domain->disks), len = strlen(value);

	if (domain->has_come && !domain->is_cookie)
		return;
	if (strncmp(place->path, disk, sizeof(disk) - 1) != 0 ||
		(place->reference != REFERENCE_INSTANCE_FILE && place->reference != REFERENCE_BACKING_FILE &&
			place->reference != REFERENCE_BLOCK_DEVICE && place->reference != REFERENCE_RBD_NAME))
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

static bool is_file_of_its_own(enum domain_reference reference)
{
	return reference == REFERENCE_KERNEL || reference == REFERENCE_RAMDISK || reference == REFERENCE_CONSOLE_LOG ||
		reference == REFERENCE_CONSOLE_PATH;
}

/* Keeps a file of the instance that is none of its disks. */
static bool file_keep(struct domain *domain, const struct domain_place *place, const char *value)
{
	if (!is_file_of_its_own(place->reference) || domain_value_is_pty(value))
		return true;
	return is_sound(domain, disk_chain_add(&domain->images, value));
}

static enum tunnel_finding finding_of(const struct domain_place *place)
{
	return place->reference == REFERENCE_NAME || place->reference == REFERENCE_UUID ? TUNNEL_IDENTITY
											: TUNNEL_VALUE;
}

/* Judges one attribute; the path of its element stands in domain->path. */
static bool attribute_judge(struct domain *domain, const char *name, const char *value)
{
	char path[2 * DOMAIN_PATH_MAX];
	const struct domain_place *place;
	size_t used = append(path, sizeof(path), 0, bytes_of(domain->path));

	used = append(path, sizeof(path), used, bytes_of("@"));
	(void)append(path, sizeof(path), used, bytes_of(name));
	place = strcspn(name, "/@") == strlen(name) ? domain_place_find(path) : NULL;
	if (place == NULL)
		return domain_refuse(domain, TUNNEL_ATTRIBUTE, path, bytes_of(value));
	if (strlen(value) >= DOMAIN_TEXT_MAX || !value_fits(domain, place, value))
		return domain_refuse(domain, finding_of(place), path, bytes_of(value));
	disk_keep(domain, place, value);
	return file_keep(domain, place, value);
}

/* Does the element have what makes the other attribute necessary? */
static bool need_arises(const struct need *need, const char *const *attributes)
{
	const char *const value = domain_attribute(attributes, need->with);

	return need->with[0] == '\0' || (value != NULL && (need->value[0] == '\0' || strcmp(need->value, value) == 0));
}

static bool needs_are_met(struct domain *domain, const char *const *attributes)
{
	for (size_t i = 0; i < N_ELEMENTS(needs); i++)
		if (strcmp(needs[i].path, domain->path) == 0 && need_arises(&needs[i], attributes) &&
			domain_attribute(attributes, needs[i].attribute) == NULL)
			return domain_refuse(domain, TUNNEL_ATTRIBUTE, domain->path, bytes_of(needs[i].attribute));
	return true;
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
	if (domain->may_keep && !domain->has_domain && strcmp(domain->path, "qemu-migration") == 0 &&
		strcmp(element, "domain") == 0) {
		/* It has rows, a uuid and a name of its own; the way back is path_leave(). */
		disks_forget(domain);
		used = 0;
	} else if (len > tail && strcmp(domain->path + len - tail, backing) == 0 && strcmp(element, backing + 1) == 0)
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

/* libvirt takes a domain's uuid from there if it has none of its own. */
static void entry_enter(struct domain *domain, const char *const *attributes)
{
	const char *const name = domain_attribute(attributes, "name");

	domain->is_smbios_uuid = name != NULL && strcmp(name, "uuid") == 0;
}

/* What libvirt takes for the format: the default if the XML has none. */
static const char *format_of(const char *const *attributes, const char *by_default)
{
	const char *const format = domain_attribute(attributes, "format");

	if (format == NULL)
		return by_default;
	return strcmp(format, "raw") == 0 ? "raw" : "qcow2";
}

/* The NVRAM of a guest has the format of its firmware unless it has its own. If no firmware is named before it, libvirt
 * chooses one, of any format. */
static void firmware_enter(struct domain *domain, const char *const *attributes)
{
	if (strcmp(domain->path, "domain/os/loader") == 0)
		domain->loader = format_of(attributes, "raw");
	else if (strcmp(domain->path, "domain/os/nvram") == 0)
		domain->nvram = format_of(attributes, domain->loader);
}

/* Notes what the values of a device depend on. */
static void device_enter(struct domain *domain, const char *const *attributes)
{
	static const char devices[] = "domain/devices/";
	const size_t len = sizeof(devices) - 1;
	const char *type;

	if (strncmp(domain->path, devices, len) != 0 || strchr(domain->path + len, '/') != NULL)
		return;
	type = domain_attribute(attributes, "type");
	domain->is_pty = type != NULL && strcmp(type, "pty") == 0;
}

static bool attributes_fit(struct domain *domain, const char *element, const char *const *attributes)
{
	unsigned count = 0;

	while (attributes[2 * count] != NULL)
		if (++count > DOMAIN_ATTRIBUTES_MAX)
			return domain_refuse(domain, TUNNEL_ATTRIBUTE, element, bytes_of("too many"));
	return true;
}

static bool count_fits(struct domain *domain, const struct domain_place *place)
{
	if (++domain->counts[domain_place_number(place)] <= domain_place_most(place))
		return true;
	return domain_refuse(domain, TUNNEL_ELEMENT, domain->path, bytes_of("too many"));
}

bool domain_start(struct domain *domain, const char *element, const char *const *attributes)
{
	const struct domain_place *place;

	if (domain->finding != TUNNEL_NOTHING)
		return false;
	if (++domain->elements > DOMAIN_ELEMENTS_MAX)
		return domain_refuse(domain, TUNNEL_ELEMENT, element, bytes_of("too many in all"));
	if (!attributes_fit(domain, element, attributes))
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
	place = domain_place_find(domain->path);
	if (place == NULL)
		return domain_refuse(domain, TUNNEL_ELEMENT, domain->path, (struct bytes){ "", 0 });
	if (!count_fits(domain, place))
		return false;
	domain->text_len = 0;
	domain->text[0] = '\0';
	domain->metadata = place->class == CLASS_METADATA;
	entry_enter(domain, attributes);
	device_enter(domain, attributes);
	firmware_enter(domain, attributes);
	for (const char *const *at = attributes; at[0] != NULL; at += 2)
		if (!attribute_judge(domain, at[0], at[1]))
			return false;
	if (!needs_are_met(domain, attributes))
		return false;
	if (!domain_interfaces_start(&domain->interfaces, domain->path, attributes))
		return domain_refuse(domain, TUNNEL_VALUE, domain->path, bytes_of("too long or too many"));
	domain_memory_start(&domain->memory, domain->path, attributes);
	return !is_of_disk(domain->path) ||
		is_sound(domain, disk_chain_start(&domain->images, domain->path, domain->depth, attributes));
}

bool domain_text(struct domain *domain, struct bytes text)
{
	if (domain->finding != TUNNEL_NOTHING)
		return false;
	if (domain->metadata != 0)
		return true;
	if (text.len >= sizeof(domain->text) - domain->text_len)
		return domain_refuse(domain, TUNNEL_VALUE, domain->path, is_blank(text) ? bytes_of("blanks") : text);
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

/* The end of a domain or of a cookie: did it name itself? If not, libvirt would look elsewhere, or take a new uuid. */
static bool named_fits(struct domain *domain)
{
	const bool is_domain = strcmp(domain->path, "domain") == 0;
	const struct domain_named *const named = named_by(domain);

	if (!is_domain && strcmp(domain->path, "qemu-migration") != 0)
		return true;
	domain->has_domain = domain->has_domain || is_domain;
	if (named->uuid && named->name)
		return true;
	return domain_refuse(domain, TUNNEL_IDENTITY, domain->path, bytes_of("no uuid or no name"));
}

/* The end of a domain: what only the whole of it tells. Without an emulator libvirt takes one by the architecture. */
static bool whole_fits(struct domain *domain)
{
	static const char emulator[] = "domain/devices/emulator";
	const char *const in_file = domain_memory_in_file(&domain->memory);

	if (strcmp(domain->path, "domain") != 0)
		return true;
	if (in_file != NULL)
		return domain_refuse(domain, TUNNEL_VALUE, in_file, bytes_of("memory in a file"));
	return domain->counts[domain_place_number(domain_place_find(emulator))] != 0 ||
		domain_refuse(domain, TUNNEL_ELEMENT, emulator, bytes_of("none"));
}

/* A finish may send the XML again, which libvirtd then ignores: the domain is that of the prepare. */
static void domain_keep(struct domain *domain)
{
	if (domain->is_cookie || domain->has_come || strcmp(domain->path, "domain") != 0)
		return;
	domain_interfaces_keep(&domain->interfaces);
	domain->has_come = true;
}

/* The end of a cookie. */
static bool cookie_fits(struct domain *domain)
{
	const char *const wrong = domain_interfaces_wrong(&domain->interfaces, domain->has_domain);

	if (strcmp(domain->path, "qemu-migration") != 0 || wrong == NULL)
		return true;
	return domain_refuse(domain, TUNNEL_VALUE, COOKIE_NETWORK, bytes_of(wrong));
}

bool domain_end(struct domain *domain)
{
	const struct domain_place *place;

	if (domain->finding != TUNNEL_NOTHING)
		return false;
	if (domain->metadata > 1) {
		domain->metadata--;
		return true;
	}
	domain->metadata = 0;
	if (domain->depth == 0)
		return domain_refuse(domain, TUNNEL_XML, "end", (struct bytes){ "", 0 });
	place = domain_place_find(domain->path);
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
	if (!named_fits(domain) || !whole_fits(domain) || !cookie_fits(domain))
		return false;
	domain_keep(domain);
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
	return true;
}
