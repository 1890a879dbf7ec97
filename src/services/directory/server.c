/*
 * One server: settings, name, connection, TLS, bind, in this order; the hop
 * that failed stays in the struct.  The socket is ours until libldap takes
 * it, so that each hop has its own error and its own deadline.
 */
#include "directory_private.h"

#include <fcntl.h>
#include <openldap.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

void
server_init(struct server *s, struct ctx *ctx, const struct site_ldap *conf,
    const struct directory_options *opts)
{
	*s = (struct server){ .conf = conf, .ctx = ctx, .opts = *opts };
	dial_label(conf->host != NULL ? conf->host : "", conf->port,
	    s->label);
}

void
server_close(struct server *s)
{
	if (s->ld != NULL)
		ldap_unbind_ext(s->ld, NULL, NULL);
	s->ld = NULL;
	referrals_fini(&s->referrals);
	referrals_fini(&s->followed);
	free(s->ca_pem);
	s->ca_pem = NULL;
}

static bool
check_settings(struct server *s, struct err *e)
{
	const struct site_ldap *c = s->conf;

	if (c->host == NULL || *c->host == '\0') {
		err_set(e, ERR_LDAP, 0, T_NO_HOST);
		return err_hint(e, T_NO_HOST_HINT);
	}
	if (c->port < 1 || c->port > 65535) {
		err_set(e, ERR_LDAP, 0, T_BAD_PORT, c->port, c->host);
		return err_hint(e, T_NO_HOST_HINT);
	}
	if (*c->bind_dn != '\0' && c->bind_password == NULL) {
		/* RFC 4513, 5.1.2: a DN alone would bind as nobody. */
		err_set(e, ERR_LDAP, 0, T_NO_PASSWORD, s->label, c->bind_dn);
		return err_hint(e, T_NO_PASSWORD_HINT);
	}
	return server_trust(s, e);
}

/*
 * A chased referral asks for the credentials of its target.  They go only
 * where TLS protects them as it did here; else the referral stays unfollowed.
 */
static int
rebind(LDAP *ld, const char *url, ber_tag_t request, ber_int_t msgid,
    void *arg)
{
	struct server		*s = arg;
	const struct secret	*word = s->conf->bind_password;
	struct berval		 cred = { 0, NULL };
	int			 rc;

	(void)request;
	(void)msgid;
	if (s->is_tls && !str_starts(url, "ldaps://"))
		return LDAP_CONFIDENTIALITY_REQUIRED;
	if (word != NULL) {
		cred.bv_val = (char *)(uintptr_t)secret_reveal(word);
		cred.bv_len = secret_len(word);
	}
	rc = ldap_sasl_bind_s(ld, s->conf->bind_dn, LDAP_SASL_SIMPLE, &cred,
	    NULL, NULL, NULL);
	if (rc == LDAP_SUCCESS)
		referral_note_followed(s, url);
	return rc;
}

