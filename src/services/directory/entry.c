/*
 * A whole entry for people to read.  Active Directory cuts an attribute with
 * many values and names the piece "member;range=0-1499" (MS-ADTS
 * 3.1.1.3.1.3.3); the further pieces are asked for until one ends in "*".
 */
#include "directory_private.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define PIECES_MAX	200
#define RANGE_OPTION	";range="

/* Never shown, hashed or not. */
static const char *const hidden[] = {
	"userPassword", "unicodePwd", "authPassword", "pwdHistory",
	"sambaNTPassword", "sambaLMPassword", "krbPrincipalKey",
	"HTTPPassword", "dspswuserpassword", "nspmPassword",
};

static bool
is_hidden(const char *attr)
{
	size_t i;

	for (i = 0; i < LENGTH(hidden); i++)
		if (str_equal_nocase(attr, hidden[i]))
			return true;
	return false;
}

static bool
add_value(json_t *list, const char *attr, const struct berval *v)
{
	AUTO_FREE char	*text = NULL;
	json_t		*j;

	if (is_hidden(attr))
		text = strdup(T_VALUE_HIDDEN);
	else if (!value_is_text(v))
		text = str_format(T_VALUE_BINARY, (size_t)v->bv_len);
	else
		text = strndup(v->bv_val, v->bv_len);
	j = text != NULL ? json_string(text) : NULL;
	return json_array_append_new(list, j) == 0;
}

/* The number after the piece "A;range=0-1499", or 0 when it is the last. */
static size_t
range_next(const char *name)
{
	const char	*range = strcasestr(name, RANGE_OPTION);
	const char	*end = range != NULL ? strchr(range, '-') : NULL;
	int64_t		 last;

	if (end == NULL || !str_to_int(end + 1, 0, INT32_MAX, &last))
		return 0;
	return (size_t)last + 1;
}

struct piece {
	const char	*attr;		/* without options */
	json_t		*values;	/* borrowed */
	size_t		 next;		/* 0: that was the last piece */
	bool		 found;
};

static bool
piece_take(struct piece *p, struct server *s, LDAPMessage *entry,
    const char *name, struct err *e)
{
	struct berval	**v = ldap_get_values_len(s->ld, entry, name);
	bool		  ok = true;
	size_t		  i;

	for (i = 0; ok && v != NULL && v[i] != NULL; i++)
		ok = add_value(p->values, p->attr, v[i]);
	ldap_value_free_len(v);
	p->next = range_next(name);
	p->found = true;
	return ok ? true : err_nomem(e);
}

static bool
piece_entry(void *arg, struct server *s, LDAPMessage *entry, struct err *e)
{
	struct piece	*p = arg;
	size_t		 len = strlen(p->attr);
	BerElement	*ber = NULL;
	char		*name = ldap_first_attribute(s->ld, entry, &ber);
	bool		 ok = true;

	while (ok && name != NULL) {
		if (strncasecmp(name, p->attr, len) == 0 &&
		    (name[len] == ';' || name[len] == '\0'))
			ok = piece_take(p, s, entry, name, e);
		ldap_memfree(name);
		name = ok ? ldap_next_attribute(s->ld, entry, ber) : NULL;
	}
	ber_free(ber, 0);
	return ok;
}

static bool
more_pieces(struct server *s, const char *dn, struct piece *p,
    struct err *e)
{
	const char		*attrs[2] = { NULL, NULL };
	struct query		 q = { dn, LDAP_SCOPE_BASE, "(objectClass=*)",
		attrs, 1 };
	struct query_end	 end;
	unsigned		 i;

	for (i = 0; p->next > 0 && i < PIECES_MAX; i++) {
		AUTO_FREE char *name = str_format("%s" RANGE_OPTION "%zu-*",
		    p->attr, p->next);

		if (name == NULL)
			return err_nomem(e);
		attrs[0] = name;
		p->found = false;
		if (!server_search(s, &q, piece_entry, p, &end, e))
			return false;
		if (!p->found)
			break;
	}
	return true;
}

/*
 * One attribute into the object.  Beside the piece, Active Directory lists
 * the bare name without values, so the list may be there already.
 */
static bool
add_attribute(struct server *s, LDAPMessage *entry, const char *dn,
    const char *name, json_t *out, struct err *e)
{
	bool		 ranged = strcasestr(name, RANGE_OPTION) != NULL;
	AUTO_FREE char	*attr = ranged ? strndup(name,
	    strcspn(name, ";")) : strdup(name);
	struct piece	 p = { attr, NULL, 0, false };

	if (attr == NULL)
		return err_nomem(e);
	p.values = json_object_get(out, attr);
	if (p.values == NULL) {
		p.values = json_array();
		if (json_object_set_new(out, attr, p.values) < 0)
			return err_nomem(e);
	}
	return piece_take(&p, s, entry, name, e) && more_pieces(s, dn, &p, e);
}

bool
entry_json(struct server *s, LDAPMessage *entry, json_t **out,
    struct err *e)
{
	AUTO_JSON json_t	*all = json_object();
	char			*dn = ldap_get_dn(s->ld, entry);
	BerElement		*ber = NULL;
	char			*name = ldap_first_attribute(s->ld, entry,
	    &ber);
	bool			 ok = all != NULL && dn != NULL ? true :
	    err_nomem(e);

	while (ok && name != NULL) {
		ok = add_attribute(s, entry, dn, name, all, e);
		ldap_memfree(name);
		name = ok ? ldap_next_attribute(s->ld, entry, ber) : NULL;
	}
	ldap_memfree(name);
	ber_free(ber, 0);
	ldap_memfree(dn);
	if (ok)
		*out = json_incref(all);
	return ok;
}
