/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/peers_check.h"

#include <stdlib.h>
#include <string.h>

struct entries {
	struct peers_entry *at; /* owned */
	size_t count, room;
};

static struct peers_entry *entry_add(struct entries *entries)
{
	if (entries->count == entries->room) {
		const size_t room = entries->room == 0 ? 256 : 2 * entries->room;
		struct peers_entry *const at = reallocarray(entries->at, room, sizeof(*at));

		if (at == NULL)
			return NULL;
		entries->at = at;
		entries->room = room;
	}
	return &entries->at[entries->count++];
}

/* Reads to the end or to the first broken line. Sets the fault of that line. */
static int entries_read(struct entries *out, struct peers_fault *fault, struct bytes file)
{
	struct peers_reading reading = { .rest = file };
	struct peers_entry entry;

	while (peers_next(&entry, &reading, fault)) {
		struct peers_entry *const place = entry_add(out);

		if (place == NULL)
			return -1;
		*place = entry;
	}
	return 0;
}

static int compare_lines(const struct peers_entry *a, const struct peers_entry *b)
{
	return (a->line > b->line) - (a->line < b->line);
}

static int compare_addresses(const void *a, const void *b)
{
	const struct peers_entry *const left = a, *const right = b;
	const int order = strcmp(left->address, right->address);

	return order != 0 ? order : compare_lines(left, right);
}

static int compare_names(const void *a, const void *b)
{
	const struct peers_entry *const left = a, *const right = b;
	const int order = strcmp(left->name, right->name);

	return order != 0 ? order : compare_lines(left, right);
}

static void addresses_check(struct entries *entries, peers_fault_fn *on_fault, void *user)
{
	qsort(entries->at, entries->count, sizeof(*entries->at), compare_addresses);
	for (size_t i = 1; i < entries->count; i++) {
		const struct peers_entry *const entry = &entries->at[i];
		const struct peers_fault fault = { PEERS_REPEATED_ADDRESS, entry->line };

		if (strcmp(entry->address, entry[-1].address) == 0)
			on_fault(user, &fault, entry->address);
	}
}

/* Returns the number of names. */
static unsigned names_check(struct entries *entries, peers_fault_fn *on_fault, void *user)
{
	unsigned names = 0;

	qsort(entries->at, entries->count, sizeof(*entries->at), compare_names);
	for (size_t i = 0; i < entries->count; i++) {
		const struct peers_entry *const entry = &entries->at[i];
		const struct peers_fault fault = { PEERS_REPEATED_NAME, entry->line };

		if (i == 0 || strcmp(entry->name, entry[-1].name) != 0)
			names++;
		else if (entry->line != entry[-1].line)
			on_fault(user, &fault, entry->name);
	}
	return names;
}

int peers_check(struct peers_count *out, struct bytes file, peers_fault_fn *on_fault, void *user)
{
	struct entries entries = { .at = NULL };
	struct peers_fault fault;
	const int rc = entries_read(&entries, &fault, file);

	*out = (struct peers_count){ 0, (unsigned)entries.count };
	if (rc == 0 && fault.error != PEERS_OK)
		on_fault(user, &fault, "");
	else if (rc == 0 && entries.count != 0) {
		addresses_check(&entries, on_fault, user);
		out->peers = names_check(&entries, on_fault, user);
	}
	free(entries.at);
	return rc;
}
