/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list_text.h"

#include <stdio.h>
#include <string.h>

enum {
	MORE_MAX = sizeof(",more:4294967295"),
};

void list_text_begin(struct list_text *list, char *at, size_t room)
{
	*list = (struct list_text){ .at = at, .room = room };
	at[0] = '\0';
}

static void put(struct list_text *list, const char *text)
{
	const size_t len = strlen(text);

	memcpy(list->at + list->used, text, len + 1);
	list->used += len;
}

/* As put(), for bytes that a peer chose. */
static void put_name(struct list_text *list, const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/+-";
	char *at = list->at + list->used;

	put(list, name);
	for (; *at != '\0'; at++)
		if (strchr(plain, *at) == NULL)
			*at = '?';
}

void list_text_add(struct list_text *list, const char *name, const char *word)
{
	const size_t len = strlen(name) + (word == NULL ? 0 : strlen(word) + 1);

	if (list->more != 0 || list->used + 1 + len + MORE_MAX > list->room) {
		list->more++;
		return;
	}
	if (list->used != 0)
		put(list, ",");
	put_name(list, name);
	if (word == NULL)
		return;
	put(list, ":");
	put(list, word);
}

void list_text_end(struct list_text *list)
{
	if (list->more != 0)
		(void)snprintf(list->at + list->used, list->room - list->used, "%smore:%u", list->used != 0 ? "," : "",
			list->more);
}
