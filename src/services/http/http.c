/*
 * Requests by libcurl.  The multi interface runs one transfer at a time, so
 * that the wish to stop is heard while the network is silent.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "stconsole/http.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "text.def"

#define TIMEOUT_MS	10000
#define MAX_BYTES	(4u << 20)
#define HEADERS_MAX	65536

struct http {
	CURL		*easy;
	CURLM		*multi;
	char		*ca_file;	/* "" for the system's */
	struct cancel	*cancel;
	char		 words[CURL_ERROR_SIZE];
};

/* One transfer's answer, and how much it may be. */
struct answer {
	struct http_response	*r;
	size_t			 max;
	bool			 too_big;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void
curl_start(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct answer	*a = arg;

	if (a->r->body.len + size * n > a->max) {
		a->too_big = true;
		return 0;
	}
	buf_add(&a->r->body, data, size * n);
	return a->r->body.failed ? 0 : size * n;
}

static size_t
on_header(char *data, size_t size, size_t n, void *arg)
{
	struct answer	*a = arg;
	size_t		 len = size * n;

	/* A status line begins the headers of another answer: the proxy's
	 * and interim ones are not ours. */
	if (len > 5 && strncasecmp(data, "HTTP/", 5) == 0)
		buf_reset(&a->r->headers);
	while (len > 0 && (data[len - 1] == '\r' || data[len - 1] == '\n'))
		len--;
	if (a->r->headers.len + len > HEADERS_MAX) {
		a->too_big = true;
		return 0;
	}
	buf_add(&a->r->headers, data, len);
	buf_putc(&a->r->headers, '\n');
	return size * n;
}

/* What is the same for every request of this handle. */
static void
options_keep(struct http *h)
{
	CURL	*c = h->easy;

	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	/* Once: curl_easy_reset() would lose this list's memory. */
	curl_easy_setopt(c, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT,
	    "stconsole/" STCONSOLE_VERSION);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->words);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	if (h->ca_file[0] != '\0')
		curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
}

bool
http_new(struct ctx *ctx, struct http **out, struct err *e)
{
	AUTO_HTTP struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return err_nomem(e);
	pthread_once(&curl_once, curl_start);
	if (!site_https_ca(ctx, &h->ca_file, e))
		return false;
	h->cancel = ctx->cancel;
	h->easy = curl_easy_init();
	h->multi = curl_multi_init();
	if (h->easy == NULL || h->multi == NULL)
		return err_nomem(e);
	options_keep(h);
	*out = TAKE(h);
	return true;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	free(h->ca_file);
	free(h);
}

void
http_free_at(struct http **h)
{
	http_free(*h);
}

static void
options_set(struct http *h, const struct http_request *q,
    struct curl_slist *headers, struct answer *a)
{
	CURL	*c = h->easy;

	curl_easy_setopt(c, CURLOPT_URL, q->url);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS,
	    (long)(q->timeout_ms > 0 ? q->timeout_ms : TIMEOUT_MS));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, a);
	if (q->body != NULL) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)q->body_len);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body);
	}
	if (q->method != NULL)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
}

/* What was lent for this request must not be used again. */
static void
options_forget(struct http *h)
{
	curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, NULL);
	curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(h->easy, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, NULL);
	curl_easy_setopt(h->easy, CURLOPT_HEADERDATA, NULL);
}

/* Runs the prepared transfer; false when it was cancelled. */
static bool
transfer(struct http *h, CURLcode *code, struct err *e)
{
	struct curl_waitfd	 wish = { .events = CURL_WAIT_POLLIN };
	CURLMsg			*msg;
	int			 running = 1, left;
	bool			 ok = true;

	*code = CURLE_FAILED_INIT;
	wish.fd = h->cancel != NULL ? h->cancel->fd : -1;
	if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
		return true;
	while (running > 0 && (ok = cancel_check(h->cancel, e))) {
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			break;
		if (running > 0)
			curl_multi_poll(h->multi, &wish,
			    wish.fd >= 0 ? 1 : 0, 1000, NULL);
	}
	while ((msg = curl_multi_info_read(h->multi, &left)) != NULL)
		if (msg->msg == CURLMSG_DONE)
			*code = msg->data.result;
	curl_multi_remove_handle(h->multi, h->easy);
	return ok;
}

/* "https://host:port" of a URL, so that no path or query is repeated. */
static char *
url_origin(const char *url)
{
	const char	*host = strstr(url, "://");
	size_t		 len;

	host = host == NULL ? url : host + 3;
	len = (size_t)(host - url) + strcspn(host, "/?#");
	return strndup(url, len);
}

