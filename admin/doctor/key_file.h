/* SPDX-License-Identifier: Apache-2.0 */
/* key_file: the files with the keys that may log in, and their lines. Source: sshd(8), AUTHORIZED_KEYS;
 * sshd_config(5), AuthorizedKeysFile. */
#ifndef ADMIN_DOCTOR_KEY_FILE_H
#define ADMIN_DOCTOR_KEY_FILE_H

#include <pwd.h>
#include <stddef.h>

#include "admin/sshd_settings.h"

enum {
	KEY_FILE_NAME_MAX = 1024,
};

typedef void key_file_fn(void *context, const char *path);

/* Calls look with each file of a keyword such as "authorizedkeysfile" that sshd reads for the user, even if it does not
 * exist. Skips names that are too long. */
void key_files_each(const struct sshd_settings *settings, const char *keyword, const struct passwd *entry,
	key_file_fn *look, void *context);

typedef void key_line_fn(void *context, unsigned number, char *line);

/* Calls look with each line of a file that is neither empty nor a comment, from its first letter, as sshd reads it: with
 * the user's rights, or as root if entry is NULL. Fails with -1 and errno. */
MUST_USE int key_lines_each(const struct passwd *entry, const char *path, key_line_fn *look, void *context);

/* Replaces %h, %u, %U and %% in a pattern. False for another token, or if the result is too long. */
MUST_USE bool key_tokens_fill(char out[KEY_FILE_NAME_MAX], const struct passwd *entry, const char *pattern, size_t len);

/* The length of the options of a line: the text before the first blank outside quotes, unless it is a key type. */
size_t key_options_len(const char *line);

/* The base64 of the key in a line, behind its options and type; NULL if the line has no key. */
const char *key_blob(const char *line, size_t *len);

/* Does one of the options have this name? Commas outside quotes separate them. */
bool key_has_option(const char *options, size_t len, const char *name);

/* The length of the first option, up to its comma or the end. */
size_t key_option_len(const char *options, size_t len);

/* Options that undo a part of restrict; NULL ends them. */
extern const char *const key_undoing[];

#endif
