/*
 * How an entry becomes a person, for Active Directory, Domino and OpenLDAP
 * alike: the attributes of all three are asked for and the ones that are
 * there decide.
 */
#include "directory_private.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define UAC_ACCOUNTDISABLE	2	/* MS-ADTS 2.2.16 */

/*
 * Who may not log in.  pwdAccountLockedTime with a date is a lock that ends
 * by itself; only this value means until an administrator acts (slapo-ppolicy).
 */
static const struct {
	const char	*attr;
	const char	*value;		/* NULL: a number with that bit set */
	int64_t		 bit;
} disabled_by[] = {
	{ "userAccountControl", NULL, UAC_ACCOUNTDISABLE },
	{ "msDS-UserAccountDisabled", "TRUE", 0 },	/* AD LDS */
	{ "pwdAccountLockedTime", "000001010000Z", 0 },	/* OpenLDAP */
	{ "nsAccountLock", "TRUE", 0 },			/* 389 DS, Oracle */
	{ "loginDisabled", "TRUE", 0 },			/* eDirectory */
};

static void
add_attr(const char *attrs[], size_t *n, const char *attr)
{
	size_t i;

	if (attr == NULL || *attr == '\0')
		return;
	for (i = 0; i < *n; i++)
		if (str_equal_nocase(attrs[i], attr))
			return;
	attrs[(*n)++] = attr;
}

void
person_attrs(const struct site_ldap *conf,
    const char *attrs[PERSON_ATTRS_MAX])
{
	size_t n = 0, i;

	add_attr(attrs, &n, conf->name_attr);
	add_attr(attrs, &n, conf->mail_attr);
	add_attr(attrs, &n, conf->user_id_attr);
	add_attr(attrs, &n, "uid");
	add_attr(attrs, &n, "sAMAccountName");
	for (i = 0; i < LENGTH(disabled_by); i++)
		add_attr(attrs, &n, disabled_by[i].attr);
	attrs[n] = NULL;
}

bool
value_is_text(const struct berval *v)
{
	return memchr(v->bv_val, '\0', v->bv_len) == NULL &&
	    str_is_utf8(v->bv_val, v->bv_len);
}

static char *
value_hex(const struct berval *v)
{
	AUTO_BUF struct buf	b = BUF_INIT;
	size_t			i;

	for (i = 0; i < v->bv_len; i++)
		buf_printf(&b, "%02x", (unsigned char)v->bv_val[i]);
	return buf_take(&b);
}

char *
entry_text(struct server *s, LDAPMessage *entry, const char *attr)
{
	struct berval	**v = NULL;
	char		 *text;

	if (attr != NULL && *attr != '\0')
		v = ldap_get_values_len(s->ld, entry, attr);
	if (v == NULL || v[0] == NULL)
		text = strdup("");
	else if (value_is_text(v[0]))
		text = strndup(v[0]->bv_val, v[0]->bv_len);
	else
		text = value_hex(v[0]);
	ldap_value_free_len(v);
	return text;
}

/* What one attribute says, when it is one of those. */
static bool
attr_disables(struct server *s, LDAPMessage *entry, const char *attr)
{
	struct berval	**v;
	bool		  found = false;
	int64_t		  bits;
	size_t		  i, j;

	for (i = 0; i < LENGTH(disabled_by); i++)
		if (str_equal_nocase(attr, disabled_by[i].attr))
			break;
	if (i == LENGTH(disabled_by))
		return false;
	v = ldap_get_values_len(s->ld, entry, attr);
	for (j = 0; v != NULL && v[j] != NULL && !found; j++) {
		if (disabled_by[i].value != NULL)
			found = str_equal_nocase(v[j]->bv_val,
			    disabled_by[i].value);
		else if (str_to_int(v[j]->bv_val, INT32_MIN, UINT32_MAX,
		    &bits))
			found = (bits & disabled_by[i].bit) != 0;
	}
	ldap_value_free_len(v);
	return found;
}

/* By what the entry has: asking for each that it has not reads it anew. */
static bool
is_disabled(struct server *s, LDAPMessage *entry)
{
	BerElement	*ber = NULL;
	bool		 found = false;
	char		*attr;

	for (attr = ldap_first_attribute(s->ld, entry, &ber); attr != NULL;
	    attr = ldap_next_attribute(s->ld, entry, ber)) {
		found = found || attr_disables(s, entry, attr);
		ldap_memfree(attr);
	}
	ber_free(ber, 0);
	return found;
}

bool
person_read(struct server *s, LDAPMessage *entry, struct person *out,
    struct err *e)
{
	char *dn = ldap_get_dn(s->ld, entry);

	*out = (struct person){ .dn = strdup(dn != NULL ? dn : "") };
	ldap_memfree(dn);
	out->id = entry_text(s, entry, s->conf->user_id_attr);
	out->uid = entry_text(s, entry, "uid");
	if (out->uid != NULL && *out->uid == '\0') {
		free(out->uid);
		out->uid = entry_text(s, entry, "sAMAccountName");
	}
	out->name = entry_text(s, entry, s->conf->name_attr);
	out->mail = entry_text(s, entry, s->conf->mail_attr);
	out->is_disabled = is_disabled(s, entry);
	if (out->dn != NULL && out->id != NULL && *out->id == '\0') {
		free(out->id);
		out->id = strdup(out->dn);
	}
	if (out->dn != NULL && out->id != NULL && out->uid != NULL &&
	    out->name != NULL && out->mail != NULL)
		return true;
	person_fini(out);
	return err_nomem(e);
}

void
person_fini(struct person *p)
{
	free(p->dn);
	free(p->id);
	free(p->uid);
	free(p->name);
	free(p->mail);
	*p = (struct person){ .dn = NULL };
}

json_t *
person_json(const struct person *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}",
	    "dn", json_lossy(p->dn, strlen(p->dn)),
	    "id", json_lossy(p->id, strlen(p->id)),
	    "uid", json_lossy(p->uid, strlen(p->uid)),
	    "name", json_lossy(p->name, strlen(p->name)),
	    "mail", json_lossy(p->mail, strlen(p->mail)),
	    "disabled", p->is_disabled);
}
