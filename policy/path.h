/* SPDX-License-Identifier: Apache-2.0 */
/* path: checks a path below an instances root by its bytes alone.
 * openat2(2) and Landlock enforce the result against symlinks and races.
 * Pure: no heap, no I/O, no globals. Nova's layout: nova/virt/libvirt/utils.py, imagecache.py. */
#ifndef POLICY_PATH_H
#define POLICY_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"
#include "policy/limits.h"

/* True if text, of len bytes, is a canonical lower-case uuid (8-4-4-4-12). */
bool path_is_uuid(const char *text, size_t len);

/* True if word is an absolute path in plain form: only bytes that words_allow(), no name that is empty, begins with a
 * dot or is longer than COMPONENT_MAX, and no slash at the end. "/" is not plain. */
bool path_is_plain(const char *word);

/* False if the plain path word is too deep, or so long that a record would cut it: the audit must name the file. rel is
 * its part below the root, and may have PATH_DEPTH_MAX names after the first. */
bool path_is_bounded(const char *word, const char *rel);

/* Returns the part of a plain path below root, "" if it is root itself, NULL if it is outside. Borrows from word. */
const char *path_below(const char *word, const char *root);

/* Returns the length of the first name of a relative path. */
size_t path_first_len(const char *rel);

enum pattern_hit {
	PATTERN_MISS,
	PATTERN_EXACT,
	PATTERN_BELOW,
};

/* True if text is a pattern of the [paths] section: a relative path in plain form, in which %u stands for a uuid and %x
 * for PROBE_HEX_LEN lower-case hex digits. */
bool pattern_is_valid(const char *text);

/* Tells whether pattern matches rel exactly, or matches a directory above it. */
enum pattern_hit pattern_match(const char *pattern, const char *rel);

#endif
