/*
 * The LDAP servers of StCommunityConfig.xml (facts 4.6): one <Connection> for
 * each, everything in attributes, missing ones with HCL's defaults.  On
 * Kubernetes without that file: what the Helm values and secrets say.
 */
#include "site_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define CONFIG_NAME	"StCommunityConfig.xml"
#define CONFIG_INSIDE	"/local/notesdata/" CONFIG_NAME
#define SERVERS_MAX	32
#define ORDER_NONE	INT64_MAX

struct ldap_text {
	const char	*attributes[2];	/* spellings that HCL prints */
	const char	*fallback;
	size_t		 offset;	/* of the char * in struct site_ldap */
};

#define TEXT_AT(member)	offsetof(struct site_ldap, member)

static const struct ldap_text texts[] = {
	{ { "HostName", "Hostname" }, "", TEXT_AT(host) },
	{ { "BindEntryDn" }, "", TEXT_AT(bind_dn) },
	{ { "PersonResolveBase" }, "", TEXT_AT(base) },
	{ { "PersonObjectClass" }, "organizationalPerson",
	  TEXT_AT(person_class) },
	{ { "PersonResolveFilter" }, "(&(objectclass=organizationalPerson)"
	  "(|(cn=%s*)(givenname=%s*)(sn=%s*)(mail=%s*)))",
	  TEXT_AT(resolve_filter) },
	{ { "UserIdAttribute" }, "", TEXT_AT(user_id_attr) },
	{ { "NameAttribute" }, "cn", TEXT_AT(name_attr) },
	{ { "EmailAttribute" }, "mail", TEXT_AT(mail_attr) },
	{ { "GroupResolveBase" }, "", TEXT_AT(group_base) },
	{ { "GroupMembership" }, "(&(objectclass=groupOfNames)(member=%s))",
	  TEXT_AT(group_filter) },
	{ { "GroupObjectClass" }, "groupOfNames", TEXT_AT(group_class) },
	{ { "GroupMemberAttribute" }, "member", TEXT_AT(member_attr) },
};

void
site_ldap_fini(struct site_ldap *server)
{
	for (size_t i = 0; i < LENGTH(texts); i++)
		free(*(char **)((char *)server + texts[i].offset));
	free(server->ca_file);
	secret_free(server->bind_password);
	secret_free(server->ca_password);
	*server = (struct site_ldap){ 0 };
}

/* The file that community reads, relative to the root; malloc'd or NULL. */
static char *
config_file(const struct site *site)
{
	AUTO_FREE char	*mounted = site_host_path(site, "community",
	    CONFIG_INSIDE);
	size_t		 n = strlen(site->root);

	if (mounted != NULL && strncmp(mounted, site->root, n) == 0 &&
	    mounted[n] == '/' && str_ends(mounted, ".xml"))
		return strdup(mounted + n + 1);
	return site_file_find(site, CONFIG_NAME) != NULL ?
	    strdup(CONFIG_NAME) : NULL;
}

/* An attribute of connection n, "" counting as absent; borrowed. */
static const char *
attribute(const struct site *site, const char *file, unsigned n,
    const char *name)
{
	AUTO_FREE char	*path = str_format("LDAP/Connection[%u]/@%s", n, name);
	const char	*value = path == NULL ? NULL :
	    site_file_value(site, file, path, NULL);

	return value != NULL && *value != '\0' ? value : NULL;
}

static int64_t
attribute_int(const struct site *site, const char *file, unsigned n,
    const char *name, int64_t max, int64_t fallback)
{
	const char	*value = attribute(site, file, n, name);
	int64_t		 number;

	return value != NULL && str_to_int(value, 0, max, &number) ? number :
	    fallback;
}

static bool
is_on(const char *value)
{
	return value != NULL && (strcmp(value, "1") == 0 ||
	    str_equal_nocase(value, "true"));
}

