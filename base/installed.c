/* SPDX-License-Identifier: Apache-2.0 */
#include "base/installed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *installed_find(const char *const places[], unsigned count, char found[PATH_MAX])
{
	char own[PATH_MAX], path[PATH_MAX + 32];
	const ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (len <= 0)
		return NULL;
	own[len] = '\0';
	strrchr(own, '/')[1] = '\0';
	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s%s", own, places[i]);
		if (realpath(path, found) != NULL)
			return found;
	}
	return NULL;
}
