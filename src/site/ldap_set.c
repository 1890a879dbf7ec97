/*
 * New settings for an LDAP server: attributes of one Connection element of
 * StCommunityConfig.xml, each edited and proved on its own, written in one
 * step.
 */
#include "site_private.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

/* The text as it becomes, edit by edit. */
struct draft {
	struct buf	 text;
	unsigned	 connection;
};

/* The path of an attribute in the spelling that stands there; malloc'd. */
static char *
path_find(const struct doc *doc, unsigned n, const char *const names[2],
    const char **value)
{
	size_t i;

	*value = NULL;
	for (i = 0; i < 2 && names[i] != NULL; i++) {
		AUTO_FREE char		*path = str_format(
		    "LDAP/Connection[%u]/@%s", n, names[i]);
		const struct doc_node	*node = path == NULL ? NULL :
		    doc_find(doc, path);

		if (node == NULL)
			continue;
		*value = node->value;
		return TAKE(path);
	}
	return str_format("LDAP/Connection[%u]/@%s", n, names[0]);
}

/* "true" stays a word where the file says it so. */
static const char *
flag_word(const char *now, bool is_on)
{
	bool is_word = now != NULL && (str_equal_nocase(now, "true") ||
	    str_equal_nocase(now, "false"));

	if (is_word)
		return is_on ? "true" : "false";
	return is_on ? "1" : "0";
}

static bool
is_flag(const char *const names[2])
{
	return strcmp(names[0], "SSLEnabled") == 0;
}

static bool
put(struct draft *d, const char *const names[2], const char *value,
    struct err *e)
{
	AUTO_FREE char	*path = NULL;
	const char	*now;
	struct buf	 out = BUF_INIT;
	struct doc	 doc = { 0 };
	bool		 ok;

	if (value == NULL)
		return true;
	ok = doc_parse(&doc, &doc_xml, buf_str(&d->text), d->text.len, e);
	path = ok ? path_find(&doc, d->connection, names, &now) : NULL;
	if (ok && path == NULL)
		ok = err_nomem(e);
	if (ok && is_flag(names))
		value = flag_word(now, value[0] == '1');
	ok = ok && doc_edit(&doc, DOC_SET, path, value, &out, NULL, e);
	doc_fini(&doc);
	if (ok) {
		buf_wipe(&d->text);
		d->text = out;
	} else {
		buf_wipe(&out);
	}
	return ok;
}

#define NAMES(...)	((const char *const [2]){ __VA_ARGS__ })

static bool
draft_fill(struct draft *d, const struct site_ldap *server,
    const struct site_ldap_new *n, struct err *e)
{
	AUTO_FREE char *port = n->port > 0 ? str_format("%d", n->port) : NULL;

	if (n->port > 0 && port == NULL)
		return err_nomem(e);
	return put(d, NAMES("HostName", "Hostname"), n->host, e) &&
	    put(d, NAMES("SSLEnabled"), n->use_ldaps == server->use_ldaps ?
	    NULL : n->use_ldaps ? "1" : "0", e) &&
	    put(d, NAMES(n->use_ldaps ? "SSLPort" : "Port"), port, e) &&
	    put(d, NAMES("BindEntryDn"), n->bind_dn, e) &&
	    put(d, NAMES("BindEntryPassword", "BindEntryPwd"),
	    n->bind_password != NULL ? secret_reveal(n->bind_password) :
	    NULL, e) && put(d, NAMES("PersonResolveBase"), n->base, e);
}

bool
site_plan_ldap(struct ctx *ctx, struct plan *plan,
    const struct site_ldap *server, const struct site_ldap_new *n,
    struct err *e)
{
	const char	*path = server->origin.file, *name;
	AUTO_CLOSE int	 folder = -1;
	struct draft	 d = { BUF_INIT, server->connection };
	struct buf	 before = BUF_INIT;
	struct site	*site;
	bool		 ok;

	if (server->connection == 0) {
		err_set(e, ERR_REFUSED, 0, T_LDAP_SET_HELM);
		return err_hint(e, T_LDAP_SET_HELM_HINT);
	}
	if (!site_need(ctx, &site, e))
		return false;
	folder = site_folder_open(site, path, &name, NULL, e);
	ok = folder >= 0 && file_read(folder, name, DOC_MAX_BYTES, &before,
	    e);
	if (ok) {
		buf_add(&d.text, buf_str(&before), before.len);
		ok = buf_ok(&d.text, e) && draft_fill(&d, server, n, e);
		if (!ok)
			err_context(e, "%s", path);
	}
	ok = ok && site_plan_write(ctx, plan, path, NULL, NULL, &before,
	    &d.text, NULL, e);
	buf_wipe(&before);
	buf_wipe(&d.text);
	return ok;
}
