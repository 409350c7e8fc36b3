/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/disk_chain.h"

#include <stddef.h>
#include <string.h>

#include "policy/domain_place.h"

/* Copies a value, once. A missing one leaves out as it is. */
static const char *value_take(char *out, size_t size, const char *value)
{
	if (value == NULL)
		return NULL;
	if (strlen(value) >= size)
		return "too long";
	strcpy(out, value);
	return NULL;
}

static const char *image_add(struct disk_chain *chain, const struct disk_image *image)
{
	if (chain->count == DISK_IMAGES_MAX)
		return "too many files";
	chain->at[chain->count++] = *image;
	return NULL;
}

const char *disk_chain_add(struct disk_chain *chain, const char *path)
{
	struct disk_image file = { .path = "" };
	const char *const wrong = value_take(file.path, sizeof(file.path), path);

	for (unsigned i = 0; i < chain->count; i++)
		if (chain->at[i].format[0] == '\0' && strcmp(chain->at[i].path, path) == 0)
			return NULL;
	return wrong != NULL ? wrong : image_add(chain, &file);
}

static void disk_begin(struct disk_chain *chain, unsigned depth, const char *type)
{
	chain->depth = depth;
	chain->next = depth + 1;
	chain->is_file = type != NULL && strcmp(type, "file") == 0;
	chain->has_driver = chain->has_source = false;
	chain->own = chain->backing = (struct disk_image){ .path = "" };
	strcpy(chain->own.format, "raw"); /* which libvirt takes if the XML has none */
}

static bool once(bool *flag)
{
	const bool first = !*flag;

	*flag = true;
	return first;
}

/* A backing store without a type ends the chain, whatever is in it. */
static const char *backing_begin(struct disk_chain *chain, unsigned depth, const char *type)
{
	const bool is_first = depth == chain->depth + 1;

	if (depth != chain->next)
		return "more than one";
	if (!is_first && (chain->backing.path[0] == '\0' || chain->backing.format[0] == '\0'))
		return "no format or no file before it";
	if (!is_first && image_add(chain, &chain->backing) != NULL)
		return "too many files";
	chain->backing = (struct disk_image){ .is_backing = true };
	chain->next = type == NULL ? 0 : depth + 1;
	return NULL;
}

/* What is in a backing store comes before the next one in it, as libvirt writes it. */
static const char *backing_take(struct disk_chain *chain, unsigned depth, char *out, size_t size, const char *value)
{
	if (depth != chain->next || out[0] != '\0')
		return "twice, or behind the next backing store";
	return value_take(out, size, value);
}

const char *disk_chain_start(struct disk_chain *chain, const char *path, unsigned depth, const char *const *attributes)
{
	const char *const rel = path + strlen(DISK_ELEMENT);
	struct disk_image *const own = &chain->own, *const backing = &chain->backing;

	if (rel[0] == '\0')
		disk_begin(chain, depth, domain_attribute(attributes, "type"));
	else if (strcmp(rel, "/driver") == 0)
		return once(&chain->has_driver)
			? value_take(own->format, sizeof(own->format), domain_attribute(attributes, "type"))
			: "more than one";
	else if (strcmp(rel, "/source") == 0)
		return once(&chain->has_source)
			? value_take(own->path, sizeof(own->path), domain_attribute(attributes, "file"))
			: "more than one";
	else if (strcmp(rel, "/backingStore") == 0)
		return backing_begin(chain, depth, domain_attribute(attributes, "type"));
	else if (strcmp(rel, "/backingStore/format") == 0)
		return backing_take(
			chain, depth, backing->format, sizeof(backing->format), domain_attribute(attributes, "type"));
	else if (strcmp(rel, "/backingStore/source") == 0)
		return backing_take(
			chain, depth, backing->path, sizeof(backing->path), domain_attribute(attributes, "file"));
	return NULL;
}

const char *disk_chain_end(struct disk_chain *chain, unsigned depth)
{
	if (depth != chain->depth)
		return NULL;
	chain->depth = 0;
	if (chain->next != 0 && chain->next != depth + 1)
		return "a chain without an end";
	/* The guest writes the header of such a device, and nobody judges it. */
	if (!chain->is_file && strcmp(chain->own.format, "raw") != 0)
		return "a device that is not raw";
	return chain->is_file && chain->own.path[0] != '\0' ? image_add(chain, &chain->own) : NULL;
}
