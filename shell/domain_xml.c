/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/domain_xml.h"

#include <expat.h>
#include <string.h>

enum {
	ALIGNMENT = 16, /* of each piece, behind a head of this size that holds its length */
};

/* Pieces of one block, one behind the other. Only the last one is given back or grows in place; what is left of the
 * others is free when the document is over. A document of RPC_CALL_MAX bytes needs less than half of the block. */
static struct {
	char *memory;
	size_t size, used;
	char *last; /* NULL for none */
	unsigned long salt;
} block;

static size_t rounded(size_t size)
{
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void *piece_make(size_t size)
{
	char *piece;

	if (block.memory == NULL || size > block.size || rounded(size) + ALIGNMENT > block.size - block.used)
		return NULL;
	piece = block.memory + block.used + ALIGNMENT;
	memcpy(piece - ALIGNMENT, &size, sizeof(size));
	block.used += ALIGNMENT + rounded(size);
	block.last = piece;
	return piece;
}

static void piece_free(void *piece)
{
	if (piece == NULL || piece != block.last)
		return;
	block.used = (size_t)(block.last - ALIGNMENT - block.memory);
	block.last = NULL;
}

static void *piece_resize(void *piece, size_t size)
{
	size_t old;
	void *moved;

	if (piece == NULL)
		return piece_make(size);
	memcpy(&old, (char *)piece - ALIGNMENT, sizeof(old));
	if (piece == block.last) {
		piece_free(piece);
		moved = piece_make(size);
		return moved;
	}
	if (size <= old)
		return piece;
	moved = piece_make(size);
	if (moved != NULL)
		memcpy(moved, piece, old);
	return moved;
}

void domain_xml_prepare(void *memory, size_t size, unsigned long salt)
{
	block.memory = memory;
	block.size = size;
	block.used = 0;
	block.last = NULL;
	block.salt = salt;
}

struct reading {
	XML_Parser parser;
	struct domain *domain;
};

static void go_on(struct reading *reading, bool allowed)
{
	if (!allowed)
		(void)XML_StopParser(reading->parser, XML_FALSE);
}

static void on_start(void *user, const XML_Char *element, const XML_Char **attributes)
{
	struct reading *const reading = user;

	go_on(reading, domain_start(reading->domain, element, attributes));
}

static void on_end(void *user, const XML_Char *element)
{
	struct reading *const reading = user;

	(void)element;
	go_on(reading, domain_end(reading->domain));
}

static void on_text(void *user, const XML_Char *text, int len)
{
	struct reading *const reading = user;

	go_on(reading, domain_text(reading->domain, (struct bytes){ text, (size_t)len }));
}

/* domain_open() has refused each document that has one. */
static void on_doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	struct reading *const reading = user;

	(void)system;
	(void)public;
	(void)internal;
	go_on(reading, domain_refuse(reading->domain, TUNNEL_XML, "doctype", bytes_of(name)));
}

static bool parse(struct domain *domain, XML_Parser parser, struct bytes xml)
{
	struct reading reading = { parser, domain };

	XML_SetUserData(parser, &reading);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_SetStartDoctypeDeclHandler(parser, on_doctype);
	(void)XML_SetParamEntityParsing(parser, XML_PARAM_ENTITY_PARSING_NEVER);
	/* Newer versions of expat prefer a salt of 16 bytes, which those of Debian 12 and 13.0 do not have. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	(void)XML_SetHashSalt(parser, block.salt);
#pragma GCC diagnostic pop
	if (XML_Parse(parser, xml.at, (int)xml.len, XML_TRUE) == XML_STATUS_OK)
		return domain_close(domain);
	return domain_refuse(domain, TUNNEL_XML, "parser", bytes_of(XML_ErrorString(XML_GetErrorCode(parser))));
}

bool domain_xml_judge(struct domain *domain, struct bytes xml, enum domain_document kind)
{
	static const XML_Memory_Handling_Suite pieces = { piece_make, piece_resize, piece_free };
	XML_Parser parser;
	bool allowed;

	if (!domain_open(domain, xml, kind))
		return false;
	block.used = 0;
	block.last = NULL;
	parser = XML_ParserCreate_MM("UTF-8", &pieces, NULL);
	if (parser == NULL)
		return domain_refuse(domain, TUNNEL_XML, "parser", bytes_of("no memory"));
	allowed = parse(domain, parser, xml);
	XML_ParserFree(parser);
	return allowed;
}
