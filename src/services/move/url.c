/*
 * The URL that Sametime will have: the target's hosts and options with the
 * site's own account.  The account by which the move was made may be one that
 * may do more than Sametime should.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/buf.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"

/* scheme://[account@]hosts[/path][?options], all borrowed from one text. */
struct url {
	const char	*account, *hosts, *path, *options;
	size_t		 scheme_len, account_len, hosts_len, path_len;
};

static struct url
url_split(const char *text)
{
	struct url	 u = { "", "", "", "", 0, 0, 0, 0 };
	const char	*rest = strstr(text, "://"), *at;

	if (rest == NULL)
		return u;
	rest += 3;
	u.scheme_len = (size_t)(rest - text);
	/* A password is percent-encoded, so that the last @ is the one. */
	u.hosts_len = strcspn(rest, "/?");
	for (at = rest + u.hosts_len; at > rest && at[-1] != '@'; at--)
		;
	if (at > rest) {
		u.account = rest;
		u.account_len = (size_t)(at - 1 - rest);
	}
	u.hosts = at;
	u.hosts_len -= (size_t)(at - rest);
	rest = u.hosts + u.hosts_len;
	u.path = rest;
	u.path_len = strcspn(rest, "?");
	rest += u.path_len;
	u.options = *rest == '?' ? rest + 1 : "";
	return u;
}

static bool
is_login(const char *option)
{
	return strncasecmp(option, "authSource=", 11) == 0 ||
	    strncasecmp(option, "authMechanism=", 14) == 0 ||
	    strncasecmp(option, "authMechanismProperties=", 24) == 0;
}

/* Those that are, or are not, about logging in. */
static void
options_put(const char *options, bool login, struct buf *out, char *mark)
{
	size_t	 len;

	for (; *options != '\0'; options += len + (options[len] == '&')) {
		len = strcspn(options, "&");
		if (len == 0 || is_login(options) != login)
			continue;
		buf_putc(out, *mark);
		buf_add(out, options, len);
		*mark = '&';
	}
}

static int
hex_digit(char c)
{
	static const char	 digits[] = "0123456789abcdef";
	const char		*at = c == '\0' ? NULL : strchr(digits,
	    c >= 'A' && c <= 'F' ? c + 32 : c);

	return at == NULL ? -1 : (int)(at - digits);
}

bool
url_password(const struct secret *url, struct secret **out, struct err *e)
{
	struct url	 u = url_split(secret_reveal(url));
	const char	*p = memchr(u.account, ':', u.account_len);
	const char	*end = u.account + u.account_len;
	struct buf	 plain = BUF_INIT;

	*out = NULL;
	if (p == NULL)
		return true;
	for (p++; p < end; p++) {
		if (*p == '%' && end - p > 2 && hex_digit(p[1]) >= 0 &&
		    hex_digit(p[2]) >= 0) {
			buf_putc(&plain, (char)(hex_digit(p[1]) << 4 |
			    hex_digit(p[2])));
			p += 2;
		} else {
			buf_putc(&plain, *p);
		}
	}
	if (buf_ok(&plain, e))
		*out = secret_new(buf_str(&plain), plain.len, e);
	buf_wipe(&plain);
	return *out != NULL;
}

bool
url_switched(const struct secret *from, const struct secret *to,
    struct secret **out, struct err *e)
{
	struct url	 a = url_split(secret_reveal(from));
	struct url	 b = url_split(secret_reveal(to));
	struct buf	 text = BUF_INIT;
	char		 mark = '?';

	/* Nobody logs in today: then as the target's URL says. */
	if (a.account_len == 0) {
		*out = secret_dup(to, e);
		return *out != NULL;
	}
	buf_add(&text, secret_reveal(to), b.scheme_len);
	buf_add(&text, a.account, a.account_len);
	buf_putc(&text, '@');
	buf_add(&text, b.hosts, b.hosts_len);
	if (a.path_len > 0)
		buf_add(&text, a.path, a.path_len);
	else
		buf_putc(&text, '/');
	options_put(b.options, false, &text, &mark);
	options_put(a.options, true, &text, &mark);
	*out = buf_ok(&text, e) ? secret_new(buf_str(&text), text.len, e) :
	    NULL;
	buf_wipe(&text);
	return *out != NULL;
}
