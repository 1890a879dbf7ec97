/*
 * directory.test: every hop from the settings to an entry, each with a mark,
 * a sentence and what to do.  After a failed hop the rest of that server is
 * skipped; the other servers are still tried.
 */
#include "directory_private.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/tls_probe.h"

#include "text.def"

#define DAY_S		86400
#define EXPIRES_SOON_D	30
#define TRY_WORD	"a"	/* for the site's filter, without a mail */

static const char *const hop_names[HOP_COUNT] = {
	[HOP_SETTINGS] = "settings", [HOP_DNS] = "dns", [HOP_TCP] = "tcp",
	[HOP_TLS] = "tls", [HOP_BIND] = "bind", [HOP_BASE] = "base",
	[HOP_FILTER] = "filter", [HOP_ATTRIBUTE] = "attribute",
	[HOP_ENTRY] = "entry",
};

struct test {
	json_t			*hops, *chain;
	struct server		*s;
	const char		*mail;		/* or NULL */
	const struct clock	*clock;
	bool			 has_failed;	/* any server */
	bool			 is_lost;	/* memory */
};

static void
add(struct test *t, enum hop hop, const char *mark, const struct err *say)
{
	json_t *line = json_pack("{s:s, s:s, s:s, s:o, s:o}",
	    "server", t->s != NULL ? t->s->label : "",
	    "hop", hop_names[hop], "mark", mark,
	    "text", json_lossy(say->msg, strlen(say->msg)),
	    "hint", json_lossy(say->hint, strlen(say->hint)));

	if (json_array_append_new(t->hops, line) < 0)
		t->is_lost = true;
	if (strcmp(mark, "fail") == 0)
		t->has_failed = true;
}

#define ADD_OK(t, hop, ...) do { \
	struct err say_; \
	err_set(&say_, ERR_NONE, 0, __VA_ARGS__); \
	add(t, hop, "ok", &say_); \
} while (0)

static void
add_skipped(struct test *t, enum hop from, enum hop last)
{
	struct err	say;
	int		hop;

	err_set(&say, ERR_NONE, 0, T_TEST_SKIPPED);
	for (hop = (int)from; hop <= (int)last; hop++)
		add(t, (enum hop)hop, "skipped", &say);
}

static json_t *
cert_json(const char *server, const struct tls_cert *c)
{
	json_t	*san = json_array();
	char	 from[CLOCK_ISO_SIZE], to[CLOCK_ISO_SIZE];
	size_t	 i;

	for (i = 0; i < c->san_count; i++)
		json_array_append_new(san, json_lossy(c->san[i],
		    strlen(c->san[i])));
	clock_iso(c->not_before_s * 1000, from);
	clock_iso(c->not_after_s * 1000, to);
	return json_pack("{s:s, s:o, s:o, s:s, s:s, s:s, s:o}",
	    "server", server,
	    "subject", json_lossy(c->subject, strlen(c->subject)),
	    "issuer", json_lossy(c->issuer, strlen(c->issuer)),
	    "not_before", from, "not_after", to, "sha256", c->sha256,
	    "san", san);
}

static void
add_chain(struct test *t, const struct tls_report *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (json_array_append_new(t->chain,
		    cert_json(t->s->label, &r->chain[i])) < 0)
			t->is_lost = true;
}

static void
add_settings(struct test *t)
{
	const struct site_ldap	*c = t->s->conf;
	const char		*how = c->use_ldaps ? "ldaps" : "ldap";

	ADD_OK(t, HOP_SETTINGS, T_TEST_SETTINGS, how, t->s->label, c->base,
	    c->origin.file != NULL ? c->origin.file : "-", c->origin.line);
}

static void
add_plain(struct test *t)
{
	struct err say;

	err_set(&say, ERR_NONE, 0, T_TEST_PLAIN, t->s->label);
	err_hint(&say, T_TEST_PLAIN_HINT);
	add(t, HOP_TLS, "warn", &say);
}