/* The trust store is set in sametime.ini by STI__Config__ keys (4.4). */
static bool
ca_read(const struct site *site, struct site_ldap *s, struct err *e)
{
	AUTO_FREE char	*inside = NULL, *password = NULL;

	if (site->kind == SITE_WINDOWS) {
		const char *file = site_file_value(site, "sametime.ini",
		    "Config/STLDAP_TLS_TRUST_STORE_FILE", NULL);
		const char *word = site_file_value(site, "sametime.ini",
		    "Config/STLDAP_TLS_TRUST_STORE_PASSWORD", NULL);

		inside = file != NULL ? strdup(file) : NULL;
		password = word != NULL ? strdup(word) : NULL;
	}
	if (inside == NULL)
		inside = site_setting(site, "custom.env",
		    "STI__Config__STLDAP_TLS_TRUST_STORE_FILE", NULL);
	if (password == NULL)
		password = site_setting(site, "custom.env",
		    "STI__Config__STLDAP_TLS_TRUST_STORE_PASSWORD", NULL);
	s->ca_file = inside != NULL && *inside != '\0' ?
	    site_path_here(site, inside) : strdup("");
	if (s->ca_file == NULL)
		return err_nomem(e);
	if (password == NULL || *password == '\0')
		return true;
	s->ca_password = secret_new(password, strlen(password), e);
	explicit_bzero(password, strlen(password));
	return s->ca_password != NULL;
}

static bool
texts_read(const struct site *site, const char *file, unsigned n,
    struct site_ldap *s, struct err *e)
{
	for (size_t i = 0; i < LENGTH(texts); i++) {
		const struct ldap_text	*t = &texts[i];
		char			**at = (char **)((char *)s + t->offset);
		const char		*value = NULL;

		for (size_t k = 0; k < LENGTH(t->attributes); k++)
			if (value == NULL && t->attributes[k] != NULL)
				value = attribute(site, file, n,
				    t->attributes[k]);
		/* A Java class may stand where a filter does: not ours. */
		if (value != NULL && t->offset == TEXT_AT(resolve_filter) &&
		    value[0] != '(')
			value = NULL;
		*at = strdup(value != NULL ? value : t->fallback);
		if (*at == NULL)
			return err_nomem(e);
	}
	return true;
}

static int
port_read(const struct site *site, const char *file, unsigned n,
    bool use_ldaps)
{
	return (int)attribute_int(site, file, n, use_ldaps ? "SSLPort" :
	    "Port", 65535, use_ldaps ? 636 : 389);
}

static bool
server_read(const struct site *site, const char *file, unsigned n,
    struct site_ldap *s, struct err *e)
{
	const char	*scope = attribute(site, file, n,
	    "PersonResolveScope");
	const char	*password = attribute(site, file, n,
	    "BindEntryPassword");

	if (password == NULL)
		password = attribute(site, file, n, "BindEntryPwd");
	s->connection = n;
	s->use_ldaps = is_on(attribute(site, file, n, "SSLEnabled"));
	s->port = port_read(site, file, n, s->use_ldaps);
	s->other_port = port_read(site, file, n, !s->use_ldaps);
	s->one_level = scope != NULL && str_equal_nocase(scope, "onelevel");
	if (password != NULL)
		s->bind_password = secret_new(password, strlen(password), e);
	if (password != NULL && s->bind_password == NULL)
		return false;
	return texts_read(site, file, n, s, e) && ca_read(site, s, e);
}

/* Whether connection n is there, and where. */
static bool
connection_find(const struct site_file *f, unsigned n, unsigned *line)
{
	static const char *const members[] = { "", "/@HostName", "/@Hostname" };

	for (size_t i = 0; i < LENGTH(members); i++) {
		AUTO_FREE char		*path = str_format(
		    "LDAP/Connection[%u]%s", n, members[i]);
		const struct doc_node	*node = path == NULL ? NULL :
		    doc_find(&f->doc, path);

		if (node != NULL) {
			*line = node->line;
			return true;
		}
	}
	return false;
}

