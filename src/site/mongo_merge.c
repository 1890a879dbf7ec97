/*
 * A MongoDB URL put where another one stood.  The text is not decoded: what
 * stays is byte for byte what it was.
 */
#include <string.h>
#include <strings.h>

#include "site_private.h"

#include "stconsole/mem.h"
#include "stconsole/str.h"

/* Options that speak of the servers or of the account: the new URL's only. */
static const char *const of_the_servers[] = {
	"replicaSet", "directConnection", "loadBalanced", "srvServiceName",
	"srvMaxHosts", "authSource", "authMechanism",
	"authMechanismProperties"
};

void
site_mongo_split(const char *url, struct site_mongo_parts *p)
{
	const char	*rest = strstr(url, "://"), *at;
	size_t		 authority;

	rest = rest == NULL ? url : rest + 3;
	authority = strcspn(rest, "/?");
	at = authority == 0 ? NULL : memrchr(rest, '@', authority);
	p->user = rest;
	p->user_len = at == NULL ? 0 : (size_t)(at - rest);
	p->hosts = at == NULL ? rest : at + 1;
	p->hosts_len = (size_t)(rest + authority - p->hosts);
	p->database = rest + authority + (rest[authority] == '/');
	p->database_len = strcspn(p->database, "?");
	p->options = p->database + p->database_len;
	p->options += *p->options == '?';
}

/* The length of one option and of what divides it from the next. */
static size_t
option_len(const char *option, size_t *next)
{
	size_t len = strcspn(option, "&;");

	*next = len + (option[len] != '\0');
	return len;
}

static bool
name_is(const char *option, size_t name_len, const char *name)
{
	return strlen(name) == name_len &&
	    strncasecmp(option, name, name_len) == 0;
}

const char *
site_mongo_option(const struct site_mongo_parts *p, const char *name,
    size_t *len)
{
	size_t next, n, name_len;

	for (const char *s = p->options; *s != '\0'; s += next) {
		n = option_len(s, &next);
		name_len = strcspn(s, "=&;");
		if (name_len >= n || !name_is(s, name_len, name))
			continue;
		*len = n - name_len - 1;
		return s + name_len + 1;
	}
	return NULL;
}

static bool
is_of_the_servers(const char *option, size_t name_len)
{
	for (size_t i = 0; i < LENGTH(of_the_servers); i++)
		if (name_is(option, name_len, of_the_servers[i]))
			return true;
	return (name_len >= 3 && (strncasecmp(option, "tls", 3) == 0 ||
	    strncasecmp(option, "ssl", 3) == 0));
}

static void
option_put(struct buf *out, char *before, const char *option, size_t len)
{
	if (len == 0)
		return;
	buf_putc(out, *before);
	buf_add(out, option, len);
	*before = '&';
}

static void
options_keep(struct buf *out, char *before,
    const struct site_mongo_parts *was, const struct site_mongo_parts *is)
{
	size_t len, next, name_len, given;

	for (const char *s = was->options; *s != '\0'; s += next) {
		char name[64] = "";

		len = option_len(s, &next);
		name_len = strcspn(s, "=&;");
		if (name_len >= len || name_len >= sizeof(name) ||
		    is_of_the_servers(s, name_len))
			continue;
		memcpy(name, s, name_len);
		if (site_mongo_option(is, name, &given) == NULL)
			option_put(out, before, s, len);
	}
}

void
site_mongo_merge(const char *old_url, const char *new_url, struct buf *out)
{
	struct site_mongo_parts	 was, is;
	char			 before = '?';
	size_t			 len, next;
	bool			 keeps;

	site_mongo_split(old_url, &was);
	site_mongo_split(new_url, &is);
	keeps = is.database_len == 0 && was.database_len > 0;
	buf_add(out, new_url, (size_t)(is.hosts + is.hosts_len - new_url));
	buf_putc(out, '/');
	buf_add(out, keeps ? was.database : is.database,
	    keeps ? was.database_len : is.database_len);
	for (const char *s = is.options; *s != '\0'; s += next) {
		len = option_len(s, &next);
		option_put(out, &before, s, len);
	}
	/* The database of a URL is where its account is, unless told. */
	if (keeps && is.user_len > 0 && (was.database_len != 5 ||
	    strncmp(was.database, "admin", 5) != 0) &&
	    site_mongo_option(&is, "authSource", &len) == NULL)
		option_put(out, &before, "authSource=admin", 16);
	options_keep(out, &before, &was, &is);
}
