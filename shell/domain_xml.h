/* SPDX-License-Identifier: Apache-2.0 */
/* domain_xml: reads a document with expat and lets policy/domain.h judge it.
 * Expat gets its memory out of one block, so that it works where no system call for memory is allowed. It reads no DTD,
 * no entity but the five of XML, and UTF-8 alone.
 * Source: the manual of expat, "Parser Creation". */
#ifndef SHELL_DOMAIN_XML_H
#define SHELL_DOMAIN_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"
#include "policy/domain.h"

enum {
	DOMAIN_XML_MEMORY = 8 * 1024 * 1024,
};

/* The block that every later reading uses, and a random number against documents that make expat's tables slow. memory
 * is borrowed for good. */
void domain_xml_prepare(void *memory, size_t size, unsigned long salt);

/* True if the document is allowed; false and a finding in domain if not. */
MUST_USE bool domain_xml_judge(struct domain *domain, struct bytes xml, enum domain_document kind);

#endif
