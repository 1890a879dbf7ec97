/*
 * The handshake goes through without verification and the verdict is asked
 * for afterwards: a chain that is not trusted must still be shown.  The name
 * is checked apart from the chain, because each needs its own sentence.
 */
#include "stconsole/tls_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define NAMES_SHOWN	200

struct probe {
	const struct tls_probe_spec	*spec;
	struct tls_report		*out;
	SSL_CTX				*ctx;
	SSL				*ssl;
	const char			*name;	/* that must fit */
	char				 label[DIAL_LABEL_SIZE];
};

const char *
tls_trouble_name(enum tls_trouble t)
{
	static const char *const names[] = {
		[TLS_FINE] = "fine", [TLS_EXPIRED] = "expired",
		[TLS_NOT_YET] = "not_yet_valid",
		[TLS_UNKNOWN_CA] = "unknown_ca",
		[TLS_SELF_SIGNED] = "self_signed",
		[TLS_WRONG_NAME] = "wrong_name",
		[TLS_BAD_CHAIN] = "bad_chain",
	};

	return names[t];
}

void
tls_report_fini(struct tls_report *r)
{
	size_t i, j;

	for (i = 0; i < r->count; i++) {
		free(r->chain[i].subject);
		free(r->chain[i].issuer);
		for (j = 0; j < r->chain[i].san_count; j++)
			free(r->chain[i].san[j]);
		free(r->chain[i].san);
	}
	free(r->chain);
	*r = (struct tls_report){ .chain = NULL };
}

static bool
openssl_failed(struct err *e)
{
	char why[160];

	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	ERR_clear_error();
	return err_set(e, ERR_TLS, 0, T_TLS_START, why);
}

static bool
trust_pem(X509_STORE *store, const char *pem, struct err *e)
{
	BIO	*bio = BIO_new_mem_buf(pem, -1);
	X509	*cert;
	size_t	 n = 0;

	while (bio != NULL &&
	    (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_cert(store, cert) == 1;
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	return n > 0 ? true : err_set(e, ERR_TLS, 0, T_TRUST_PEM);
}

/*
 * A trust store may hold an intermediate or the server's own certificate;
 * Java and GnuTLS accept that as an anchor, hence PARTIAL_CHAIN.
 */
static bool
probe_prepare(struct probe *p, struct err *e)
{
	X509_STORE *store;

	p->ctx = SSL_CTX_new(TLS_client_method());
	if (p->ctx == NULL)
		return openssl_failed(e);
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_min_proto_version(p->ctx, TLS1_2_VERSION);
	store = SSL_CTX_get_cert_store(p->ctx);
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	if (p->spec->ca_pem != NULL) {
		if (!trust_pem(store, p->spec->ca_pem, e))
			return false;
	} else {
		SSL_CTX_set_default_verify_paths(p->ctx);
	}
	p->ssl = SSL_new(p->ctx);
	if (p->ssl == NULL)
		return openssl_failed(e);
	if (!dial_is_literal(p->name))
		SSL_set_tlsext_host_name(p->ssl, p->name);
	return true;
}

static bool
handshake_failed(struct probe *p, int rc, struct err *e)
{
	unsigned long	 code = ERR_get_error();
	const char	*why = code != 0 ? ERR_reason_error_string(code) : NULL;

	if (why == NULL && SSL_get_error(p->ssl, rc) == SSL_ERROR_SYSCALL &&
	    errno != 0)
		why = strerror(errno);
	err_set(e, ERR_TLS, 0, T_TLS_HANDSHAKE, p->label,
	    why != NULL ? why : T_TLS_CLOSED);
	ERR_clear_error();
	return err_hint(e, T_TLS_HANDSHAKE_HINT);
}

static bool
handshake(struct probe *p, int fd, int64_t deadline_ms, struct err *e)
{
	int rc, want;

	if (SSL_set_fd(p->ssl, fd) != 1)
		return openssl_failed(e);
	for (;;) {
		ERR_clear_error();
		errno = 0;
		rc = SSL_connect(p->ssl);
		if (rc == 1)
			return true;
		want = SSL_get_error(p->ssl, rc);
		if (want != SSL_ERROR_WANT_READ && want != SSL_ERROR_WANT_WRITE)
			return handshake_failed(p, rc, e);
		if (!dial_wait(fd, want == SSL_ERROR_WANT_READ ? POLLIN :
		    POLLOUT, deadline_ms, p->spec->cancel, e))
			return err_context(e, "%s", p->label);
	}
}

static char *
name_text(const X509_NAME *name)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	char	*data = NULL, *text = NULL;
	long	 len;

	if (bio != NULL && X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_get_mem_data(bio, &data);
		text = strndup(data != NULL ? data : "", (size_t)len);
	}
	BIO_free(bio);
	if (text != NULL)
		str_strip_control(text);
	return text;
}

static int64_t
time_seconds(const ASN1_TIME *t)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}