/* Puts a server behind those of the same or a smaller SearchOrder. */
static bool
server_insert(struct site *site, struct site_ldap *s, int64_t *orders,
    int64_t order, struct err *e)
{
	size_t			 at = site->ldap_count;
	struct site_ldap	*all = realloc(site->ldap,
	    (at + 1) * sizeof(*all));

	if (all == NULL)
		return err_nomem(e);
	site->ldap = all;
	for (; at > 0 && orders[at - 1] > order; at--) {
		all[at] = all[at - 1];
		orders[at] = orders[at - 1];
	}
	all[at] = *s;
	orders[at] = order;
	site->ldap_count++;
	return true;
}

static bool
config_read(struct site *site, const char *file, struct err *e)
{
	const struct site_file	*f = site_file_find(site, file);
	int64_t			 orders[SERVERS_MAX];

	for (unsigned n = 1; f != NULL && f->doc.format != NULL &&
	    n <= SERVERS_MAX; n++) {
		struct site_ldap	 s = { .origin.file = f->path };
		int64_t			 order;

		if (!connection_find(f, n, &s.origin.line))
			break;
		order = attribute_int(site, file, n, "SearchOrder",
		    INT32_MAX, ORDER_NONE);
		if (!server_read(site, file, n, &s, e) ||
		    !server_insert(site, &s, orders, order, e)) {
			site_ldap_fini(&s);
			return false;
		}
	}
	return true;
}

/* Helm knows host, port, TLS and the account; the rest is HCL's default. */
static bool
helm_read(struct site *site, struct err *e)
{
	struct site_ldap	 s = { 0 };
	AUTO_SECRET struct secret *dn = NULL;
	struct site_origin	 where;
	const char		*host, *port;
	int64_t			 orders[1], number;
	bool			 ok;

	host = site_helm_value(site, "ldapHost", &s.origin);
	if (host == NULL || *host == '\0')
		return true;
	port = site_helm_value(site, "ldapPort", NULL);
	s.use_ldaps = is_on(site_helm_value(site, "ldapTls", NULL));
	s.port = port != NULL && str_to_int(port, 1, 65535, &number) ?
	    (int)number : s.use_ldaps ? 636 : 389;
	ok = texts_read(site, CONFIG_NAME, 1, &s, e) && ca_read(site, &s, e) &&
	    site_helm_secret(site, "LdapBindEntryDn", &dn, &where, e) &&
	    site_helm_secret(site, "LdapBindEntryPassword", &s.bind_password,
	    &where, e);
	free(s.host);
	s.host = strdup(host);
	if (ok && dn != NULL) {
		free(s.bind_dn);
		s.bind_dn = strdup(secret_reveal(dn));
	}
	if (ok && (s.host == NULL || s.bind_dn == NULL))
		ok = err_nomem(e);
	if (ok && server_insert(site, &s, orders, 0, e))
		return true;
	site_ldap_fini(&s);
	return false;
}

bool
site_ldap_read(struct site *site, struct err *e)
{
	AUTO_FREE char *file = config_file(site);

	if (file != NULL && (!site_file_add(site, file, e) ||
	    !config_read(site, file, e)))
		return false;
	if (site->ldap_count == 0 && site->kind == SITE_KUBERNETES)
		return helm_read(site, e);
	return true;
}

bool
site_ldap_servers(const struct site *site, const struct site_ldap **servers,
    size_t *count, struct err *e)
{
	AUTO_FREE char		*file = config_file(site);
	const struct site_file	*f = file == NULL ? NULL :
	    site_file_find(site, file);

	*servers = site->ldap;
	*count = site->ldap_count;
	if (site->ldap_count > 0)
		return true;
	if (f != NULL && f->problem != NULL) {
		err_set(e, ERR_SITE, 0, T_LDAP_BROKEN, f->path, f->problem);
	} else if (f != NULL) {
		err_set(e, ERR_SITE, 0, T_LDAP_EMPTY, f->path);
	} else {
		err_set(e, ERR_SITE, ENOENT, T_LDAP_NONE, site->root);
		return err_hint(e, T_LDAP_NONE_HINT);
	}
	return err_hint(e, T_LDAP_FILE_HINT);
}
