/*
 * The directory's content as LDIF: the same people in every run, so that the
 * loaded database can be kept.  memberOf is written out because slapadd runs
 * no overlays; the overlay keeps it right afterwards.
 *
 * Who has a meaning for tests:
 *   kim@corp.test, kim.admin@corp.test	plain people (u00001, u00002)
 *   lee.case@corp.test			has an administrator entry twice
 *   twin@corp.test			two people with one mail
 *   u00011, u00012			disabled (employeeType, ppolicy lock)
 *   u00013..u00019			names with , ( ) * \ " and non-ASCII
 *   u00020				no mail
 * Groups: level01 contains level02 ... level12, which holds u00001;
 * thousand has u00001..u01000; team000 ... team199 have 25 each.
 */
#include "house.h"

#include <string.h>

#include <openssl/evp.h>

#include "stconsole/buf.h"
#include "stconsole/mem.h"

#define BASE		"dc=corp,dc=test"
#define PEOPLE_BASE	"ou=people," BASE
#define GROUPS_BASE	"ou=groups," BASE
#define LEVELS		12
#define THOUSAND	1000
#define TEAMS		200
#define TEAM_SIZE	25

static const char *const given[] = {
	"Anna", "Björn", "Çelik", "Dmitri", "Élodie", "Fatma", "Göran",
	"Håkon", "Ines", "José", "Katarzyna", "Łukasz", "Márta", "Nguyễn",
	"Olga", "Pêro", "Qing", "René", "Søren", "Tomáš", "Ute", "Věra",
	"William", "Ximena", "Yūki", "Zoë", "Иван", "Μαρία", "太郎", "Sarah",
};
static const char *const family[] = {
	"Müller", "Schmidt", "O'Neill", "García", "Nowak", "Øvergaard",
	"Smith", "Dvořák", "Çetin", "Ångström", "Rossi", "Dubois", "Jansen",
	"Kowalski", "Fernández", "Szabó", "Virtanen", "Петров",
	"Παπαδόπουλος", "山田", "van der Berg", "Groß", "Þórsson", "Silva",
	"Ivanova", "Brown", "Jones", "Meyer-Landrut", "Yılmaz",
};
static const char *const unit[] = {
	"Sales", "Engineering", "Support", "Finance", "Einkauf & Logistik",
	"Geschäftsführung", "Research", "Legal",
};
static const char *const title[] = {
	"Engineer", "Manager", "Assistant", "Director", "Sachbearbeiter",
	"Consultant", "Technician",
};

/* The few people whose entry is not like the others. */
struct special {
	int		 number;
	const char	*given;
	const char	*sn;
	const char	*cn;
	const char	*mail;	/* "": none */
	const char	*more;	/* further LDIF lines, or NULL */
};

static const struct special special[] = {
	{ 1, "Kim", "Corp", "Kim Corp", "kim@corp.test", NULL },
	{ 2, "Kim", "Admin", "Kim Admin", "kim.admin@corp.test", NULL },
	{ 3, "Lee", "Case", "Lee Case", "lee.case@corp.test", NULL },
	{ 4, "Robin", "Admin", "Robin Admin", "robin.admin@corp.test", NULL },
	{ 5, "Chris", "Helper", "Chris Helper", "chris.helper@corp.test",
	  NULL },
	{ 8, "Twin", "One", "Twin One", "twin@corp.test", NULL },
	{ 9, "Twin", "Two", "Twin Two", "twin@corp.test", NULL },
	{ 11, "Dana", "Gone", "Dana Gone", "dana.gone@corp.test",
	  "employeeType: disabled\n" },
	{ 12, "Alex", "Locked", "Alex Locked", "alex.locked@corp.test",
	  "pwdAccountLockedTime: 000001010000Z\n" },
	{ 13, "Martin Luther", "King, Jr.", "King, Jr., Martin Luther",
	  "king@corp.test", NULL },
	{ 14, "Ann (Annie)", "O'Neill", "Ann (Annie) O'Neill",
	  "ann.oneill@corp.test", NULL },
	{ 15, "Star", "Wild*card", "Star Wild*card", "star@corp.test", NULL },
	{ 16, "Back", "Slash\\Slash", "Back Slash\\Slash",
	  "back.slash@corp.test", NULL },
	{ 17, "Quote", "\"Q\" Quote", "Quote \"Q\" Quote",
	  "quote@corp.test", NULL },
	{ 18, "Jürgen", "Größe", "Jürgen Größe", "jürgen.größe@corp.test",
	  NULL },
	{ 19, "Plus", "Equal+Semi;", "Plus Equal+Semi; <x>",
	  "plus+tag@corp.test", NULL },
	{ 20, "Nomail", "Nobody", "Nomail Nobody", "", NULL },
};

/* RFC 2849: what is not a SAFE-STRING goes as base64. */
static bool
value_is_safe(const char *s)
{
	if (*s == ' ' || *s == ':' || *s == '<')
		return false;
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s >= 0x80 || (unsigned char)*s < ' ')
			return false;
	}
	return true;
}

