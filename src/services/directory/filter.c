/*
 * Words of people inside filters and names.  Whatever could be read as
 * syntax is escaped, so no value can widen a search.
 */
#include "directory_private.h"

#include <ctype.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

/* RFC 4515, 3: these five, and every byte that is not UTF-8 or printable. */
void
filter_escape(struct buf *out, const char *bytes, size_t len)
{
	size_t i = 0, n;

	for (; i < len; i += n) {
		unsigned char c = (unsigned char)bytes[i];

		n = str_utf8_len(bytes + i, len - i);
		if (n > 1) {
			buf_add(out, bytes + i, n);
			continue;
		}
		n = 1;
		if (c < 0x20 || c >= 0x7f || strchr("*()\\", c) != NULL)
			buf_printf(out, "\\%02x", c);
		else
			buf_putc(out, (char)c);
	}
}

void
dn_escape(struct buf *out, const char *value)
{
	size_t len = strlen(value), i;

	for (i = 0; i < len; i++) {
		unsigned char	c = (unsigned char)value[i];
		bool		edge = (i == 0 && (c == ' ' || c == '#')) ||
		    (i + 1 == len && c == ' ');

		if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\%02x", c);
		else if (edge || strchr("\"+,;<>\\=", c) != NULL)
			buf_printf(out, "\\%c", c);
		else
			buf_putc(out, (char)c);
	}
}

void
filter_equal(struct buf *out, const char *attr, const char *value)
{
	buf_printf(out, "(%s=", attr);
	filter_escape(out, value, strlen(value));
	buf_putc(out, ')');
}

void
filter_part(struct buf *out, const char *attr, const char *value)
{
	if (*value == '\0') {
		buf_printf(out, "(%s=*)", attr);
		return;
	}
	buf_printf(out, "(%s=*", attr);
	filter_escape(out, value, strlen(value));
	buf_puts(out, "*)");
}

/* "Class.method()" is legal in Sametime: Java code makes the filter there. */
bool
filter_render(const char *template, const char *value, struct buf *out,
    struct err *e)
{
	const char *p;

	if (*template != '(') {
		err_set(e, ERR_LDAP, LDAP_FILTER_ERROR, T_FILTER_CLASS,
		    template);
		return err_hint(e, T_FILTER_CLASS_HINT);
	}
	for (p = template; *p != '\0'; p++) {
		if (p[0] == '%' && p[1] == 's') {
			filter_escape(out, value, strlen(value));
			p++;
		} else {
			buf_putc(out, *p);
		}
	}
	return buf_ok(out, e);
}

char *
dn_normal(const char *dn)
{
	LDAPDN	 parts = NULL;
	char	*text = NULL, *out, *p;

	if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAP) == LDAP_SUCCESS)
		ldap_dn2str(parts, &text, LDAP_DN_FORMAT_LDAPV3);
	ldap_dnfree(parts);
	out = strdup(text != NULL ? text : dn);
	ldap_memfree(text);
	for (p = out; p != NULL && *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)tolower((unsigned char)*p);
	return out;
}

bool
dn_is_valid(const char *s)
{
	LDAPDN	 parts = NULL;
	bool	 ok;

	if (strchr(s, '=') == NULL)
		return false;
	ok = ldap_str2dn(s, &parts, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS &&
	    parts != NULL;
	ldap_dnfree(parts);
	return ok;
}
