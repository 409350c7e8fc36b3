/* SPDX-License-Identifier: Apache-2.0 */
/* domain_place: the places in the XML of an arriving domain, as domain.def lists them: elements and attributes, and what
 * may stand there.
 * Pure: no heap, no I/O, no globals. Source: domain.def. */
#ifndef POLICY_DOMAIN_PLACE_H
#define POLICY_DOMAIN_PLACE_H

#include <stddef.h>

/* Of a value that its text alone decides. */
enum domain_class {
	CLASS_NONE,    /* the place has a reference */
	CLASS_EMPTY,   /* no text */
	CLASS_NOTHING, /* a value, which is "" */
	CLASS_ONE_OF,
	CLASS_NUMBER,
	CLASS_COUNT,
	CLASS_SIZE, /* of memory, in KiB */
	CLASS_DISK, /* the guest's name of one */
	CLASS_NUMBERS,
	CLASS_PORT, /* of a serial console: 10000 to 20000, [serial_console] port_range of Nova */
	CLASS_WORD,
	CLASS_TEXT,
	CLASS_HOST,
	CLASS_ANY_UUID,
	CLASS_METADATA, /* whatever is in it, nothing of libvirt or QEMU reads */
	CLASS_PTY,
	CLASS_TAP, /* the interface that Nova names after a port of Neutron */
};

/* What a value names, of the domain or of this host. */
enum domain_reference {
	REFERENCE_NONE,		 /* the place has a class */
	REFERENCE_NAME,		 /* of the domain */
	REFERENCE_UUID,		 /* of the domain */
	REFERENCE_SMBIOS,	 /* a text, or the uuid of the domain if it is the entry of that */
	REFERENCE_INSTANCE_FILE, /* in the directory of this domain's uuid */
	REFERENCE_BACKING_FILE,	 /* there, or what [images] backing names */
	REFERENCE_BLOCK_DEVICE,
	REFERENCE_RBD_NAME,
	REFERENCE_EMULATOR,
	REFERENCE_FIRMWARE,
	REFERENCE_NVRAM,
	REFERENCE_NVRAM_TEMPLATE,
	REFERENCE_KERNEL,
	REFERENCE_RAMDISK,
	REFERENCE_CONSOLE_LOG,
	REFERENCE_CONSOLE_PATH, /* a pseudo terminal, or that log */
	REFERENCE_CHANNEL_PATH,
	REFERENCE_LISTEN,
	REFERENCE_BRIDGE,
};

struct domain_place {
	char path[64];
	enum domain_class class;
	enum domain_reference reference;
	char words[56]; /* of CLASS_ONE_OF, apart by "|" */
};

/* How many rows domain.def has. */
enum {
	DOMAIN_PLACES = 0
#define PLACE(path, class, words) +1
#define REFERENCE(path, thing) +1
#define MOST(path, number)
#include "policy/domain.def"
#undef MOST
#undef REFERENCE
#undef PLACE
};

enum {
	ELEMENTS_OF_A_PLACE = 64, /* in one document, unless its row has another number */
};

/* path: names of elements apart by slashes, and "@" before that of an attribute. Returns a row of domain.def, NULL for
 * none. */
const struct domain_place *domain_place_find(const char *path);

/* The number of a row of domain.def, below DOMAIN_PLACES. */
size_t domain_place_number(const struct domain_place *place);

/* How many elements of this row may a document have? */
unsigned domain_place_most(const struct domain_place *place);

/* The value of an attribute of an element, NULL for none. attributes: name, value, name, value ... NULL. */
const char *domain_attribute(const char *const *attributes, const char *name);

#endif
