/*
 * What in a site's files contradicts something else.  A check says no more
 * than the facts do (4.1, 4.3, 4.4, 5, 6, 8, 11): each one names the places,
 * none of them changes anything.
 */
#include "site_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

struct place {
	struct site_origin	 one, two;	/* file NULL: none */
};

static bool
place_put(json_t *where, const struct site_origin *o)
{
	return o->file == NULL || json_array_append_new(where,
	    json_pack("{s:s, s:i}", "file", o->file, "line", (int)o->line)) ==
	    0;
}

/* Keys come from files: what steers a terminal is taken out. */
static bool
found(struct site *site, const struct place *p, struct err *e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static bool
found(struct site *site, const struct place *p, struct err *e,
    const char *fmt, ...)
{
	AUTO_FREE char	*text = NULL;
	AUTO_JSON json_t *where = json_array();
	json_t		*one;
	va_list		 ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text == NULL || where == NULL || !place_put(where, &p->one) ||
	    !place_put(where, &p->two))
		return err_nomem(e);
	str_strip_control(text);
	one = json_pack("{s:s, s:O}", "text", text, "where", where);
	return json_array_append_new(site->contradictions, one) == 0 ||
	    err_nomem(e);
}

static const struct site_file *
env_file(const struct site *site, const char *name)
{
	const struct site_file *f = site_file_find(site, name);

	return f != NULL && f->doc.format == &doc_env ? f : NULL;
}

static struct place
at(const struct site_file *f, const struct doc_node *node)
{
	return (struct place){ .one = { f->path, node->line } };
}

/* ---- checks */

static bool
broken_files(struct site *site, struct err *e)
{
	for (size_t i = 0; i < site->file_count; i++) {
		const struct site_file	*f = &site->files[i];
		struct place		 p = { .one = { f->path, 0 } };

		if (f->problem != NULL &&
		    !found(site, &p, e, T_CON_BROKEN, f->path, f->problem))
			return false;
	}
	return true;
}

/* The last one wins, which the reader of the first one does not see. */
static bool
assigned_twice(struct site *site, struct err *e)
{
	for (size_t i = 0; i < site->file_count; i++) {
		const struct site_file	*f = &site->files[i];
		const struct doc_node	*last;

		if (f->doc.format != &doc_env)
			continue;
		for (size_t k = 0; k < f->doc.n; k++) {
			const struct doc_node	*n = &f->doc.nodes[k];
			struct place		 p = at(f, n);

			last = doc_find(&f->doc, n->path);
			if (last == NULL || last == n ||
			    str_equal(last->value, n->value))
				continue;
			p.two = (struct site_origin){ f->path, last->line };
			if (!found(site, &p, e, T_CON_TWICE, n->path,
			    f->path))
				return false;
		}
	}
	return true;
}

/* PUBLIC_URL belongs into custom.env only; others may not differ. */
static bool
two_files(struct site *site, struct err *e)
{
	const struct site_file	*env = env_file(site, ".env");
	const struct site_file	*custom = env_file(site, "custom.env");
	const struct doc_node	*other;

	for (size_t i = 0; env != NULL && custom != NULL && i < env->doc.n;
	    i++) {
		const struct doc_node	*n = &env->doc.nodes[i];
		struct place		 p = at(env, n);
		bool			 is_public = strcmp(n->path,
		    "PUBLIC_URL") == 0;

		other = doc_find(&custom->doc, n->path);
		if (other == NULL || doc_find(&env->doc, n->path) != n ||
		    (!is_public && str_equal(n->value, other->value)))
			continue;
		p.two = (struct site_origin){ custom->path, other->line };
		if (!found(site, &p, e, is_public ? T_CON_PUBLIC_URL :
		    T_CON_TWO_FILES, n->path))
			return false;
	}
	return true;
}

/* Compose itself reads these. */
static bool
is_compose_own(const char *name)
{
	return str_starts(name, "COMPOSE_") || str_starts(name, "DOCKER_");
}

static bool
is_taken(const struct site *site, const struct site_file *env,
    const char *name)
{
	if (site_service_takes_variable(site, NULL, name))
		return true;
	for (size_t i = 0; i < env->doc.n; i++)
		if (env->doc.nodes[i].value != NULL &&
		    site_text_refers(env->doc.nodes[i].value, name))
			return true;
	return false;
}

/* True when .env reaches a service whole, as an env_file. */
static bool
is_env_file_itself(const struct site *site, const struct site_file *compose)
{
	for (size_t i = 0; i < compose->doc.n; i++) {
		const struct doc_node *n = &compose->doc.nodes[i];

		for (size_t k = 0; n->value != NULL && k <
		    site->service_count; k++)
			if (site_member_rest(n, &site->services[k],
			    "env_file") != NULL &&
			    (strcmp(n->value, ".env") == 0 ||
			    strcmp(n->value, "./.env") == 0))
				return true;
	}
	return false;
}

