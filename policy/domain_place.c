/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain_place.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "policy/attributes.h"

static const struct domain_place places[] = {
#define PLACE(path, class, words) { path, CLASS_##class, REFERENCE_NONE, words },
#define REFERENCE(path, thing) { path, CLASS_NONE, REFERENCE_##thing, "" },
#define MOST(path, number)
#include "policy/domain.def"
#undef MOST
#undef REFERENCE
#undef PLACE
};

static const struct most {
	char path[56];
	unsigned number;
} mosts[] = {
#define PLACE(path, class, words)
#define REFERENCE(path, thing)
#define MOST(path, number) { path, number },
#include "policy/domain.def"
#undef MOST
#undef REFERENCE
#undef PLACE
};

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

size_t domain_place_number(const struct domain_place *place)
{
	return (size_t)(place - places);
}

unsigned domain_place_most(const struct domain_place *place)
{
	for (size_t i = 0; i < N_ELEMENTS(mosts); i++)
		if (strcmp(mosts[i].path, place->path) == 0)
			return mosts[i].number;
	return ELEMENTS_OF_A_PLACE;
}

const struct domain_place *domain_place_find(const char *path)
{
	for (size_t i = 0; i < N_ELEMENTS(places); i++)
		if (path_fits(places[i].path, path))
			return &places[i];
	return NULL;
}

const char *domain_attribute(const char *const *attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}
