/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/domain.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PLACES_MAX = 16, /* nested: a disk and its backing stores */
	CHUNK = 16 * 1024,
};

/* An element that names a file: its depth, and the file as far as it has been read. */
struct place {
	unsigned depth;
	bool takes_text; /* the file's path is the element's text */
	struct domain_file file;
};

struct reading {
	XML_Parser parser;
	struct domain *out;
	const char *why;
	char section[16]; /* the element of depth 2 around this one */
	unsigned depth, count;
	struct place at[PLACES_MAX];
};

/* The elements that name files. section: the element of depth 2 around them; NULL if they are inside another of these
 * elements. */
static const struct kind {
	const char *element, *section;
	bool takes_text, is_image, is_backing;
} kinds[] = {
	{ "disk", "devices", false, true, false },
	{ "backingStore", NULL, false, true, true },
	{ "mirror", NULL, false, true, false },
	{ "kernel", "os", true, false, false },
	{ "initrd", "os", true, false, false },
	{ "dtb", "os", true, false, false },
	{ "loader", "os", true, true, false },
	{ "nvram", "os", true, true, false },
	{ "serial", "devices", false, false, false },
	{ "console", "devices", false, false, false },
	{ "log", NULL, false, false, false },
};

static void stop(struct reading *reading, const char *why)
{
	if (reading->why == NULL)
		reading->why = why;
	XML_StopParser(reading->parser, XML_FALSE);
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

/* Copies the whole value. Stops at a value that is too long: a shortened name would name another file. */
static void value_copy(struct reading *reading, char *out, size_t size, const char *value)
{
	if (value == NULL)
		return;
	if (strlen(value) >= size)
		stop(reading, "a name in the domain's XML is too long");
	else
		strcpy(out, value);
}

static struct place *place_top(struct reading *reading)
{
	return reading->count == 0 ? NULL : &reading->at[reading->count - 1];
}

static void place_push(struct reading *reading, const struct kind *kind, const char **attributes)
{
	struct place *place;

	if (reading->count == PLACES_MAX) {
		stop(reading, "the domain's XML nests too many disks");
		return;
	}
	place = &reading->at[reading->count++];
	*place = (struct place){ .depth = reading->depth, .takes_text = kind->takes_text };
	place->file.is_image = kind->is_image;
	place->file.is_backing = kind->is_backing;
	strcpy(place->file.format, "raw"); /* the format that libvirt tells QEMU if the XML has none */
	value_copy(reading, place->file.format, sizeof(place->file.format), attribute(attributes, "format"));
	value_copy(reading, place->file.path, sizeof(place->file.path), attribute(attributes, "file")); /* of a log */
}

/* Reads an element inside a place that names the file or its format. */
static void detail_read(struct reading *reading, struct place *place, const char *element, const char **attributes)
{
	struct domain_file *const file = &place->file;

	if (reading->depth != place->depth + 1)
		return;
	if (strcmp(element, "driver") == 0 || strcmp(element, "format") == 0)
		value_copy(reading, file->format, sizeof(file->format), attribute(attributes, "type"));
	if (strcmp(element, "source") != 0)
		return;
	place->takes_text = false;
	value_copy(reading, file->path, sizeof(file->path), attribute(attributes, "file"));
	value_copy(reading, file->path, sizeof(file->path), attribute(attributes, "dev"));
	if (!file->is_image)
		value_copy(reading, file->path, sizeof(file->path), attribute(attributes, "path"));
}

static const struct kind *kind_find(const struct reading *reading, const char *element)
{
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		const char *const section = kinds[i].section;

		if (strcmp(kinds[i].element, element) != 0)
			continue;
		if (section == NULL ? reading->count != 0
				    : reading->depth == 3 && strcmp(reading->section, section) == 0)
			return &kinds[i];
	}
	return NULL;
}

static void on_start(void *user, const char *element, const char **attributes)
{
	struct reading *const reading = user;
	struct place *const place = place_top(reading);
	const struct kind *kind;

	reading->depth++;
	if (reading->depth == 1 && strcmp(element, "domain") != 0)
		stop(reading, "the input is not the XML of a libvirt domain");
	if (reading->depth == 2)
		snprintf(reading->section, sizeof(reading->section), "%s", element);
	kind = kind_find(reading, element);
	if (kind != NULL)
		place_push(reading, kind, attributes);
	else if (place != NULL)
		detail_read(reading, place, element, attributes);
}

static void on_text(void *user, const char *text, int len)
{
	struct reading *const reading = user;
	struct place *const place = place_top(reading);
	size_t used;

	if (place == NULL || !place->takes_text || place->depth != reading->depth)
		return;
	used = strlen(place->file.path);
	if ((size_t)len >= sizeof(place->file.path) - used) {
		stop(reading, "a name in the domain's XML is too long");
		return;
	}
	memcpy(place->file.path + used, text, (size_t)len);
	place->file.path[used + (size_t)len] = '\0';
}

static void on_end(void *user, const char *element)
{
	struct reading *const reading = user;
	struct place *const place = place_top(reading);

	(void)element;
	if (place != NULL && place->depth == reading->depth) {
		reading->count--;
		if (place->file.path[0] != '\0' && reading->out->count == DOMAIN_FILES_MAX)
			stop(reading, "the domain's XML names too many files");
		else if (place->file.path[0] != '\0')
			reading->out->at[reading->out->count++] = place->file;
	}
	reading->depth--;
}

static void on_doctype(void *user, const char *name, const char *system, const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(user, "the domain's XML has a document type declaration");
}

static void feed(struct reading *reading, int fd)
{
	char chunk[CHUNK];
	size_t size = 0;
	ssize_t len;

	do {
		do
			len = read(fd, chunk, sizeof(chunk));
		while (len < 0 && errno == EINTR);
		if (len < 0 || (size += (size_t)len) > DOMAIN_SIZE_MAX) {
			stop(reading, len < 0 ? "cannot read the domain's XML" : "the domain's XML is too large");
			return;
		}
	} while (XML_Parse(reading->parser, chunk, (int)len, len == 0) == XML_STATUS_OK && len != 0);
	if (reading->why == NULL && XML_GetErrorCode(reading->parser) != XML_ERROR_NONE)
		reading->why = "the input is not the XML of a libvirt domain";
}

int domain_read(struct domain *out, int fd, const char **why)
{
	static struct reading reading;

	reading = (struct reading){ .parser = XML_ParserCreate(NULL), .out = out };
	out->count = 0;
	if (reading.parser == NULL) {
		*why = "out of memory while reading the domain's XML";
		return -1;
	}
	XML_SetUserData(reading.parser, &reading);
	XML_SetElementHandler(reading.parser, on_start, on_end);
	XML_SetCharacterDataHandler(reading.parser, on_text);
	XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
	feed(&reading, fd);
	XML_ParserFree(reading.parser);
	*why = reading.why;
	return reading.why == NULL ? 0 : -1;
}