static void
add_tls(struct test *t)
{
	int64_t			 now_s = clock_wall_ms(t->clock) / 1000;
	struct tls_report	 r;
	struct err		 say;
	char			 until[CLOCK_ISO_SIZE];
	int64_t			 days;

	if (!server_probe(t->s, &r, &say)) {
		/* libldap was content a moment ago: worth a word, no more. */
		add(t, HOP_TLS, "warn", &say);
		return;
	}
	add_chain(t, &r);
	days = (r.chain[0].not_after_s - now_s) / DAY_S;
	clock_iso(r.chain[0].not_after_s * 1000, until);
	err_set(&say, ERR_NONE, 0, T_TEST_TLS, t->s->label, r.protocol,
	    t->s->is_starttls ? "StartTLS" : "ldaps", r.chain[0].subject,
	    until, r.chain[r.count - 1].issuer);
	if (days < EXPIRES_SOON_D) {
		err_set(&say, ERR_NONE, 0, T_TEST_TLS_SOON, t->s->label,
		    (long long)days, until);
		err_hint(&say, T_TEST_TLS_SOON_HINT);
	}
	add(t, HOP_TLS, days < EXPIRES_SOON_D ? "warn" : "ok", &say);
	tls_report_fini(&r);
}

/* The chain of a server whose certificate was refused is what is wanted. */
static void
add_refused_chain(struct test *t)
{
	struct tls_report r;

	if (t->s->why.domain != ERR_TLS)
		return;
	if (server_probe(t->s, &r, NULL)) {
		add_chain(t, &r);
		tls_report_fini(&r);
	}
}

/* The hops of the connection, as far as it came. */
static bool
test_connection(struct test *t)
{
	struct server	*s = t->s;
	bool		 is_open = server_open(s, NULL);
	enum hop	 failed = is_open ? HOP_COUNT : s->hop;

	if (failed > HOP_SETTINGS)
		add_settings(t);
	if (failed > HOP_DNS)
		ADD_OK(t, HOP_DNS, T_TEST_DNS, s->conf->host, s->address);
	if (failed > HOP_TCP)
		ADD_OK(t, HOP_TCP, T_TEST_TCP, s->label, s->address);
	if (failed > HOP_TLS && s->is_tls)
		add_tls(t);
	else if (failed > HOP_TLS)
		add_plain(t);
	if (is_open) {
		ADD_OK(t, HOP_BIND, *s->conf->bind_dn != '\0' ? T_TEST_BIND :
		    T_TEST_ANONYMOUS, s->label, s->conf->bind_dn);
		return true;
	}
	add(t, failed, "fail", &s->why);
	if (failed == HOP_TLS)
		add_refused_chain(t);
	add_skipped(t, failed + 1, HOP_ATTRIBUTE);
	return false;
}

static bool
count_entry(void *arg, struct server *s, LDAPMessage *entry, struct err *e)
{
	(void)arg;
	(void)s;
	(void)entry;
	(void)e;
	return true;
}

/* Entries of a filter, at most one counted; false with the error. */
static bool
probe(struct test *t, const char *base, int scope, const char *filter,
    size_t *entries, struct err *e)
{
	static const char *const none[] = { LDAP_NO_ATTRS, NULL };
	struct query		 q = { base, scope, filter, none, 1 };
	struct query_end	 end;

	if (!server_search(t->s, &q, count_entry, NULL, &end, e))
		return false;
	*entries = end.entries;
	return true;
}

/* "dc=a, dc=b" of the rootDSE, to choose a base from. */
static void
contexts(struct server *s, char *out, size_t size)
{
	struct berval	**v = server_root(s, "namingContexts");
	size_t		  len = 0, i;

	out[0] = '\0';
	for (i = 0; v != NULL && v[i] != NULL && len + 1 < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s\"%s\"",
		    i > 0 ? ", " : "", v[i]->bv_val);
	ldap_value_free_len(v);
	str_strip_control(out);
}