static bool
taken_by_none(struct site *site, struct err *e)
{
	const struct site_file	*env = env_file(site, ".env");
	const struct site_file	*compose = site_compose_file(site);

	if (env == NULL || compose == NULL ||
	    is_env_file_itself(site, compose))
		return true;
	for (size_t i = 0; i < env->doc.n; i++) {
		const struct doc_node	*n = &env->doc.nodes[i];
		struct place		 p = at(env, n);

		/* PUBLIC_URL has a check of its own. */
		if (strcmp(n->path, "PUBLIC_URL") == 0 ||
		    is_compose_own(n->path) || is_taken(site, env, n->path))
			continue;
		if (!found(site, &p, e, T_CON_TAKEN_BY_NONE, n->path))
			return false;
	}
	return true;
}

static bool
turn_secrets(struct site *site, struct err *e)
{
	struct place	 p = { 0 };
	AUTO_FREE char	*secret = site_setting(site, "custom.env",
	    "TURN_SECRET", &p.one);
	AUTO_FREE char	*credentials = site_setting(site, "custom.env",
	    "TURN_CREDENTIALS", &p.two);

	return secret == NULL || credentials == NULL ||
	    strcmp(secret, credentials) == 0 ||
	    found(site, &p, e, T_CON_TURN);
}

static bool
modules_reach_prosody(struct site *site, struct err *e)
{
	struct place	 p = { 0 };
	AUTO_FREE char	*modules = site_dotenv(site, "GLOBAL_MODULES",
	    &p.one);

	for (size_t i = 0; modules != NULL && i < site->service_count; i++) {
		if (strcmp(site->services[i].name, "prosody") != 0 ||
		    site_service_takes_variable(site, "prosody",
		    "GLOBAL_MODULES"))
			continue;
		p.two = (struct site_origin){ site->services[i].file,
		    site->services[i].line };
		return found(site, &p, e, T_CON_MODULES);
	}
	return true;
}

/* The guide spells each key's boolean in one way, and not all in the same. */
static const struct {
	const char	*name;
	bool		 is_digit;
} booleans[] = {
	{ "ENABLE_HTTP_REDIRECT", true },
	{ "ENABLE_LETSENCRYPT", true },
	{ "LETSENCRYPT_USE_STAGING", true },
	{ "ENABLE_RECORDING", true },
	{ "ENABLE_TRANSCRIPTIONS", true },
	{ "TURN_ENABLE", true },
	{ "JVB_TCP_HARVESTER_DISABLED", false },
	{ "ENABLE_LTPA", false },
	{ "MEETING_REPORTS_DISABLED", false },
	{ "ENABLE_VIRTUAL_BACKGROUND", false },
	{ "ENABLE_USER_VIRTUAL_BACKGROUND", false },
	{ "REACT_APP_ALLOW_GUEST_LOGIN", false },
	{ "SHARE_RECORDINGS_BY_DEFAULT", false },
	{ "REACT_APP_LIVE_STREAMING_ENABLED", false },
	{ "REACT_APP_HIDE_CONFERENCE_TIMER", false },
	{ "STCONF_ISOIDC", false },
	{ "STCONF_MOBILE_DISABLERATELIMITER", false },
	{ "REACT_APP_PASSWORD_SPECIAL_CHARS_REQUIRED", false },
	{ "REACT_APP_PASSWORD_UPPER_CASE_REQUIRED", false },
	{ "REACT_APP_PASSWORD_LOWER_CASE_REQUIRED", false },
	{ "REACT_APP_PASSWORD_DIGITS_REQUIRED", false },
};

static bool
boolean_fits(const char *value, bool is_digit)
{
	if (*value == '\0')
		return true;
	return is_digit ? strcmp(value, "0") == 0 || strcmp(value, "1") == 0 :
	    strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
}

static bool
boolean_spelling(struct site *site, struct err *e)
{
	for (size_t i = 0; i < LENGTH(booleans); i++) {
		struct place	 p = { 0 };
		AUTO_FREE char	*value = site_setting(site, ".env",
		    booleans[i].name, &p.one);

		if (value == NULL || boolean_fits(value, booleans[i].is_digit))
			continue;
		if (!found(site, &p, e, T_CON_BOOLEAN, booleans[i].name,
		    booleans[i].is_digit ? "0" : "false",
		    booleans[i].is_digit ? "1" : "true", value))
			return false;
	}
	return true;
}

