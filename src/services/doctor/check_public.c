/*
 * The public name: its certificate as a client sees it, and what Sametime's
 * own probe answers (facts 2.4).
 */
#include "doctor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/http.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"
#include "stconsole/str.h"
#include "stconsole/tls_probe.h"

#include "text.def"

#define CERT_WARN_DAYS	30
#define CERT_FAIL_DAYS	7
#define CA_MAX		(4u << 20)

/* The end of the host part; *port_text is what follows its ':' or NULL. */
static const char *
host_end(const char *host, const char **port_text)
{
	const char *end = host[0] == '[' ? strchr(host, ']') :
	    host + strcspn(host, ":/?#");

	if (end == NULL)
		return NULL;
	*port_text = end + (host[0] == '[');
	*port_text = **port_text == ':' ? *port_text + 1 : NULL;
	return end;
}

bool
public_url_parse(const char *url, struct public_url *out)
{
	bool		 is_https = strncasecmp(url, "https://", 8) == 0;
	const char	*host = url + (is_https ? 8 : 7), *port_text, *end;
	AUTO_FREE char	*port = NULL;
	int64_t		 number = is_https ? 443 : 80;

	if (!is_https && strncasecmp(url, "http://", 7) != 0)
		return false;
	end = host_end(host, &port_text);
	if (end == NULL)
		return false;
	host += host[0] == '[';
	if (end == host || (size_t)(end - host) >= sizeof(out->host) ||
	    memchr(host, '@', (size_t)(end - host)) != NULL)
		return false;
	if (port_text != NULL) {
		port = strndup(port_text, strcspn(port_text, "/?#"));
		if (port == NULL || !str_to_int(port, 1, 65535, &number))
			return false;
	}
	snprintf(out->host, sizeof(out->host), "%.*s", (int)(end - host),
	    host);
	out->port = (int)number;
	out->is_https = is_https;
	return true;
}

/* False with the reason in f: nothing to connect to. */
static bool
public_url_need(const struct probe *p, struct public_url *out,
    struct finding *f)
{
	const char *url = site_fact(p->site, "public_url", NULL);

	if (url == NULL) {
		finding_why(f, T_PUBLIC_NONE);
		return false;
	}
	if (public_url_parse(url, out))
		return true;
	f->mark = MARK_WARN;
	finding_why(f, T_PUBLIC_BAD, url);
	f->fix = FIX_CONFIG_SET;
	return false;
}

/* ---- certificate */

void
certificate_judge(const char *host, int64_t not_after_s, int64_t now_s,
    struct finding *f)
{
	int64_t	left_s = not_after_s - now_s;
	int64_t	left_days = left_s / DAY_S;

	if (left_s < 0) {
		finding_set(f, MARK_FAIL, T_CERT_EXPIRED, host);
		finding_why(f, T_CERT_EXPIRED_WHY,
		    (long long)(-left_s / DAY_S));
	} else {
		finding_set(f, left_days < CERT_FAIL_DAYS ? MARK_FAIL :
		    left_days < CERT_WARN_DAYS ? MARK_WARN : MARK_OK, T_CERT,
		    host, (long long)left_days);
		if (f->mark != MARK_OK)
			finding_why(f, T_CERT_SOON);
	}
}

/* The setting's file, or nothing for the system's. */
static bool
ca_read(const struct ctx *ctx, struct buf *pem, struct err *e)
{
	AUTO_FREE char *path = NULL;

	if (!site_https_ca(ctx, &path, e))
		return false;
	return path[0] == '\0' ||
	    file_read(AT_FDCWD, path, CA_MAX, pem, e);
}

/* Any certificate of the chain that ends takes the connection with it. */
static int64_t
chain_end_s(const struct tls_report *r)
{
	int64_t	end_s = r->chain[0].not_after_s;
	size_t	i;

	for (i = 1; i < r->count; i++)
		if (r->chain[i].not_after_s < end_s)
			end_s = r->chain[i].not_after_s;
	return end_s;
}

static void
report_judge(const struct probe *p, const char *host,
    const struct tls_report *r, struct finding *f)
{
	if (r->count > 0)
		certificate_judge(host, chain_end_s(r),
		    clock_wall_ms(p->ctx->clock) / 1000, f);
	if (r->verified || r->trouble == TLS_EXPIRED)
		return;
	if (f->mark != MARK_FAIL)
		f->mark = MARK_WARN;
	finding_why(f, "%s", r->reason);
	finding_hint(f, "%s", r->hint);
	if (r->trouble == TLS_UNKNOWN_CA || r->trouble == TLS_SELF_SIGNED)
		f->fix = FIX_SETTINGS_SET;
}

