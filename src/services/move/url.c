/*
 * The URL that Sametime will have: the target's hosts and options with the
 * site's own account.  The account by which the move was made may be one that
 * may do more than Sametime should.
 */
#include <string.h>

#include "stconsole/buf.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"

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

bool
url_switched(const struct secret *from, const struct secret *to,
    struct secret **out, struct err *e)
{
	struct site_mongo_parts	 a, b;
	struct buf		 text = BUF_INIT;
	char			 mark = '?';

	site_mongo_split(secret_reveal(from), &a);
	site_mongo_split(secret_reveal(to), &b);
	/* Nobody logs in today: then as the target's URL says. */
	if (a.user_len == 0)
		return (*out = secret_dup(to, e)) != NULL;
	/* Room for all: growing would leave a copy of the password. */
	buf_reserve(&text, secret_len(from) + secret_len(to) + 16);
	buf_puts(&text, str_starts(secret_reveal(to), "mongodb+srv:") ?
	    "mongodb+srv://" : "mongodb://");
	buf_add(&text, a.user, a.user_len);
	buf_putc(&text, '@');
	buf_add(&text, b.hosts, b.hosts_len);
	buf_putc(&text, '/');
	buf_add(&text, a.database, a.database_len);
	options_put(b.options, false, &text, &mark);
	options_put(a.options, true, &text, &mark);
	*out = buf_ok(&text, e) ? secret_new(text.data, text.len, e) : NULL;
	buf_wipe(&text);
	return *out != NULL;
}