/* DNS names and addresses; other kinds say nothing about a server. */
static char *
san_text(const GENERAL_NAME *g)
{
	const ASN1_OCTET_STRING	*ip;
	char			 text[INET6_ADDRSTRLEN], *s;
	int			 len, family;

	if (g->type == GEN_DNS) {
		s = strndup((const char *)ASN1_STRING_get0_data(g->d.dNSName),
		    (size_t)ASN1_STRING_length(g->d.dNSName));
		if (s != NULL)
			str_strip_control(s);
		return s;
	}
	ip = g->d.iPAddress;
	len = ASN1_STRING_length(ip);
	family = len == 4 ? AF_INET : AF_INET6;
	if ((len != 4 && len != 16) || inet_ntop(family,
	    ASN1_STRING_get0_data(ip), text, sizeof(text)) == NULL)
		return strdup("?");
	return strdup(text);
}

static bool
cert_names(X509 *x, struct tls_cert *out)
{
	GENERAL_NAMES	*names = X509_get_ext_d2i(x, NID_subject_alt_name,
	    NULL, NULL);
	int		 n = sk_GENERAL_NAME_num(names), i;
	bool		 ok = true;

	if (n > 0) {
		out->san = calloc((size_t)n, sizeof(*out->san));
		ok = out->san != NULL;
	}
	for (i = 0; ok && i < n; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type != GEN_DNS && g->type != GEN_IPADD)
			continue;
		out->san[out->san_count] = san_text(g);
		ok = out->san[out->san_count] != NULL;
		if (ok)
			out->san_count++;
	}
	GENERAL_NAMES_free(names);
	return ok;
}

static bool
cert_read(X509 *x, struct tls_cert *out)
{
	unsigned char	 md[EVP_MAX_MD_SIZE];
	unsigned	 len = 0, i;

	out->subject = name_text(X509_get_subject_name(x));
	out->issuer = name_text(X509_get_issuer_name(x));
	out->not_before_s = time_seconds(X509_get0_notBefore(x));
	out->not_after_s = time_seconds(X509_get0_notAfter(x));
	if (X509_digest(x, EVP_sha256(), md, &len) == 1)
		for (i = 0; i < len && i < 32; i++)
			snprintf(out->sha256 + 2 * i, 3, "%02x", md[i]);
	return out->subject != NULL && out->issuer != NULL &&
	    cert_names(x, out);
}

static bool
chain_read(struct probe *p, struct err *e)
{
	STACK_OF(X509)	*sent = SSL_get_peer_cert_chain(p->ssl);
	int		 n = sk_X509_num(sent), i;

	if (n <= 0)
		return err_set(e, ERR_TLS, 0, T_TLS_NO_CERT, p->label);
	p->out->chain = calloc((size_t)n, sizeof(*p->out->chain));
	if (p->out->chain == NULL)
		return err_nomem(e);
	for (i = 0; i < n; i++) {
		p->out->count++;
		if (!cert_read(sk_X509_value(sent, i), &p->out->chain[i]))
			return err_nomem(e);
	}
	return true;
}

/* "a.test, b.test" of the server's own certificate, for the sentence. */
static void
names_show(const struct tls_cert *c, char *out, size_t size)
{
	size_t len = 0, i;

	out[0] = '\0';
	for (i = 0; i < c->san_count && len + 1 < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    i > 0 ? ", " : "", c->san[i]);
	if (c->san_count == 0)
		snprintf(out, size, "%s", *c->subject != '\0' ? c->subject :
		    T_TLS_NO_NAMES);
}

