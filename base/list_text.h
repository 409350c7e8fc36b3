/* SPDX-License-Identifier: Apache-2.0 */
/* list_text: a comma-separated list for one field of an audit record. If entries have no room, the list counts
 * them and ends in "more:N". Bytes of a name that could be read as part of the list are written as "?".
 * No heap; borrows the buffer. */
#ifndef BASE_LIST_TEXT_H
#define BASE_LIST_TEXT_H

#include <stddef.h>

struct list_text {
	char *at;
	size_t used, room; /* room with the ending NUL */
	unsigned more;
};

void list_text_begin(struct list_text *list, char *at, size_t room);

/* Adds the entry name, or "name:word" if word is not NULL. */
void list_text_add(struct list_text *list, const char *name, const char *word);

/* Ends the list, "" if nothing was added. */
void list_text_end(struct list_text *list);

#endif
