/* SPDX-License-Identifier: Apache-2.0 */
/* domain: may this domain arrive? Judges the XML of a domain, or of a migration's cookie, element by element, on the
 * allow list of domain.def. The names are libvirt's, the values untrusted.
 * Takes:   what a parser of XML reports: elements with their attributes, text, ends; in the order of the document.
 * Fails:   at the first thing that is not allowed; *detail then names the place and the value. It stays failed.
 * Owns:    nothing; config is borrowed.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_DOMAIN_H
#define POLICY_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/config.h"
#include "policy/disk_chain.h"
#include "policy/domain_interfaces.h"
#include "policy/domain_memory.h"
#include "policy/domain_value.h"
#include "policy/limits.h"
#include "policy/tunnel.h"

enum {
	DOMAIN_DEPTH_MAX = 16,	/* elements within each other */
	DOMAIN_PATH_MAX = 256,	/* bytes of their names, with slashes and the ending NUL */
	DOMAIN_TEXT_MAX = 1024, /* of a text or an attribute's value, with its ending NUL */
	DOMAIN_DISKS_MAX = 640, /* of the list of disks, with its ending NUL */
	DOMAIN_METADATA_DEPTH = 32,
	DOMAIN_ELEMENTS_MAX = 2000, /* of a document, those of metadata too */
	DOMAIN_ATTRIBUTES_MAX = 64, /* of an element, those of metadata too: libxml2 looks each through all before it */
};

/* Which of them a document has named, of itself. */
struct domain_named {
	bool uuid, name;
};

struct domain {
	const struct config *config;
	/* Of the migration: set by the first document that has them, and compared in each later one. */
	char uuid[UUID_LEN + 1], name[DOMAIN_NAME_MAX];
	char disks[DOMAIN_DISKS_MAX]; /* "SOURCE,...", backing files too; ends with ",..." if there are more */
	struct disk_chain images;     /* of the last document that has disks */
	bool has_come;		      /* its XML was judged; one that is sent again changes nothing */
	struct domain_interfaces interfaces;
	enum tunnel_finding finding;
	char detail[TUNNEL_DETAIL_MAX]; /* "PLACE=VALUE" of the finding, "" for none */
	/* Of one document: */
	bool is_cookie, has_root, has_domain;
	struct domain_named own, cookie;   /* by the domain; by the cookie that it is in */
	bool may_keep;			   /* a domain in a cookie */
	bool is_pty;			   /* of the device that we are in */
	const char *loader, *nvram;	   /* formats of the firmware, constants; NULL before */
	struct domain_memory memory;	   /* of the domain */
	bool is_smbios_uuid;		   /* of the entry that we are in */
	unsigned elements;		   /* so far, */
	uint16_t counts[DOMAIN_PLACES];	   /* and of each row of domain.def */
	unsigned depth, metadata;	   /* elements that are open; within metadata */
	uint16_t starts[DOMAIN_DEPTH_MAX]; /* length of the path before each */
	char path[DOMAIN_PATH_MAX];
	size_t text_len;
	char text[DOMAIN_TEXT_MAX];
};

enum domain_document {
	DOMAIN_XML,
	DOMAIN_PREPARE_COOKIE,
	DOMAIN_FINISH_COOKIE, /* has the domain that is to be kept */
};

void domain_begin(struct domain *out, const struct config *config);

/* A document is about to come. Is it one that every parser of XML reads alike? It begins with its root, and has no
 * declaration, comment, CDATA or processing instruction, no byte of control and no entity but the five of XML.
 * False and a finding if not. */
MUST_USE bool domain_open(struct domain *domain, struct bytes xml, enum domain_document kind);

/* attributes: name, value, name, value ... NULL. False and a finding if not allowed; then stop. */
MUST_USE bool domain_start(struct domain *domain, const char *element, const char *const *attributes);
MUST_USE bool domain_text(struct domain *domain, struct bytes text);
MUST_USE bool domain_end(struct domain *domain);

/* The document is over: was it whole, and did it name the domain? */
MUST_USE bool domain_close(struct domain *domain);

/* Sets a finding, with "PLACE=VALUE", unless there is one. Returns false. */
bool domain_refuse(struct domain *domain, enum tunnel_finding finding, const char *place, struct bytes value);

#endif
