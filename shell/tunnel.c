/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "policy/digits.h"
#include "policy/rpc.h"
#include "policy/scope.h"
#include "shell/answer.h"
#include "shell/domain_xml.h"
#include "shell/libvirt_socket.h"
#include "shell/tunnel_report.h"
#include "shell/whole_io.h"
#include "wall/filter.h"

enum {
	ASIDE = 64, /* above the numbers that the filter knows */
	KEEPALIVE_SPAN_MS = 60000,
	KEEPALIVES_MAX = 120,	 /* from the client in such a span; libvirt's asks and answers every five seconds */
	NO_DOMAIN = 42,		 /* VIR_ERR_NO_DOMAIN of virterror.h */
	LAST_PATIENCE_MS = 2000, /* for each answer behind the client's end: the supervisor waits five seconds */
};

/* What our own question under way is about. The client's next message waits for the answer. */
enum asking {
	ASKING_NOTHING,
	ASKING_IF_KNOWN, /* before a prepare, which waits in call */
	ASKING_WHICH,	 /* behind it: what has come? */
	ASKING_IF_SAME,	 /* before a finish, which waits in call */
};

/* The memory of one session, from before the walls. */
struct tunnel {
	const struct config *config;
	struct rpc_session session;
	struct domain domain;
	struct migration migration;
	struct answer answer;
	bool ours;		 /* the answer under way is to our own question: for nobody else */
	int64_t keepalive_at_ms; /* when the span began */
	unsigned keepalives;	 /* in it */
	enum asking asking;
	int32_t id;	   /* the daemon's number of the domain that has come */
	int64_t end_at_ms; /* INT64_MAX for never */
	size_t have;	   /* bytes in call */
	char call[RPC_CALL_MAX];
	char memory[DOMAIN_XML_MEMORY];
};

enum turn {
	TURN_GO_ON,
	TURN_DONE,   /* the client or the daemon has ended it */
	TURN_REFUSE, /* tunnel->domain has the finding */
};

/* The supervisor ends the session by SIGTERM, and passes on what others send it. The domain of a finish without an answer
 * must end first, within the time up to SIGKILL. */
static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
	(void)number;
	told_to_end = 1;
}

/* They are blocked except while take_turn() waits, so none comes between its look and its wait. */
static int signals_prepare(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		sigaddset(&set, ends[i]);
		if (signal(ends[i], on_signal) == SIG_ERR)
			return -1;
	}
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -1;
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

/* The procedure of the client's message, if its header has come; "" if not. */
static void procedure_name(char out[PROCEDURE_TEXT_MAX], const struct tunnel *tunnel)
{
	struct rpc_header header;

	out[0] = '\0';
	if (tunnel->have < RPC_HEADER)
		return;
	rpc_header_read(&header, tunnel->call);
	procedure_text(out, header.program, header.procedure);
}

/* Tells the supervisor, and waits until it has recorded it. False: it has not. */
static bool report(struct tunnel *tunnel, enum arrival_step step)
{
	static struct tunnel_report out;

	tunnel_report_fill(&out, step, &tunnel->domain, &tunnel->migration);
	if (step != ARRIVAL_END)
		procedure_name(out.procedure, tunnel);
	return tunnel_report_send(&out);
}

static char *put_hex(char *at, uint32_t number)
{
	at = stpcpy(at, "0x");
	for (unsigned shift = 32; shift != 0; shift -= 4)
		*at++ = "0123456789abcdef"[number >> (shift - 4) & 15];
	*at = '\0';
	return at;
}

/* A message is refused by what its header says. */
static enum turn refuse_call(struct tunnel *tunnel, const struct rpc_header *header, enum tunnel_finding finding)
{
	char text[96];
	char *at = put_hex(stpcpy(text, "program "), header->program);

	at = digits_decimal(stpcpy(at, " procedure "), header->procedure);
	at = digits_decimal(stpcpy(at, " type "), header->type);
	(void)digits_decimal(stpcpy(at, " length "), header->length);
	(void)domain_refuse(&tunnel->domain, finding, text, (struct bytes){ "", 0 });
	return TURN_REFUSE;
}

