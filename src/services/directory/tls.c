/*
 * TLS of one server.  libldap (GnuTLS on Debian) carries the conversation;
 * it gets the site's trust through a memory file, so that it and the OpenSSL
 * probe believe the very same certificates and nothing is left on disk.
 * When the handshake fails the probe says why, in words.
 */
#include "directory_private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/tls_probe.h"

#include "text.def"

bool
server_trust(struct server *s, struct err *e)
{
	AUTO_BUF struct buf pem = BUF_INIT;

	if (s->conf->ca_file == NULL || *s->conf->ca_file == '\0')
		return true;
	if (!s->conf->use_ldaps && s->opts.starttls == STARTTLS_NEVER)
		return true;
	if (!tls_trust_load(s->conf->ca_file, s->conf->ca_password, &pem, e))
		return false;
	s->ca_pem = buf_take(&pem);
	return s->ca_pem != NULL ? true : err_nomem(e);
}

static bool
set_trust(struct server *s, const char *file)
{
	static const int demand = LDAP_OPT_X_TLS_DEMAND;
	static const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	int		 client = 0;

	return file != NULL &&
	    ldap_set_option(s->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) ==
	    LDAP_SUCCESS &&
	    ldap_set_option(s->ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest) ==
	    LDAP_SUCCESS &&
	    ldap_set_option(s->ld, LDAP_OPT_X_TLS_CACERTFILE, file) ==
	    LDAP_SUCCESS &&
	    ldap_set_option(s->ld, LDAP_OPT_X_TLS_NEWCTX, &client) ==
	    LDAP_SUCCESS;
}

/* A context of this handle's own, with the site's trust. */
static bool
make_context(struct server *s, struct err *e)
{
	AUTO_CLOSE int	 fd = -1;
	AUTO_FREE char	*path = NULL;

	if (s->ca_pem == NULL) {
		if (set_trust(s, tls_trust_system()))
			return true;
		return err_set(e, ERR_TLS, 0, T_TLS_CONTEXT, s->label);
	}
	fd = memfd_create("trust", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, T_TLS_CONTEXT, s->label);
	path = str_format("/proc/self/fd/%d", fd);
	if (path == NULL)
		return err_nomem(e);
	if (!file_write_all(fd, s->ca_pem, strlen(s->ca_pem), e))
		return false;
	if (set_trust(s, path))
		return true;
	return err_set(e, ERR_TLS, 0, T_TLS_CONTEXT, s->label);
}

/* The second look, by OpenSSL, for the words; libldap's own as a fallback. */
static bool
handshake_failed(struct server *s, const char *detail, struct err *e)
{
	struct tls_report	report;
	struct err		why;

	if (!cancel_check(s->ctx->cancel, e))
		return false;
	if (clock_mono_ms(&clock_system) >= s->deadline_ms) {
		err_set(e, ERR_TLS, 0, T_TLS_SILENT, s->label);
		return err_hint(e, T_TLS_SILENT_HINT);
	}
	if (!server_probe(s, &report, &why)) {
		if (why.domain == ERR_TLS || why.domain == ERR_CANCELLED)
			return err_copy(e, &why);
		detail = why.msg;
	} else if (!report.verified) {
		err_set(e, ERR_TLS, (int)report.trouble, "%s", report.reason);
		err_hint(e, "%s", report.hint);
		tls_report_fini(&report);
		return false;
	} else {
		tls_report_fini(&report);
	}
	/* libldap puts the machine's own name in the place of "localhost". */
	if (str_equal_nocase(s->conf->host, "localhost")) {
		err_set(e, ERR_TLS, 0, T_TLS_LOCALHOST, s->label);
		return err_hint(e, T_TLS_LOCALHOST_HINT);
	}
	err_set(e, ERR_TLS, 0, T_TLS_FAILED, s->label, detail);
	return err_hint(e, T_TLS_FAILED_HINT);
}

bool
server_secure(struct server *s, struct err *e)
{
	char	*detail = NULL;
	int	 rc;

	if (!make_context(s, e))
		return false;
	s->deadline_ms = dial_deadline(s->opts.connect_ms);
	rc = ldap_install_tls(s->ld);
	if (rc == LDAP_SUCCESS) {
		s->is_tls = true;
		return true;
	}
	ldap_get_option(s->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail);
	handshake_failed(s, detail != NULL ? detail : ldap_err2string(rc), e);
	ldap_memfree(detail);
	return false;
}

