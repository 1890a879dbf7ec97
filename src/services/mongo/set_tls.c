/*
 * The certificate that a member shows, and until when it holds.
 */
#include "set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/tls_probe.h"

#include "run.h"
#include "text_set.def"

#define DAY_S	INT64_C(86400)

/*
 * net.tls.mode, or net.ssl.mode as it was called before 4.2.  "unknown": its
 * options may not be read, but we came by TLS.  NULL: none.
 */
static const char *
tls_mode(const struct set_look *look)
{
	const json_t	*options = json_object_get(look->out, "options");
	const json_t	*net = json_object_get(options, "net");
	const char	*mode = json_str(json_object_get(net, "tls"), "mode");

	if (mode == NULL)
		mode = json_str(json_object_get(net, "ssl"), "mode");
	if (mode != NULL)
		return strcmp(mode, "disabled") == 0 ? NULL : mode;
	return mongoc_uri_get_tls(look->m->uri) ? "unknown" : NULL;
}

/* The CA file that the URL names, as PEM text; empty: the system's. */
static void
trust_read(const struct mongo *m, struct buf *pem)
{
	const char	*path = mongoc_uri_get_option_as_utf8(m->uri,
	    MONGOC_URI_TLSCAFILE, NULL);

	if (path != NULL && !tls_trust_load(path, NULL, pem, NULL))
		buf_reset(pem);
}

static json_t *
report_json(const struct set_ask *a, const char *mode,
    const struct tls_report *r)
{
	const struct tls_cert *cert = r->count > 0 ? &r->chain[0] : NULL;
	int64_t		 now_s = clock_wall_ms(a->ctx->clock) / 1000;
	char		 end[CLOCK_ISO_SIZE] = "";

	if (cert != NULL)
		clock_iso(cert->not_after_s * 1000, end);
	return json_pack("{s:s,s:s,s:I,s:s,s:o}", "mode", mode, "not_after",
	    end, "days_left", (json_int_t)(cert == NULL ? 0 :
	    (cert->not_after_s - now_s) / DAY_S), "subject", cert == NULL ?
	    "" : cert->subject, "problem", r->verified ? json_null() :
	    json_string(r->reason));
}

bool
set_tls_add(struct set_look *look, struct err *e)
{
	const struct set_ask	*a = look->ask;
	AUTO_BUF struct buf	 pem = BUF_INIT;
	const char		*mode = tls_mode(look);
	struct tls_probe_spec	 spec = { .timeout_ms = a->timeout_ms,
		.cancel = a->ctx->cancel };
	struct tls_report	 r;
	struct run_at		 at;
	struct err		 why;
	json_t			*out;

	if (mode == NULL)
		return set_unknown(look->out, "tls", T_SET_NO_TLS, e);
	if (!run_at_split(look->address, &at))
		return set_unknown(look->out, "tls", look->address, e);
	trust_read(look->m, &pem);
	spec.host = at.host;
	spec.port = at.port;
	spec.ca_pem = pem.len > 0 ? buf_str(&pem) : NULL;
	if (!tls_probe(&spec, &r, NULL, &why))
		return set_unknown(look->out, "tls", why.msg, e);
	out = report_json(a, mode, &r);
	tls_report_fini(&r);
	return out != NULL ? set_put(look->out, "tls", out, e) :
	    err_nomem(e);
}