/* The XML, the cookie and the names of a call that brings a domain. */
static bool migration_judge(struct tunnel *tunnel, struct bytes body, bool finish)
{
	struct migration *const migration = &tunnel->migration;
	struct domain *const domain = &tunnel->domain;
	const enum domain_document cookie = finish ? DOMAIN_FINISH_COOKIE : DOMAIN_PREPARE_COOKIE;

	if (!migration_read(migration, domain, body, finish))
		return false;
	if (migration->xml.len != 0 && !domain_xml_judge(domain, migration->xml, DOMAIN_XML))
		return false;
	if (migration->cookie.len != 0 && !domain_xml_judge(domain, migration->cookie, cookie))
		return false;
	if (!scope_has_instance(&tunnel->config->scope, domain->uuid))
		return domain_refuse(domain, TUNNEL_IDENTITY, "profile", bytes_of(domain->uuid));
	return migration_name_fits(migration, domain);
}

static enum turn hand_on(struct tunnel *tunnel)
{
	const size_t len = tunnel->have;

	tunnel->have = 0;
	return write_patiently(TUNNEL_SOCKET_FD, tunnel->call, len) ? TURN_GO_ON : TURN_DONE;
}

/* Asks the daemon which domain has this uuid. Before a prepare it must know none: the client would put its own guest in
 * the place of that domain, with its disks. A finish names the domain only by its name: if another domain has that name
 * by now, the finish would let it run, or end it. */
static enum turn ask(struct tunnel *tunnel, enum asking asking)
{
	char question[RPC_HEADER + RPC_UUID];

	rpc_write_lookup(question, tunnel->session.serial, tunnel->domain.uuid);
	tunnel->session.procedure = RPC_LOOKUP_BY_UUID;
	tunnel->session.waits = true;
	tunnel->asking = asking;
	return write_patiently(TUNNEL_SOCKET_FD, question, sizeof(question)) ? TURN_GO_ON : TURN_DONE;
}

/* They cost the daemon work, and the client little. */
static enum tunnel_finding keepalive_judge(struct tunnel *tunnel, const struct rpc_header *header)
{
	const int64_t now = clock_ms();

	if (now - tunnel->keepalive_at_ms >= KEEPALIVE_SPAN_MS) {
		tunnel->keepalive_at_ms = now;
		tunnel->keepalives = 0;
	}
	if (++tunnel->keepalives > KEEPALIVES_MAX || !rpc_may_keep_alive(&tunnel->session, header))
		return TUNNEL_ORDER;
	return TUNNEL_NOTHING;
}

static enum turn on_call(struct tunnel *tunnel, const struct rpc_header *header)
{
	const struct bytes body = { tunnel->call + RPC_HEADER, header->length - RPC_HEADER };
	const enum tunnel_finding finding = rpc_is_keepalive(header) ? keepalive_judge(tunnel, header)
								     : rpc_judge_call(&tunnel->session, header, body);

	if (finding != TUNNEL_NOTHING)
		return refuse_call(tunnel, header, finding);
	if (!rpc_is_keepalive(header) && header->procedure == RPC_OPEN)
		tunnel->end_at_ms = clock_ms() + TUNNEL_PATIENCE_MS;
	if (rpc_is_keepalive(header) || (header->procedure != RPC_PREPARE && header->procedure != RPC_FINISH))
		return hand_on(tunnel);
	if (!migration_judge(tunnel, body, header->procedure == RPC_FINISH))
		return TURN_REFUSE;
	return ask(tunnel, header->procedure == RPC_PREPARE ? ASKING_IF_KNOWN : ASKING_IF_SAME);
}

static enum turn on_client(struct tunnel *tunnel)
{
	struct rpc_header header;
	size_t want = RPC_HEADER;
	ssize_t got;