void
check_certificate(const struct probe *p, struct finding *f)
{
	AUTO_BUF struct buf	 pem = BUF_INIT;
	struct public_url	 url;
	struct tls_report	 report;
	struct err		 why;
	struct tls_probe_spec	 spec = { .host = url.host,
	    .timeout_ms = p->limit_ms * 4 / 5, .cancel = p->ctx->cancel };

	if (!public_url_need(p, &url, f))
		return;
	if (!url.is_https) {
		f->mark = MARK_WARN;
		finding_why(f, T_PUBLIC_PLAIN, url.host);
		f->fix = FIX_CONFIG_SET;
		return;
	}
	if (!ca_read(p->ctx, &pem, &why)) {
		finding_err(f, MARK_UNKNOWN, &why);
		return;
	}
	spec.port = url.port;
	spec.ca_pem = pem.len > 0 ? buf_str(&pem) : NULL;
	if (!tls_probe(&spec, &report, NULL, &why)) {
		finding_err(f, why.domain == ERR_TLS ? MARK_FAIL :
		    MARK_UNKNOWN, &why);
		return;
	}
	report_judge(p, url.host, &report, f);
	tls_report_fini(&report);
}

/* ---- proxyinfo */

static void
proxyinfo_judge(const json_t *info, struct finding *f)
{
	const json_t	*connected = json_object_get(info,
	    "communityConnected");
	const char	*login = json_flag(info, "isOIDC") ? "OIDC" :
	    json_flag(info, "isSAML") ? "SAML" : T_LOGIN_OWN;

	if (json_is_true(connected)) {
		finding_set(f, MARK_OK, T_PROXY_OK, login);
	} else if (json_is_false(connected)) {
		finding_set(f, MARK_FAIL, T_PROXY_ALONE);
		finding_why(f, T_PROXY_ALONE_WHY);
	} else {
		finding_why(f, T_PROXY_ODD);
	}
}

/* "https://host:port/stwebapi/proxyinfo" of the public URL; malloc'd. */
static char *
proxyinfo_url(const struct public_url *u)
{
	char label[DIAL_LABEL_SIZE];

	dial_label(u->host, u->port, label);
	return str_format("%s://%s/stwebapi/proxyinfo",
	    u->is_https ? "https" : "http", label);
}

void
check_proxyinfo(const struct probe *p, struct finding *f)
{
	AUTO_JSON json_t	*info = NULL;
	AUTO_FREE char		*address = NULL;
	struct public_url	 url;
	struct err		 why;

	if (!public_url_need(p, &url, f))
		return;
	address = proxyinfo_url(&url);
	if (address == NULL) {
		err_nomem(&why);
		finding_err(f, MARK_UNKNOWN, &why);
	} else if (http_get_json(p->ctx, address, p->limit_ms * 4 / 5, &info,
	    &why)) {
		proxyinfo_judge(info, f);
	} else {
		/* Whom we do not trust may be well for those who do. */
		finding_err(f, why.domain == ERR_HTTP ? MARK_FAIL :
		    MARK_UNKNOWN, &why);
	}
}

bool
public_date(const struct probe *p, int timeout_ms, char **date,
    struct err *e)
{
	AUTO_HTTP struct http		*h = NULL;
	AUTO_RESPONSE struct http_response r = { .status = 0 };
	AUTO_FREE char			*address = NULL;
	struct public_url		 url;
	const char			*fact = site_fact(p->site,
	    "public_url", NULL);

	if (fact == NULL || !public_url_parse(fact, &url))
		return err_set(e, ERR_SITE, 0, T_PUBLIC_NONE);
	address = proxyinfo_url(&url);
	if (address == NULL)
		return err_nomem(e);
	if (!http_new(p->ctx, &h, e) || !http_do(h, &(struct http_request){
	    .url = address, .timeout_ms = timeout_ms }, &r, e))
		return false;
	*date = http_header(&r, "Date");
	return *date != NULL || err_set(e, ERR_HTTP, 0,
	    T_CLOCK_NO_DATE, T_CLOCK_PUBLIC);
}
