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
#include "stconsole/mongo_set.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/tls_probe.h"

#include "driver.h"
#include "text_set.def"

#define DAY_S	INT64_C(86400)

/* net.tls.mode, or net.ssl.mode as it was called before 4.2. */
static const char *
tls_mode(const json_t *member)
{
	const json_t	*net = json_object_get(json_object_get(member,
	    "options"), "net");
	const char	*mode = json_str(json_object_get(net, "tls"), "mode");

	if (mode == NULL)
		mode = json_str(json_object_get(net, "ssl"), "mode");
	return mode == NULL ? "disabled" : mode;
}

static bool
host_split(const char *name, char *host, size_t size, int *port)
{
	const char	*colon = strrchr(name, ':');
	int64_t		 n;

	if (colon == NULL || !str_to_int(colon + 1, 1, 65535, &n) ||
	    (size_t)(colon - name) >= size)
		return false;
	snprintf(host, size, "%.*s", (int)(colon - name), name);
	*port = (int)n;
	return true;
}

/* The CA file that the URL names, as PEM text; empty: the system's. */
static void
trust_read(const struct secret *url, struct buf *pem)
{
	const char	*at = strstr(secret_reveal(url), "tlsCAFile=");
	AUTO_FREE char	*path = NULL;
	struct err	 e;

	if (at == NULL)
		return;
	at += strlen("tlsCAFile=");
	path = strndup(at, strcspn(at, "&;"));
	if (path != NULL && !tls_trust_load(path, NULL, pem, &e))
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
set_tls_add(struct set_ask *a, json_t *member, struct err *e)
{
	AUTO_BUF struct buf	 pem = BUF_INIT;
	const char		*mode = tls_mode(member);
	struct tls_probe_spec	 spec = { .timeout_ms = a->timeout_ms,
		.cancel = a->ctx->cancel };
	struct tls_report	 r;
	char			 host[256];
	struct err		 why;
	json_t			*out;

	if (!json_is_object(json_object_get(member, "options")))
		return set_unknown(member, "tls", json_text(json_object_get(
		    member, "unknown"), "options"), e);
	if (str_equal(mode, "disabled"))
		return set_put(member, "tls", json_null(), e);
	if (!host_split(json_text(member, "name"), host, sizeof(host),
	    &spec.port))
		return set_unknown(member, "tls", T_SET_NO_TLS, e);
	trust_read(a->url, &pem);
	spec.host = host;
	spec.ca_pem = pem.len > 0 ? buf_str(&pem) : NULL;
	if (!tls_probe(&spec, &r, NULL, &why))
		return set_unknown(member, "tls", why.msg, e);
	out = report_json(a, mode, &r);
	tls_report_fini(&r);
	return out != NULL ? set_put(member, "tls", out, e) : err_nomem(e);
}
