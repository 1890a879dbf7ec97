/*
 * MongoDB URLs made of an account and of servers.  The one encoder for names
 * and passwords: the guide's list is / ? # [ ] : @, and a "%" of the password
 * itself has to be told from an encoded byte.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "prepare.h"

void
prepare_encode(const char *s, struct buf *out)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x80 && (isalnum(c) || strchr("-._~", c) != NULL))
			buf_putc(out, *s);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* Options that the account or the set replaces. */
static bool
option_goes(const char *option, const struct prepare_url *u)
{
	static const char *const account[] = { "authSource=",
		"authMechanism=", "authMechanismProperties=" };
	static const char *const set[] = { "replicaSet=",
		"directConnection=" };

	for (size_t i = 0; u->user != NULL && i < LENGTH(account); i++)
		if (strncasecmp(option, account[i], strlen(account[i])) == 0)
			return true;
	for (size_t i = 0; u->set != NULL && i < LENGTH(set); i++)
		if (strncasecmp(option, set[i], strlen(set[i])) == 0)
			return true;
	return false;
}

static void
options_put(struct buf *b, const struct site_mongo_parts *p,
    const struct prepare_url *u)
{
	char	 before = '?';
	size_t	 len;

	if (u->set != NULL) {
		buf_printf(b, "?replicaSet=%s", u->set);
		before = '&';
	}
	if (u->user != NULL) {
		buf_printf(b, "%cauthSource=admin", before);
		before = '&';
	}
	for (const char *s = p->options; *s != '\0'; s += len +
	    (s[len] != '\0')) {
		len = strcspn(s, "&;");
		if (len == 0 || option_goes(s, u))
			continue;
		buf_putc(b, before);
		buf_add(b, s, len);
		before = '&';
	}
}

bool
prepare_url_make(const struct prepare_url *u, struct secret **out,
    struct err *e)
{
	const char	*base = u->base != NULL ? secret_reveal(u->base) :
	    "mongodb://";
	struct site_mongo_parts p;
	struct buf	 b = BUF_INIT;
	bool		 is_srv = u->hosts == NULL &&
	    str_starts(base, "mongodb+srv:");

	site_mongo_split(base, &p);
	/* Room for all: growing would leave a copy of the password. */
	buf_reserve(&b, strlen(base) + 8192);
	buf_puts(&b, is_srv ? "mongodb+srv://" : "mongodb://");
	if (u->user != NULL) {
		prepare_encode(u->user, &b);
		buf_putc(&b, ':');
		prepare_encode(secret_reveal(u->password), &b);
		buf_putc(&b, '@');
	} else if (p.user_len > 0) {
		buf_add(&b, p.user, p.user_len);
		buf_putc(&b, '@');
	}
	if (u->hosts != NULL)
		buf_puts(&b, u->hosts);
	else
		buf_add(&b, p.hosts, p.hosts_len);
	buf_putc(&b, '/');
	buf_add(&b, p.database, p.database_len);
	options_put(&b, &p, u);
	*out = buf_ok(&b, e) ? secret_new(b.data, b.len, e) : NULL;
	buf_wipe(&b);
	return *out != NULL;
}

static void
decode(const char *s, size_t len, struct buf *out)
{
	char hex[3] = "";

	buf_reserve(out, len + 1);
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '%' || i + 2 >= len ||
		    !isxdigit((unsigned char)s[i + 1]) ||
		    !isxdigit((unsigned char)s[i + 2])) {
			buf_putc(out, s[i]);
			continue;
		}
		memcpy(hex, s + i + 1, 2);
		buf_putc(out, (char)strtoul(hex, NULL, 16));
		i += 2;
	}
}

bool
prepare_url_account(const struct secret *url, char **user,
    struct secret **password, struct err *e)
{
	struct site_mongo_parts	 p;
	struct buf		 name = BUF_INIT, word = BUF_INIT;
	const char		*colon;
	bool			 ok = true;

	*user = NULL;
	*password = NULL;
	site_mongo_split(secret_reveal(url), &p);
	if (p.user_len == 0)
		return true;
	colon = memchr(p.user, ':', p.user_len);
	decode(p.user, colon != NULL ? (size_t)(colon - p.user) : p.user_len,
	    &name);
	if (colon != NULL) {
		decode(colon + 1,
		    (size_t)(p.user + p.user_len - colon - 1), &word);
		ok = buf_ok(&word, e) && (*password = secret_new(word.data,
		    word.len, e)) != NULL;
	}
	*user = ok ? buf_take(&name) : NULL;
	buf_fini(&name);
	buf_wipe(&word);
	return ok && (*user != NULL || err_nomem(e));
}