static void
set_options(struct server *s)
{
	static const int version = LDAP_VERSION3, deref = LDAP_DEREF_NEVER;
	struct timeval	 net = { s->opts.connect_ms / 1000 + 1, 0 };
	struct timeval	 answer = { s->opts.answer_ms / 1000 + 1, 0 };

	/* ldap.conf and LDAP* variables must not change what is asked. */
	ldap_set_option(s->ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(s->ld, LDAP_OPT_DEREF, &deref);
	ldap_set_option(s->ld, LDAP_OPT_NETWORK_TIMEOUT, &net);
	ldap_set_option(s->ld, LDAP_OPT_TIMEOUT, &answer);
	ldap_set_option(s->ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
	ldap_set_option(s->ld, LDAP_OPT_REFERRALS,
	    s->opts.follow_referrals ? LDAP_OPT_ON : LDAP_OPT_OFF);
	if (s->opts.follow_referrals)
		ldap_set_rebind_proc(s->ld, rebind, s);
}

/*
 * libldap reads its configuration with the first handle, which two threads
 * must not do at once.
 */
static void
library_start(void)
{
	LDAPAPIInfo info = { .ldapai_info_version = LDAP_API_INFO_VERSION };

	if (ldap_get_option(NULL, LDAP_OPT_API_INFO, &info) != LDAP_SUCCESS)
		return;
	ldap_memvfree((void **)info.ldapai_extensions);
	ldap_memfree(info.ldapai_vendor_name);
}

static bool
connect_tcp(struct server *s, struct err *e)
{
	static pthread_once_t	once = PTHREAD_ONCE_INIT;
	struct dial_spec	spec = { s->conf->host, s->conf->port,
		s->opts.connect_ms, s->ctx->cancel };
	AUTO_FREE char		*url = NULL;
	struct dial_result	r;
	bool			ok;
	int			rc;

	s->hop = HOP_DNS;
	ok = dial(&spec, &r, e);
	s->hop = r.hop == DIAL_DNS ? HOP_DNS : HOP_TCP;
	memcpy(s->address, r.address, sizeof(s->address));
	if (!ok)
		return false;
	/* libldap polls by itself and expects a descriptor that blocks. */
	fcntl(r.fd, F_SETFL, fcntl(r.fd, F_GETFL) & ~O_NONBLOCK);
	url = str_format("ldap://%s", s->label);
	if (url == NULL) {
		close(r.fd);
		return err_nomem(e);
	}
	pthread_once(&once, library_start);
	rc = ldap_init_fd(r.fd, LDAP_PROTO_TCP, url, &s->ld);
	if (rc != LDAP_SUCCESS) {
		close(r.fd);
		return reply_failed(s, rc, NULL, e);
	}
	set_options(s);
	s->deadline_ms = dial_deadline(s->opts.connect_ms);
	return guard_install(s) ? true : err_nomem(e);
}

static bool
connect_tls(struct server *s, struct err *e)
{
	s->hop = HOP_TLS;
	s->deadline_ms = dial_deadline(s->opts.connect_ms);
	if (s->conf->use_ldaps)
		return server_secure(s, e);
	return server_starttls(s, e);
}

/* Data codes of Active Directory's answer to a bind: 49, then "data 52e". */
static const struct {
	const char	*data;
	const char	*text;
} ad_reasons[] = {
	{ "data 525", T_AD_NO_USER }, { "data 52e", T_AD_PASSWORD },
	{ "data 532", T_AD_EXPIRED }, { "data 533", T_AD_DISABLED },
	{ "data 701", T_AD_ACCOUNT_EXPIRED }, { "data 773", T_AD_MUST_CHANGE },
	{ "data 775", T_AD_LOCKED },
};

static bool
no_entry(void *arg, struct server *s, LDAPMessage *entry, struct err *e)
{
	(void)arg;
	(void)s;
	(void)entry;
	(void)e;
	return true;
}

/*
 * Code 49 hides whether the name or the password is wrong.  Where anybody
 * may read, asking for the entry tells; where not, both are named.
 */
static bool
bind_refused(struct server *s, const char *detail, struct err *e)
{
	static const char *const none[] = { LDAP_NO_ATTRS, NULL };
	struct query		 q = { s->conf->bind_dn, LDAP_SCOPE_BASE,
		"(objectClass=*)", none, 1 };
	struct query_end	 end;
	struct err		 why;
	size_t			 i;

	for (i = 0; i < LENGTH(ad_reasons); i++)
		if (detail != NULL && strstr(detail, ad_reasons[i].data)) {
			err_set(e, ERR_LDAP, LDAP_INVALID_CREDENTIALS,
			    T_BIND_AD, s->label, s->conf->bind_dn,
			    ad_reasons[i].text);
			return err_hint(e, T_BIND_HINT);
		}
	err_clear(&why);
	if (server_search(s, &q, no_entry, NULL, &end, &why) &&
	    end.entries == 1) {
		err_set(e, ERR_LDAP, LDAP_INVALID_CREDENTIALS,
		    T_BIND_PASSWORD, s->label, s->conf->bind_dn);
	} else if (why.code == LDAP_NO_SUCH_OBJECT) {
		err_set(e, ERR_LDAP, LDAP_INVALID_CREDENTIALS,
		    T_BIND_UNKNOWN, s->label, s->conf->bind_dn);
	} else {
		err_set(e, ERR_LDAP, LDAP_INVALID_CREDENTIALS, T_BIND_EITHER,
		    s->label, s->conf->bind_dn);
	}
	return err_hint(e, T_BIND_HINT);
}

static bool
connect_bind(struct server *s, struct err *e)
{
	const struct secret	*word = s->conf->bind_password;
	struct berval		 cred = { 0, NULL };
	char			*detail = NULL;
	int			 msgid, code = LDAP_OTHER;
	bool			 ok;

	s->hop = HOP_BIND;
	s->deadline_ms = dial_deadline(s->opts.answer_ms);
	if (*s->conf->bind_dn != '\0' && word != NULL) {
		/* libldap copies the value and does not change it. */
		cred.bv_val = (char *)(uintptr_t)secret_reveal(word);
		cred.bv_len = secret_len(word);
	}
	if (ldap_sasl_bind(s->ld, s->conf->bind_dn, LDAP_SASL_SIMPLE, &cred,
	    NULL, NULL, &msgid) != LDAP_SUCCESS)
		return reply_broken(s, e);
	if (!reply_result(s, msgid, &code, &detail, e))
		return false;
	ok = code == LDAP_SUCCESS;
	if (!ok && code == LDAP_INVALID_CREDENTIALS)
		bind_refused(s, detail, e);
	else if (!ok)
		reply_failed(s, code, detail, e);
	ldap_memfree(detail);
	return ok;
}

bool
server_open(struct server *s, struct err *e)
{
	struct err	why;
	bool		ok;

	err_clear(&why);
	s->hop = HOP_SETTINGS;
	ok = check_settings(s, &why) && connect_tcp(s, &why) &&
	    connect_tls(s, &why) && connect_bind(s, &why);
	if (ok)
		return true;
	if (s->ld != NULL)
		ldap_unbind_ext(s->ld, NULL, NULL);
	s->ld = NULL;
	s->why = why;
	return err_copy(e, &why);
}