	if (tunnel->have >= RPC_HEADER) {
		rpc_header_read(&header, tunnel->call);
		want = header.length;
	}
	got = read_some(STDIN_FILENO, tunnel->call + tunnel->have, want - tunnel->have);
	if (got <= 0 && tunnel->have != 0) {
		(void)domain_refuse(&tunnel->domain, TUNNEL_CUT, "client", (struct bytes){ "", 0 });
		return TURN_REFUSE;
	}
	if (got <= 0)
		return TURN_DONE;
	tunnel->have += (size_t)got;
	if (tunnel->have < RPC_HEADER)
		return TURN_GO_ON;
	rpc_header_read(&header, tunnel->call);
	if (rpc_judge_header(&header) != TUNNEL_NOTHING)
		return refuse_call(tunnel, &header, rpc_judge_header(&header));
	return tunnel->have < header.length ? TURN_GO_ON : on_call(tunnel, &header);
}

/* The client's call has waited for the answer, and its own is still to come. */
static enum turn call_go_on(struct tunnel *tunnel, uint32_t procedure, enum arrival_step step)
{
	tunnel->session.procedure = procedure;
	tunnel->session.waits = true;
	return report(tunnel, step) ? hand_on(tunnel) : TURN_DONE;
}

/* Only "no such domain" lets a prepare go on. */
static enum turn on_known(struct tunnel *tunnel)
{
	static const char no_domain[] = { 0, 0, 0, NO_DOMAIN };
	const struct answer *const answer = &tunnel->answer;
	const bool unknown = answer->header.status == RPC_ERROR && answer->first_len >= sizeof(no_domain) &&
		memcmp(answer->first, no_domain, sizeof(no_domain)) == 0;

	if (!unknown) {
		(void)domain_refuse(&tunnel->domain, TUNNEL_DEFINED, "uuid", bytes_of(tunnel->domain.uuid));
		return TURN_REFUSE;
	}
	tunnel->end_at_ms = INT64_MAX;
	return call_go_on(tunnel, RPC_PREPARE, ARRIVAL_PREPARE);
}

/* The domain that has come must be here, and at its finish be the same. */
static enum turn on_which(struct tunnel *tunnel, bool finish)
{
	const struct answer *const answer = &tunnel->answer;
	const struct domain *const domain = &tunnel->domain;
	int32_t id = 0;

	if (answer->header.status != RPC_OK || answer->header.length != RPC_HEADER + answer->first_len ||
		!rpc_read_domain(&id, answer_first(answer), domain->uuid, domain->name) ||
		(finish && id != tunnel->id)) {
		(void)domain_refuse(&tunnel->domain, TUNNEL_GONE, "uuid", bytes_of(domain->uuid));
		return TURN_REFUSE;
	}
	tunnel->id = id;
	if (!finish)
		return TURN_GO_ON;
	if (!migration_is_postcopy(&tunnel->migration))
		tunnel->end_at_ms = clock_ms() + TUNNEL_FINISH_MS;
	return call_go_on(tunnel, RPC_FINISH, tunnel->migration.cancelled ? ARRIVAL_CANCEL : ARRIVAL_FINISH);
}

static enum turn on_lookup(struct tunnel *tunnel)
{
	const enum asking asking = tunnel->asking;

	tunnel->asking = ASKING_NOTHING;
	return asking == ASKING_IF_KNOWN ? on_known(tunnel) : on_which(tunnel, asking == ASKING_IF_SAME);
}

/* The whole message has come. */
static enum turn answer_over(struct tunnel *tunnel)
{
	const struct rpc_session *const session = &tunnel->session;

	if (tunnel->ours)
		return on_lookup(tunnel);
	if (session->waits || rpc_is_keepalive(&tunnel->answer.header))
		return TURN_GO_ON;
	if (session->step == RPC_STEP_CLOSED)
		return TURN_DONE;
	/* It may not have authenticated. */
	if (session->procedure == RPC_OPEN && tunnel->answer.header.status != RPC_OK)
		return TURN_DONE;
	if (session->procedure == RPC_PREPARE && session->prepared == RPC_OK)
		return ask(tunnel, ASKING_WHICH);
	if (session->procedure == RPC_PREPARE || session->procedure == RPC_FINISH)
		tunnel->end_at_ms = clock_ms() + TUNNEL_PATIENCE_MS;
	return TURN_GO_ON;
}