static void
line_put(struct buf *out, const char *name, const char *value)
{
	unsigned char	 b64[512];

	if (*value == '\0')
		return;
	if (value_is_safe(value)) {
		buf_printf(out, "%s: %s\n", name, value);
		return;
	}
	EVP_EncodeBlock(b64, (const unsigned char *)value,
	    (int)strnlen(value, 300));
	buf_printf(out, "%s:: %s\n", name, (const char *)b64);
}

static const struct special *
special_find(int number)
{
	for (size_t i = 0; i < LENGTH(special); i++) {
		if (special[i].number == number)
			return &special[i];
	}
	return NULL;
}

static void
memberships_put(struct buf *out, int n)
{
	if (n <= THOUSAND)
		buf_puts(out, "memberOf: cn=thousand," GROUPS_BASE "\n");
	if (n == 1)
		buf_printf(out, "memberOf: cn=level%02d," GROUPS_BASE "\n",
		    LEVELS);
	buf_printf(out, "memberOf: cn=team%03d," GROUPS_BASE "\n",
	    (n - 1) / TEAM_SIZE);
}

static void
person_put(struct buf *out, int n)
{
	const struct special	*s = special_find(n);
	struct buf		 cn = BUF_INIT;
	struct buf		 mail = BUF_INIT;
	const char		*g = given[(size_t)n % LENGTH(given)];
	const char		*f = family[(size_t)n * 7 % LENGTH(family)];

	buf_printf(&cn, "%s %s", g, f);
	buf_printf(&mail, "person%05d@corp.test", n);
	buf_printf(out, "dn: uid=u%05d," PEOPLE_BASE "\n"
	    "objectClass: inetOrgPerson\nuid: u%05d\n", n, n);
	line_put(out, "cn", s != NULL ? s->cn : buf_str(&cn));
	line_put(out, "sn", s != NULL ? s->sn : f);
	line_put(out, "givenName", s != NULL ? s->given : g);
	/* IA5String: a mail beyond ASCII is not in this schema's reach. */
	if (s == NULL || value_is_safe(s->mail))
		line_put(out, "mail", s != NULL ? s->mail : buf_str(&mail));
	buf_printf(out, "telephoneNumber: +49 30 %06d\n", 100000 + n);
	line_put(out, "ou", unit[(size_t)n % LENGTH(unit)]);
	line_put(out, "title", title[(size_t)n % LENGTH(title)]);
	if (s != NULL && s->more != NULL)
		buf_puts(out, s->more);
	memberships_put(out, n);
	buf_putc(out, '\n');
	buf_fini(&cn);
	buf_fini(&mail);
}

static void
group_begin(struct buf *out, const char *fmt, int n)
{
	buf_puts(out, "dn: cn=");
	buf_printf(out, "%s%0*d", fmt, *fmt == 'l' ? 2 : 3, n);
	buf_printf(out, "," GROUPS_BASE "\nobjectClass: groupOfNames\n"
	    "cn: %s%0*d\n", fmt, *fmt == 'l' ? 2 : 3, n);
}

static void
members_put(struct buf *out, int first, int count)
{
	for (int n = first; n < first + count; n++)
		buf_printf(out, "member: uid=u%05d," PEOPLE_BASE "\n", n);
	buf_putc(out, '\n');
}

static void
groups_put(struct buf *out)
{
	for (int n = 1; n <= LEVELS; n++) {
		group_begin(out, "level", n);
		if (n > 1)
			buf_printf(out, "memberOf: cn=level%02d," GROUPS_BASE
			    "\n", n - 1);
		if (n == LEVELS)
			members_put(out, 1, 1);
		else
			buf_printf(out, "member: cn=level%02d," GROUPS_BASE
			    "\n\n", n + 1);
	}
	buf_puts(out, "dn: cn=thousand," GROUPS_BASE "\n"
	    "objectClass: groupOfNames\ncn: thousand\n");
	members_put(out, 1, THOUSAND);
	for (int n = 0; n < TEAMS; n++) {
		group_begin(out, "team", n);
		members_put(out, n * TEAM_SIZE + 1, TEAM_SIZE);
	}
}

static const char *const services[] = {
	"sametime-bind", "ordinary", "tight",
};

void
lab_people_ldif(struct buf *out)
{
	buf_puts(out, "dn: " BASE "\nobjectClass: dcObject\n"
	    "objectClass: organization\no: Corp Test\ndc: corp\n\n"
	    "dn: " PEOPLE_BASE "\nobjectClass: organizationalUnit\n"
	    "ou: people\n\n"
	    "dn: " GROUPS_BASE "\nobjectClass: organizationalUnit\n"
	    "ou: groups\n\n"
	    "dn: ou=services," BASE "\nobjectClass: organizationalUnit\n"
	    "ou: services\n\n");
	/* Their passwords are drawn at each start (slapd.c). */
	for (size_t i = 0; i < LENGTH(services); i++)
		buf_printf(out, "dn: cn=%s,ou=services," BASE "\n"
		    "objectClass: organizationalRole\n"
		    "objectClass: simpleSecurityObject\ncn: %s\n"
		    "userPassword: {CRYPT}*\n\n", services[i], services[i]);
	for (int n = 1; n <= LAB_PEOPLE; n++)
		person_put(out, n);
	groups_put(out);
}