/* STI_Section_KEY is a slip of the guide's pages; the rule has two. */
static bool
single_underscores(struct site *site, struct err *e)
{
	for (size_t i = 0; i < site->file_count; i++) {
		const struct site_file *f = &site->files[i];

		for (size_t k = 0; f->doc.format == &doc_env &&
		    k < f->doc.n; k++) {
			const struct doc_node	*n = &f->doc.nodes[k];
			struct place		 p = at(f, n);

			if (!str_starts(n->path, "STI_") ||
			    str_starts(n->path, "STI__"))
				continue;
			if (!found(site, &p, e, T_CON_UNDERSCORE, n->path))
				return false;
		}
	}
	return true;
}

static bool
lets_encrypt(struct site *site, struct err *e)
{
	struct place	 p = { 0 };
	AUTO_FREE char	*enabled = site_setting(site, ".env",
	    "ENABLE_LETSENCRYPT", &p.one);
	AUTO_FREE char	*port = site_setting(site, ".env", "HTTP_PORT",
	    &p.two);
	AUTO_FREE char	*mail = site_setting(site, ".env",
	    "LETSENCRYPT_EMAIL", NULL);

	if (enabled == NULL || strcmp(enabled, "1") != 0)
		return true;
	if (port != NULL && strcmp(port, "80") != 0 &&
	    !found(site, &p, e, T_CON_ACME_PORT, port))
		return false;
	p.two.file = NULL;
	return (mail != NULL && *mail != '\0') ||
	    found(site, &p, e, T_CON_ACME_MAIL);
}

static bool
saml_and_oidc(struct site *site, struct err *e)
{
	struct place	 p = { 0 };
	AUTO_FREE char	*oidc = site_setting(site, "custom.env",
	    "STCONF_ISOIDC", &p.one);
	AUTO_FREE char	*saml = site_setting(site, "custom.env", "IDP_URL",
	    &p.two);

	return oidc == NULL || strcmp(oidc, "true") != 0 || saml == NULL ||
	    *saml == '\0' || found(site, &p, e, T_CON_SAML_OIDC);
}

/* The guide's own sample has a full stop where the "@" belongs. */
static bool
mongo_without_at(struct site *site, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	struct place	 p = { 0 };
	struct err	 why = { 0 };

	if (!site_mongo_url(site, &url, &p.one, &why))
		return why.domain != ERR_NOMEM || err_copy(e, &why);
	return strchr(secret_reveal(url), '@') != NULL ||
	    !site_value_is_secret(secret_reveal(url)) ||
	    found(site, &p, e, T_CON_MONGO_AT);
}

static bool
is_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || strncasecmp(a, b, a_len) == 0);
}

/* What differs between two URLs, in a word; NULL for nothing. */
static const char *
mongo_difference(const struct secret *one, const struct secret *two)
{
	struct site_mongo_parts	 a, b;
	const char		*set_a, *set_b;
	size_t			 len_a = 0, len_b = 0;

	site_mongo_split(secret_reveal(one), &a);
	site_mongo_split(secret_reveal(two), &b);
	if (!is_same(a.hosts, a.hosts_len, b.hosts, b.hosts_len))
		return T_CON_MONGO_SERVERS;
	if (a.user_len != b.user_len ||
	    strncmp(a.user, b.user, a.user_len) != 0)
		return T_CON_MONGO_ACCOUNT;
	set_a = site_mongo_option(&a, "replicaSet", &len_a);
	set_b = site_mongo_option(&b, "replicaSet", &len_b);
	return set_a == NULL || set_b == NULL ||
	    (len_a == len_b && strncmp(set_a, set_b, len_a) == 0) ? NULL :
	    T_CON_MONGO_SET;
}

/* Chat and meetings would keep their data apart. */
static bool
mongo_places(struct site *site, struct err *e)
{
	AUTO_MONGO_PLACES struct site_mongo_places places = { NULL, 0 };
	const struct site_mongo_place *first = NULL, *p;

	if (!site_mongo_places_find(site, &places, e))
		return false;
	for (size_t i = 0; i < places.count; i++) {
		struct place	 where;
		const char	*word;

		p = &places.list[i];
		if (p->url == NULL)
			continue;
		if (first == NULL) {
			first = p;
			continue;
		}
		word = mongo_difference(first->url, p->url);
		where = at(first->file, first->node);
		where.two = (struct site_origin){ p->file->path,
		    p->node->line };
		if (word != NULL && !found(site, &where, e,
		    T_CON_MONGO_PLACES, first->key, p->key, word))
			return false;
	}
	return true;
}

static bool (*const checks[])(struct site *, struct err *) = {
	broken_files, assigned_twice, two_files, taken_by_none, turn_secrets,
	modules_reach_prosody, boolean_spelling, single_underscores,
	lets_encrypt, saml_and_oidc, mongo_without_at,
	mongo_places
};

bool
site_contradictions_read(struct site *site, struct err *e)
{
	site->contradictions = json_array();
	if (site->contradictions == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < LENGTH(checks); i++)
		if (!checks[i](site, e))
			return false;
	return true;
}