static enum turn on_daemon(struct tunnel *tunnel)
{
	struct answer *const answer = &tunnel->answer;
	const enum answer_part part = answer_read(answer, TUNNEL_SOCKET_FD);

	if (part == ANSWER_GONE)
		return TURN_DONE;
	if (part == ANSWER_HEADER) {
		if (!rpc_take_reply(&tunnel->session, &answer->header))
			return TURN_DONE;
		tunnel->ours = tunnel->asking != ASKING_NOTHING && !rpc_is_keepalive(&answer->header) &&
			!tunnel->session.waits;
	}
	if (!tunnel->ours && !write_patiently(STDOUT_FILENO, answer->part.at, answer->part.len))
		return TURN_DONE;
	return answer->whole ? answer_over(tunnel) : TURN_GO_ON;
}

/* Waits until a side has something, but not beyond the end of the session. As ppoll(2), 0 for that end. */
static int await_sides(const struct tunnel *tunnel, struct pollfd *sides, nfds_t count)
{
	const int64_t left = tunnel->end_at_ms - clock_ms();
	const struct timespec time = { left / 1000, left % 1000 * 1000000 };
	sigset_t none;

	/* Not only when nothing comes: keepalives may come without end. */
	if (left <= 0)
		return 0;
	sigemptyset(&none);
	return ppoll(sides, count, tunnel->end_at_ms == INT64_MAX ? NULL : &time, &none);
}

/* The daemon's side comes first: what the client asks next may depend on the answer. */
static enum turn take_turn(struct tunnel *tunnel)
{
	struct pollfd sides[] = {
		{ .fd = TUNNEL_SOCKET_FD, .events = POLLIN },
		{ .fd = tunnel->asking != ASKING_NOTHING ? -1 : STDIN_FILENO, .events = POLLIN },
	};
	const int ready = await_sides(tunnel, sides, N_ELEMENTS(sides));

	if (told_to_end || (ready < 0 && errno != EINTR))
		return TURN_DONE;
	if (ready < 0)
		return TURN_GO_ON;
	if (ready == 0) {
		(void)domain_refuse(&tunnel->domain, TUNNEL_LATE, "session", (struct bytes){ "", 0 });
		return TURN_REFUSE;
	}
	return sides[0].revents != 0 ? on_daemon(tunnel) : on_client(tunnel);
}

static const char *status_word(uint32_t status)
{
	switch (status) {
	case RPC_NO_REPLY:
		return "none";
	case RPC_OK:
		return "done";
	default:
		return "failed";
	}
}

/* Reads and drops what the daemon sends, up to the reply to the procedure. False: none came. */
static bool await_reply(struct tunnel *tunnel, uint32_t procedure)
{
	const int64_t until = clock_ms() + LAST_PATIENCE_MS;
	struct pollfd side = { .fd = TUNNEL_SOCKET_FD, .events = POLLIN };
	struct answer *const answer = &tunnel->answer;
	int64_t wait;

	while ((wait = until - clock_ms()) > 0 && poll(&side, 1, (int)wait) > 0) {
		if (answer_read(answer, TUNNEL_SOCKET_FD) == ANSWER_GONE)
			return false;
		if (answer->whole && answer->header.procedure == procedure)
			return true;
	}
	return false;
}

static bool ask_of_domain(struct tunnel *tunnel, enum rpc_procedure procedure)
{
	const struct domain *const domain = &tunnel->domain;
	char call[RPC_HEADER + RPC_DOMAIN_MAX];
	const size_t len =
		rpc_write_of_domain(call, procedure, tunnel->session.serial, domain->uuid, domain->name, tunnel->id);

	return len != 0 && write_patiently(TUNNEL_SOCKET_FD, call, len) && await_reply(tunnel, procedure) &&
		tunnel->answer.header.status == RPC_OK;
}