/*
 * auto asks for StartTLS and takes a refusal as "not offered": asking the
 * rootDSE first would cost a round trip, and OpenLDAP then refuses StartTLS
 * now and then because it has not yet put the search away.  Once the server
 * has agreed, a certificate that is not good is an error, never plain text.
 */
bool
server_starttls(struct server *s, struct err *e)
{
	char	*detail = NULL;
	int	 msgid, code = LDAP_OTHER;

	if (s->opts.starttls == STARTTLS_NEVER ||
	    (s->opts.starttls == STARTTLS_AUTO && s->ca_pem == NULL))
		return true;
	if (ldap_start_tls(s->ld, NULL, NULL, &msgid) != LDAP_SUCCESS)
		return reply_broken(s, e);
	if (!reply_result(s, msgid, &code, &detail, e))
		return false;
	if (code != LDAP_SUCCESS && s->opts.starttls == STARTTLS_REQUIRE) {
		err_set(e, ERR_TLS, code, T_STARTTLS_REFUSED, s->label,
		    detail != NULL && *detail != '\0' ? detail :
		    ldap_err2string(code));
		err_hint(e, T_STARTTLS_REFUSED_HINT);
	}
	ldap_memfree(detail);
	if (code != LDAP_SUCCESS)
		return s->opts.starttls == STARTTLS_AUTO;
	s->is_starttls = true;
	return server_secure(s, e);
}

/* RFC 4511, 4.14.1: message 1, ExtendedRequest with the name alone. */
static const unsigned char starttls_request[] =
    "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" LDAP_EXOP_START_TLS;

/* A BER length of at most four bytes, as Active Directory writes them. */
static bool
recv_length(int fd, size_t *len, int64_t deadline_ms,
    const struct cancel *cancel, struct err *e)
{
	unsigned char	b[4];
	size_t		n, i;

	if (!dial_recv(fd, b, 1, deadline_ms, cancel, e))
		return false;
	*len = b[0];
	if (b[0] < 0x80)
		return true;
	n = b[0] & 0x7f;
	*len = SIZE_MAX;
	if (n == 0 || n > sizeof(b))
		return true;
	if (!dial_recv(fd, b, n, deadline_ms, cancel, e))
		return false;
	for (*len = 0, i = 0; i < n; i++)
		*len = *len << 8 | b[i];
	return true;
}

/* The LDAP code in an ExtendedResponse after its id, or -1. */
static int
response_code(const unsigned char *body, size_t len)
{
	size_t i = 5;

	if (len < 8 || memcmp(body, "\x02\x01\x01\x78", 4) != 0)
		return -1;
	if (body[4] >= 0x80)
		i += body[4] & 0x7f;
	if (i + 2 >= len || body[i] != 0x0a || body[i + 1] != 1)
		return -1;
	return body[i + 2];
}

/* Speaks StartTLS by hand for the probe. */
static bool
starttls_by_hand(void *arg, int fd, int64_t deadline_ms,
    const struct cancel *cancel, struct err *e)
{
	const struct server	*s = arg;
	unsigned char		 tag, body[512];
	size_t			 len = 0;
	int			 code;

	if (!dial_send(fd, starttls_request, sizeof(starttls_request) - 1,
	    deadline_ms, cancel, e) ||
	    !dial_recv(fd, &tag, 1, deadline_ms, cancel, e) ||
	    !recv_length(fd, &len, deadline_ms, cancel, e))
		return false;
	if (tag != 0x30 || len > sizeof(body))
		return err_set(e, ERR_TLS, 0, T_STARTTLS_ODD, s->label);
	if (!dial_recv(fd, body, len, deadline_ms, cancel, e))
		return false;
	code = response_code(body, len);
	if (code == LDAP_SUCCESS)
		return true;
	if (code < 0)
		return err_set(e, ERR_TLS, 0, T_STARTTLS_ODD, s->label);
	err_set(e, ERR_TLS, code, T_STARTTLS_REFUSED, s->label,
	    ldap_err2string(code));
	return err_hint(e, T_STARTTLS_REFUSED_HINT);
}

bool
server_probe(const struct server *s, struct tls_report *out, struct err *e)
{
	struct tls_probe_spec spec = { .host = s->conf->host,
		.port = s->conf->port, .ca_pem = s->ca_pem,
		.timeout_ms = s->opts.connect_ms, .cancel = s->ctx->cancel };

	if (!s->conf->use_ldaps) {
		spec.before = starttls_by_hand;
		spec.arg = (void *)(uintptr_t)s;
	}
	return tls_probe(&spec, out, NULL, e);
}
