/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain_memory.h"

#include <stddef.h>
#include <string.h>

#include "policy/domain_place.h"

#define ACCESS "domain/memoryBacking/access"
#define CELL "domain/cpu/numa/cell"

enum {
	CELLS = 64,	 /* as many as a domain may have */
	HUGE_KIB = 2048, /* no kernel has it as the size of its usual pages, which libvirt takes for none */
};

/* Reads the number of a cell, and goes behind it. */
static bool cell_take(const char **at, unsigned *out)
{
	const size_t len = strspn(*at, "0123456789");

	if (len == 0 || len > 2)
		return false;
	*out = 0;
	for (size_t i = 0; i < len; i++)
		*out = *out * 10 + (unsigned)(*(*at)++ - '0');
	return *out < CELLS;
}

/* "0-1,3": 0, no cell, for what is written in another way. */
static uint64_t cells_of(const char *text)
{
	uint64_t cells = 0;

	for (;;) {
		unsigned first, last;

		if (!cell_take(&text, &first))
			return 0;
		last = first;
		if (*text == '-') {
			text++;
			if (!cell_take(&text, &last))
				return 0;
		}
		for (unsigned i = first; i <= last; i++)
			cells |= UINT64_C(1) << i;
		if (*text == '\0')
			return cells;
		if (*text++ != ',')
			return 0;
	}
}

/* size: digits, 12 at most. */
static bool is_huge(const char *size)
{
	uint64_t kib = 0;

	for (; size != NULL && *size != '\0'; size++)
		kib = kib * 10 + (uint64_t)(*size - '0');
	return kib >= HUGE_KIB;
}

static void page_start(struct domain_memory *memory, const char *size, const char *nodeset)
{
	memory->has_small = memory->has_small || !is_huge(size);
	memory->huge |= nodeset == NULL ? 0 : cells_of(nodeset);
}

static void cell_start(struct domain_memory *memory, const char *id)
{
	unsigned cell;

	if (id == NULL || !cell_take(&id, &cell) || *id != '\0')
		memory->has_strange = true;
	else
		memory->cells |= UINT64_C(1) << cell;
}

void domain_memory_start(struct domain_memory *memory, const char *path, const char *const *attributes)
{
	const char *const type = domain_attribute(attributes, "type");

	if (strcmp(path, "domain/memoryBacking/source") == 0)
		memory->is_memfd = type != NULL && strcmp(type, "memfd") == 0;
	else if (strcmp(path, "domain/memoryBacking/hugepages/page") == 0)
		page_start(memory, domain_attribute(attributes, "size"), domain_attribute(attributes, "nodeset"));
	else if (strcmp(path, ACCESS) == 0)
		memory->has_access = memory->has_access || domain_attribute(attributes, "mode") != NULL;
	else if (strcmp(path, CELL) == 0 && domain_attribute(attributes, "memAccess") != NULL)
		cell_start(memory, domain_attribute(attributes, "id"));
}

const char *domain_memory_in_file(const struct domain_memory *memory)
{
	const uint64_t huge = memory->has_small ? 0 : memory->huge;

	if (memory->is_memfd)
		return NULL;
	if (memory->has_access)
		return ACCESS;
	return memory->has_strange || (memory->cells & ~huge) != 0 ? CELL : NULL;
}