/* Domino is asked from its root, where an empty base means everything. */
static bool
test_base(struct test *t)
{
	const char	*base = t->s->conf->base;
	bool		 is_root = *base == '\0';
	char		 known[200];
	struct err	 why;
	size_t		 n = 0;

	err_clear(&why);
	if (probe(t, base, is_root ? LDAP_SCOPE_SUBTREE : LDAP_SCOPE_BASE,
	    "(objectClass=*)", &n, &why) && n > 0) {
		ADD_OK(t, HOP_BASE, is_root ? T_TEST_ROOT : T_TEST_BASE,
		    t->s->label, base);
		return true;
	}
	if (n == 0 && (why.code == LDAP_NO_SUCH_OBJECT ||
	    why.domain == ERR_NONE)) {
		contexts(t->s, known, sizeof(known));
		err_set(&why, ERR_LDAP, LDAP_NO_SUCH_OBJECT, is_root ?
		    T_TEST_NO_ROOT : T_TEST_NO_BASE, t->s->label, base);
		err_hint(&why, T_TEST_NO_BASE_HINT, known);
	}
	add(t, HOP_BASE, "fail", &why);
	add_skipped(t, HOP_FILTER, HOP_ATTRIBUTE);
	return false;
}

/* The site's own filter, with the mail that is looked for. */
static bool
test_filter(struct test *t)
{
	const struct site_ldap	*c = t->s->conf;
	AUTO_BUF struct buf	 filter = BUF_INIT;
	struct err		 why;
	size_t			 n;

	if (!filter_render(c->resolve_filter, t->mail != NULL ? t->mail :
	    TRY_WORD, &filter, &why)) {
		add(t, HOP_FILTER, "warn", &why);
		return true;
	}
	if (probe(t, c->base, server_scope(t->s), buf_str(&filter), &n,
	    &why)) {
		ADD_OK(t, HOP_FILTER, T_TEST_FILTER, t->s->label);
		return true;
	}
	if (why.code == LDAP_FILTER_ERROR) {
		err_set(&why, ERR_LDAP, LDAP_FILTER_ERROR,
		    T_TEST_BAD_FILTER, t->s->label, c->resolve_filter);
		err_hint(&why, T_CODE_FILTER_HINT);
	}
	add(t, HOP_FILTER, "fail", &why);
	add_skipped(t, HOP_ATTRIBUTE, HOP_ATTRIBUTE);
	return false;
}

static bool
test_attribute(struct test *t)
{
	const struct site_ldap	*c = t->s->conf;
	AUTO_FREE char		*people = str_format("(objectClass=%s)",
	    c->person_class);
	AUTO_FREE char		*with = str_format("(&%s(%s=*))",
	    people != NULL ? people : "", c->mail_attr);
	struct err		 why;
	size_t			 n = 0;

	if (people == NULL || with == NULL) {
		t->is_lost = true;
		return false;
	}
	if (!probe(t, c->base, server_scope(t->s), with, &n, &why)) {
		add(t, HOP_ATTRIBUTE, "fail", &why);
		return false;
	}
	if (n > 0) {
		ADD_OK(t, HOP_ATTRIBUTE, T_TEST_ATTRIBUTE, t->s->label,
		    c->mail_attr);
		return true;
	}
	if (!probe(t, c->base, server_scope(t->s), people, &n, &why)) {
		add(t, HOP_ATTRIBUTE, "fail", &why);
		return false;
	}
	err_set(&why, ERR_LDAP, 0, n > 0 ? T_TEST_NO_MAIL : T_TEST_NO_PEOPLE,
	    t->s->label, n > 0 ? c->mail_attr : c->person_class, c->base);
	err_hint(&why, n > 0 ? T_TEST_NO_MAIL_HINT : T_TEST_NO_PEOPLE_HINT);
	add(t, HOP_ATTRIBUTE, "fail", &why);
	return false;
}