static void
day(int64_t s, char out[16])
{
	time_t		 t = (time_t)s;
	struct tm	 tm;

	gmtime_r(&t, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
}

/* The sent certificate that is out of its dates; the first when none is. */
static const struct tls_cert *
cert_out_of_date(const struct tls_report *r, bool expired)
{
	int64_t	now = (int64_t)time(NULL);
	size_t	i;

	for (i = 0; i < r->count; i++)
		if (expired ? r->chain[i].not_after_s < now :
		    r->chain[i].not_before_s > now)
			return &r->chain[i];
	return &r->chain[0];
}

static void
say(struct tls_report *r, enum tls_trouble t, const struct err *why)
{
	r->trouble = t;
	snprintf(r->reason, sizeof(r->reason), "%s", why->msg);
	snprintf(r->hint, sizeof(r->hint), "%s", why->hint);
}

static void
say_dates(struct probe *p, bool expired)
{
	const struct tls_cert	*c = cert_out_of_date(p->out, expired);
	char			 when[16];
	struct err		 why;

	day(expired ? c->not_after_s : c->not_before_s, when);
	if (expired) {
		err_set(&why, ERR_TLS, 0, T_TLS_EXPIRED, p->label, c->subject,
		    when);
		err_hint(&why, T_TLS_EXPIRED_HINT);
	} else {
		err_set(&why, ERR_TLS, 0, T_TLS_NOT_YET, p->label, c->subject,
		    when);
		err_hint(&why, T_TLS_NOT_YET_HINT);
	}
	say(p->out, expired ? TLS_EXPIRED : TLS_NOT_YET, &why);
}

static void
say_issuer(struct probe *p, bool self_signed)
{
	const struct tls_cert	*last = &p->out->chain[p->out->count - 1];
	struct err		 why;

	if (self_signed) {
		err_set(&why, ERR_TLS, 0, T_TLS_SELF_SIGNED, p->label,
		    last->subject);
		err_hint(&why, T_TLS_SELF_SIGNED_HINT);
	} else {
		err_set(&why, ERR_TLS, 0, T_TLS_UNKNOWN_CA, p->label,
		    last->issuer);
		err_hint(&why, T_TLS_UNKNOWN_CA_HINT);
	}
	say(p->out, self_signed ? TLS_SELF_SIGNED : TLS_UNKNOWN_CA, &why);
}

static void
say_name(struct probe *p)
{
	char		names[NAMES_SHOWN];
	struct err	why;

	names_show(&p->out->chain[0], names, sizeof(names));
	err_set(&why, ERR_TLS, 0, T_TLS_WRONG_NAME, p->label, names, p->name);
	err_hint(&why, T_TLS_WRONG_NAME_HINT);
	say(p->out, TLS_WRONG_NAME, &why);
}

static bool
name_fits(struct probe *p)
{
	X509	*own = SSL_get0_peer_certificate(p->ssl);

	if (dial_is_literal(p->name))
		return X509_check_ip_asc(own, p->name, 0) == 1;
	return X509_check_host(own, p->name, 0, 0, NULL) == 1;
}

static void
judge(struct probe *p)
{
	long		 verdict = SSL_get_verify_result(p->ssl);
	struct err	 why;

	p->out->name_matches = name_fits(p);
	switch (verdict) {
	case X509_V_OK:
		if (!p->out->name_matches)
			say_name(p);
		else
			p->out->verified = true;
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		say_dates(p, true);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		say_dates(p, false);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		say_issuer(p, true);
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		say_issuer(p, false);
		break;
	default:
		err_set(&why, ERR_TLS, 0, T_TLS_BAD_CHAIN, p->label,
		    X509_verify_cert_error_string(verdict));
		say(p->out, TLS_BAD_CHAIN, &why);
	}
}

static bool
probe_run(struct probe *p, enum dial_hop *hop, struct err *e)
{
	const struct tls_probe_spec	*s = p->spec;
	int64_t		 deadline_ms = dial_deadline(s->timeout_ms);
	struct dial_spec dial_spec = { s->host, s->port, s->timeout_ms,
		s->cancel };
	struct dial_result r;
	AUTO_CLOSE int	 fd = -1;
	bool		 ok = dial(&dial_spec, &r, e);

	fd = r.fd;
	*hop = r.hop;
	if (!ok)
		return false;
	memcpy(p->out->address, r.address, sizeof(r.address));
	if (s->before != NULL &&
	    !s->before(s->arg, fd, deadline_ms, s->cancel, e))
		return false;
	if (!handshake(p, fd, deadline_ms, e) || !chain_read(p, e))
		return false;
	snprintf(p->out->protocol, sizeof(p->out->protocol), "%s",
	    SSL_get_version(p->ssl));
	judge(p);
	return true;
}

bool
tls_probe(const struct tls_probe_spec *spec, struct tls_report *out,
    enum dial_hop *hop, struct err *e)
{
	struct probe	p = { .spec = spec, .out = out };
	enum dial_hop	at = DIAL_DONE;
	bool		ok;

	*out = (struct tls_report){ .chain = NULL };
	p.name = spec->name != NULL ? spec->name : spec->host;
	dial_label(spec->host, spec->port, p.label);
	ok = probe_prepare(&p, e) && probe_run(&p, &at, e);
	SSL_free(p.ssl);
	SSL_CTX_free(p.ctx);
	if (hop != NULL)
		*hop = at;
	if (!ok)
		tls_report_fini(out);
	return ok;
}
