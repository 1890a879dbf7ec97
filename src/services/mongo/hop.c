/*
 * Why a server cannot be reached: its name, the TCP connection, the TLS
 * handshake, in this order and by our own hands.  Asked only after the driver
 * failed, because its words say neither which of them nor what to do.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/dial.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/tls_probe.h"

#include "driver.h"
#include "text.def"

static enum hop
hop_of_dial(enum dial_hop hop, const struct err *e, const struct hop_spec *s,
    char *why, size_t size)
{
	if (hop == DIAL_DNS) {
		snprintf(why, size, T_HOP_NAME);
		return HOP_NAME;
	}
	if (e->code == ECONNREFUSED) {
		snprintf(why, size, T_HOP_REFUSED);
		return HOP_REFUSED;
	}
	if (e->code == ETIMEDOUT) {
		snprintf(why, size, T_HOP_TIMEOUT, s->timeout_ms / 1000.0);
		return HOP_TIMEOUT;
	}
	snprintf(why, size, "%s", e->code > 0 ? strerror(e->code) : e->msg);
	return HOP_TCP;
}

static enum hop
hop_tcp(const struct hop_spec *spec, char *why, size_t size)
{
	const struct dial_spec want = { .host = spec->host,
		.port = spec->port, .timeout_ms = spec->timeout_ms };
	struct dial_result r;
	struct err	 e;

	if (!dial(&want, &r, &e))
		return hop_of_dial(r.hop, &e, spec, why, size);
	close(r.fd);
	return HOP_FINE;
}

static bool
trouble_is_allowed(const struct hop_spec *spec, enum tls_trouble trouble)
{
	return spec->any_certificate || trouble == TLS_FINE ||
	    (spec->any_name && trouble == TLS_WRONG_NAME);
}

/* The words of the report, but with the file that the URL names. */
static void
trouble_words(const struct hop_spec *spec, const struct tls_report *r,
    char *why, size_t size)
{
	switch (r->trouble) {
	case TLS_EXPIRED:
		snprintf(why, size, T_TLS_EXPIRED);
		break;
	case TLS_NOT_YET:
		snprintf(why, size, T_TLS_NOT_YET);
		break;
	case TLS_WRONG_NAME:
		snprintf(why, size, T_TLS_NAME, spec->host);
		break;
	case TLS_UNKNOWN_CA:
	case TLS_SELF_SIGNED:
		snprintf(why, size, T_TLS_CA, spec->ca_file != NULL ?
		    spec->ca_file : T_TLS_SYSTEM_CA);
		break;
	default:
		snprintf(why, size, "%s", r->reason);
	}
}

static enum hop
hop_tls(const struct hop_spec *spec, char *why, size_t size)
{
	AUTO_BUF struct buf	 ca = BUF_INIT;
	struct tls_probe_spec	 want = { .host = spec->host,
		.port = spec->port, .timeout_ms = spec->timeout_ms };
	struct tls_report	 r;
	enum dial_hop		 hop;
	struct err		 e;
	bool			 fine;

	if (spec->ca_file != NULL &&
	    tls_trust_load(spec->ca_file, NULL, &ca, &e))
		want.ca_pem = buf_str(&ca);
	if (!tls_probe(&want, &r, &hop, &e)) {
		if (hop != DIAL_DONE)
			return hop_of_dial(hop, &e, spec, why, size);
		if (e.code == ETIMEDOUT) {
			snprintf(why, size, T_HOP_HANGS,
			    spec->timeout_ms / 1000.0);
			return HOP_HANGS;
		}
		snprintf(why, size, T_TLS_HANDSHAKE);
		return HOP_TLS;
	}
	fine = trouble_is_allowed(spec, r.trouble);
	if (!fine)
		trouble_words(spec, &r, why, size);
	tls_report_fini(&r);
	return fine ? HOP_FINE : HOP_TLS;
}

enum hop
mongo_hop_try(const struct hop_spec *spec, char *why, size_t why_size)
{
	why[0] = '\0';
	return spec->tls ? hop_tls(spec, why, why_size) :
	    hop_tcp(spec, why, why_size);
}
