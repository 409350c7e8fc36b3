/* SPDX-License-Identifier: Apache-2.0 */
/* path: a word that names a place below an instances root, judged by its bytes alone.
 * What is decided here explains; that nothing is reached through a symlink or a race is for openat2(2)
 * and Landlock to enforce.
 * Pure: no heap, no I/O, no globals. Nova's layout: nova/virt/libvirt/utils.py, imagecache.py. */
#ifndef POLICY_PATH_H
#define POLICY_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"
#include "policy/limits.h"

/* Is text of len bytes a canonical lower-case uuid (8-4-4-4-12)? */
bool path_is_uuid(const char *text, size_t len);

/* Is word absolute and in plain form: no byte that a word cannot have, no empty, "." or ".." name, none
 * that begins with a dot, none of more than COMPONENT_MAX bytes, no slash at the end? "/" is not plain. */
bool path_is_plain(const char *word);

/* False if the plain word, whose part below the root is rel, has more than PATH_DEPTH_MAX names below the first, or
 * is so long that a record would cut it: then the audit would not name the file. */
bool path_is_bounded(const char *word, const char *rel);

/* The part of a plain word below root, "" when it is root itself, NULL when it is neither.
 * Borrows from word. */
const char *path_below(const char *word, const char *root);

/* Length of the first name of a relative path. */
size_t path_first_len(const char *rel);

enum pattern_hit {
	PATTERN_MISS,
	PATTERN_EXACT,
	PATTERN_BELOW,
};

/* Is text a pattern of the [paths] section: names apart by single slashes, relative, plain, of bytes that
 * a command line can hold, where %u stands for a uuid and %x for PROBE_HEX_LEN lower-case hex digits? */
bool pattern_is_valid(const char *text);

/* Does rel name what pattern names, or something below it? */
enum pattern_hit pattern_match(const char *pattern, const char *rel);

#endif