static void
add_referrals(struct test *t)
{
	struct err	say;
	size_t		i;

	for (i = 0; i < t->s->referrals.count; i++) {
		if (!referral_is_open(t->s, i))
			continue;
		err_set(&say, ERR_NONE, 0, t->s->opts.follow_referrals ?
		    T_REFERRAL_FAILED : T_REFERRAL_SEEN, t->s->label,
		    t->s->referrals.url[i]);
		err_hint(&say, T_CODE_REFERRAL_HINT);
		add(t, HOP_BASE, "warn", &say);
	}
}

static void
test_server(struct test *t)
{
	if (test_connection(t) && test_base(t) && test_filter(t))
		test_attribute(t);
	add_referrals(t);
}

static void
say_match(const struct mail_match *m, const char *mail, struct test *t)
{
	struct err say;

	if (m->count == 0) {
		err_set(&say, ERR_LDAP, 0, T_TEST_NO_ENTRY, mail);
		err_hint(&say, T_TEST_NO_ENTRY_HINT);
		add(t, HOP_ENTRY, "fail", &say);
	} else if (m->count > 1) {
		err_set(&say, ERR_LDAP, 0, T_TEST_TWICE, m->count, mail);
		err_hint(&say, T_TEST_TWICE_HINT);
		add(t, HOP_ENTRY, "fail", &say);
	} else if (m->person.is_disabled) {
		err_set(&say, ERR_LDAP, 0, T_TEST_DISABLED, mail,
		    m->person.dn);
		err_hint(&say, T_TEST_DISABLED_HINT);
		add(t, HOP_ENTRY, "warn", &say);
	} else {
		ADD_OK(t, HOP_ENTRY, T_TEST_ENTRY, mail, m->person.name,
		    m->person.dn);
	}
}

/* Over all servers that answer: somebody needs to be on one of them only. */
static void
test_entry(struct test *t, struct directory *d)
{
	struct mail_match	m;
	struct err		why;
	size_t			open = 0, i;

	for (i = 0; i < d->count; i++)
		open += d->servers[i].ld != NULL;
	t->s = d->count == 1 ? &d->servers[0] : NULL;
	if (t->mail == NULL || open == 0) {
		err_set(&why, ERR_NONE, 0, t->mail == NULL ? T_TEST_MAIL :
		    T_TEST_SKIPPED);
		add(t, HOP_ENTRY, "skipped", &why);
		return;
	}
	if (!directory_match_mails(d, &t->mail, 1, &m, NULL, &why)) {
		add(t, HOP_ENTRY, "fail", &why);
		return;
	}
	say_match(&m, t->mail, t);
	mail_match_fini(&m);
}

static void
test_all(struct test *t, struct directory *d, struct ctx *ctx,
    const struct site_ldap *conf, size_t count,
    const struct directory_options *opts)
{
	for (; d->count < count && cancel_check(ctx->cancel, NULL);
	    d->count++) {
		t->s = &d->servers[d->count];
		server_init(t->s, ctx, &conf[d->count], opts);
		test_server(t);
	}
	if (cancel_check(ctx->cancel, NULL))
		test_entry(t, d);
}

bool
directory_test(struct ctx *ctx, const struct site_ldap *conf, size_t count,
    const struct directory_options *opts, const char *mail,
    json_t **result, struct err *e)
{
	AUTO_JSON json_t	*hops = json_array(), *chain = json_array();
	struct directory	*d = calloc(1, sizeof(*d));
	struct test		 t = { hops, chain, NULL, mail,
		ctx->clock != NULL ? ctx->clock : &clock_system, false,
		false };

	*result = NULL;
	if (d != NULL)
		d->servers = calloc(count + 1, sizeof(*d->servers));
	if (d == NULL || d->servers == NULL || hops == NULL || chain == NULL) {
		directory_close(d);
		return err_nomem(e);
	}
	test_all(&t, d, ctx, conf, count, opts);
	directory_close(d);
	if (!cancel_check(ctx->cancel, e))
		return false;
	if (!t.is_lost)
		*result = json_pack("{s:b, s:O, s:O}", "ok", !t.has_failed,
		    "hops", hops, "chain", chain);
	return *result != NULL ? true : err_nomem(e);
}
