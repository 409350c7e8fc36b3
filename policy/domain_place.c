/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain_place.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "policy/attributes.h"

static const struct domain_place places[] = {
#define PLACE(path, class, words) { path, CLASS_##class, REFERENCE_NONE, words },
#define REFERENCE(path, thing) { path, CLASS_NONE, REFERENCE_##thing, "" },
#include "policy/domain.def"
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

const struct domain_place *domain_place_find(const char *path)
{
	for (size_t i = 0; i < N_ELEMENTS(places); i++)
		if (path_fits(places[i].path, path))
			return &places[i];
	return NULL;
}