/* In a finish, a thread of the daemon waits for the stream that brings the guest: for ever if none comes, and also when
 * its client has gone. The daemon has twenty. So a domain that has not run here ends with the session that left it so. */
static void finish_abandon(struct tunnel *tunnel)
{
	const struct rpc_session *const session = &tunnel->session;

	if (!session->waits || session->procedure != RPC_FINISH)
		return;
	if (ask_of_domain(tunnel, RPC_GET_STATE) && rpc_is_arriving(answer_first(&tunnel->answer)))
		(void)ask_of_domain(tunnel, RPC_DESTROY);
}

static int relay(struct tunnel *tunnel)
{
	enum turn turn;

	do
		turn = take_turn(tunnel);
	while (turn == TURN_GO_ON);
	finish_abandon(tunnel);
	if (turn == TURN_REFUSE) {
		(void)report(tunnel, ARRIVAL_REFUSE);
		return reason_status(tunnel_reason(tunnel->domain.finding));
	}
	(void)stpcpy(stpcpy(stpcpy(stpcpy(tunnel->domain.detail, "prepare "), status_word(tunnel->session.prepared)),
			     ", finish "),
		status_word(tunnel->session.finished));
	(void)report(tunnel, ARRIVAL_END);
	return tunnel->session.step == RPC_STEP_CLOSED && !tunnel->session.waits ? 0 : 1;
}

/* Gives the descriptors the numbers that the filter knows, and closes every other one; but for the channel, on which no
 * filter lets the child write. */
static int descriptors_arrange(int daemon, int reports, int channel)
{
	const int wanted[] = { daemon, reports };
	int aside[N_ELEMENTS(wanted)];

	if (fcntl(channel, F_DUPFD_CLOEXEC, CHANNEL_FD) != CHANNEL_FD)
		return -1;
	for (size_t i = 0; i < N_ELEMENTS(wanted); i++) {
		aside[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, ASIDE);
		if (aside[i] < 0)
			return -1;
	}
	if (dup2(aside[0], TUNNEL_SOCKET_FD) < 0 || dup2(aside[1], TUNNEL_REPORT_FD) < 0)
		return -1;
	close(STDERR_FILENO);
	return close_range(TUNNEL_REPORT_FD + 1, CHANNEL_FD - 1, 0) == 0 ? close_range(CHANNEL_FD + 1, ~0U, 0) : -1;
}

static int prepare(struct tunnel *tunnel, const struct tunnel_terms *terms, int channel, struct fault *fault)
{
	const struct rlimit no_core = { 0, 0 };
	unsigned long salt = 0;
	OWN_FD int daemon = libvirt_socket_connect(terms->sandbox->config->libvirt_socket, fault);

	if (daemon < 0)
		return -1;
	if (getrandom(&salt, sizeof(salt), 0) != (ssize_t)sizeof(salt) || setrlimit(RLIMIT_CORE, &no_core) != 0 ||
		signals_prepare() != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "limits of the tunnel", errno, NULL);
	if (descriptors_arrange(daemon, terms->reports, channel) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "descriptors of the tunnel", errno, NULL);
	daemon = -1; /* closed among all others */
	tunnel->config = terms->sandbox->config;
	tunnel->end_at_ms = clock_ms() + TUNNEL_OPENING_MS;
	rpc_begin(&tunnel->session);
	domain_begin(&tunnel->domain, tunnel->config);
	domain_xml_prepare(tunnel->memory, sizeof(tunnel->memory), salt | 1);
	return 0;
}

int tunnel_run(void *what, int channel, struct fault *fault)
{
	const struct tunnel_terms *const terms = what;
	/* Not a static variable: every other command would have its ten megabytes in its address space. */
	struct tunnel *const tunnel = calloc(1, sizeof(*tunnel));

	if (tunnel == NULL)
		return fault_set(fault, REASON_NOT_CONFINED, "memory of the tunnel", errno, NULL);
	if (prepare(tunnel, terms, channel, fault) != 0 ||
		sandbox_enter(terms->sandbox, terms->plan->role, terms->plan->grants, fault) != 0)
		return -1;
	return relay(tunnel);
}