static bool
curl_err(struct http *h, CURLcode code, const struct http_request *q,
    const struct answer *a, struct err *e)
{
	AUTO_FREE char	*origin = url_origin(q->url);
	const char	*words = h->words[0] != '\0' ? h->words :
	    curl_easy_strerror(code);

	if (origin == NULL || code == CURLE_OUT_OF_MEMORY ||
	    a->r->body.failed || a->r->headers.failed)
		return err_nomem(e);
	if (a->too_big) {
		err_set(e, ERR_HTTP, (int)code, T_HTTP_BIG, origin, a->max);
		return err_hint(e, T_HTTP_BIG_HINT);
	}
	if (code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CACERT_BADFILE) {
		err_set(e, ERR_TLS, (int)code, T_HTTP_TLS, origin, words);
		return err_hint(e, T_HTTP_TLS_HINT);
	}
	err_set(e, ERR_HTTP, (int)code, T_HTTP_FAILED, origin, words);
	if (e != NULL)
		e->retryable = true;
	if (code == CURLE_COULDNT_RESOLVE_PROXY)
		return err_hint(e, T_HTTP_PROXY_HINT);
	return err_hint(e, code == CURLE_COULDNT_RESOLVE_HOST ?
	    T_HTTP_NAME_HINT : T_HTTP_FAILED_HINT);
}

static bool
headers_list(const struct http_request *q, struct curl_slist **out,
    struct err *e)
{
	struct curl_slist	*more;
	size_t			 i;

	*out = NULL;
	for (i = 0; q->headers != NULL && q->headers[i] != NULL; i++) {
		more = curl_slist_append(*out, q->headers[i]);
		if (more == NULL) {
			curl_slist_free_all(*out);
			return err_nomem(e);
		}
		*out = more;
	}
	return true;
}

bool
http_do(struct http *h, const struct http_request *q, struct http_response *r,
    struct err *e)
{
	struct answer		 a = { .r = r };
	struct curl_slist	*headers;
	CURLcode		 code;
	bool			 ok;

	memset(r, 0, sizeof(*r));
	a.max = q->max_bytes > 0 ? q->max_bytes : MAX_BYTES;
	if (!headers_list(q, &headers, e))
		return false;
	h->words[0] = '\0';
	options_set(h, q, headers, &a);
	ok = transfer(h, &code, e);
	if (ok && (code != CURLE_OK || r->headers.failed || r->body.failed))
		ok = curl_err(h, code, q, &a, e);
	if (ok)
		curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE,
		    &r->status);
	else
		http_response_fini(r);
	options_forget(h);
	curl_slist_free_all(headers);
	return ok;
}

void
http_response_fini(struct http_response *r)
{
	buf_wipe(&r->body);
	buf_wipe(&r->headers);
	r->status = 0;
}

char *
http_header(const struct http_response *r, const char *name)
{
	size_t		 len = strlen(name);
	const char	*line = buf_str(&r->headers), *end;

	for (; *line != '\0'; line = *end == '\0' ? end : end + 1) {
		end = line + strcspn(line, "\n");
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, " \t");
		return strndup(line, line < end ? (size_t)(end - line) : 0);
	}
	return NULL;
}

void
http_escape(struct buf *out, const char *s)
{
	static const char	 fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *s != '\0'; s++) {
		if (strchr(fine, *s) != NULL)
			buf_putc(out, *s);
		else
			buf_printf(out, "%%%02X", (unsigned char)*s);
	}
}

bool
http_get_json(struct ctx *ctx, const char *url, int timeout_ms, json_t **out,
    struct err *e)
{
	static const char *const accept[] = { "Accept: application/json",
	    NULL };
	AUTO_HTTP struct http		*h = NULL;
	AUTO_RESPONSE struct http_response r = { .status = 0 };
	struct http_request		 q = { .url = url, .headers = accept,
	    .timeout_ms = timeout_ms };
	AUTO_FREE char			*origin = url_origin(url);

	if (origin == NULL)
		return err_nomem(e);
	if (!http_new(ctx, &h, e) || !http_do(h, &q, &r, e))
		return false;
	if (r.status != 200) {
		err_set(e, ERR_HTTP, (int)r.status, T_HTTP_STATUS, origin,
		    r.status);
		return err_hint(e, T_HTTP_STATUS_HINT);
	}
	*out = json_parse(buf_str(&r.body), r.body.len, e);
	if (*out == NULL)
		return err_context(e, "%s", origin);
	return true;
}
