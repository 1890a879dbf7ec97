/*
 * Many mails in few searches: one OR filter for each batch, halved when the
 * server's limits refuse it.  Hits of a batch count only when its search
 * came to its end, so a retry never counts somebody twice.
 *
 * ASCII mails are compared here; one with other letters is asked for alone
 * and the server's own comparison decides.
 */
#include "directory_private.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"

#define BATCH	400

struct wanted {
	char	*mail;		/* lower case, no spaces around */
	size_t	 index;		/* in the caller's list */
	size_t	 last_hit;	/* entry number, so one entry counts once */
};

struct hit {
	size_t		 index;
	struct person	 person;
};

struct match {
	struct server		*s;
	const struct site_ldap	*conf;
	struct wanted		*ascii;		/* sorted by mail */
	size_t			 ascii_count;
	size_t			 alone;		/* index + 1 when asked alone */
	struct hit		*hits;
	size_t			 hit_count, hit_cap;
	size_t			 entry;		/* number of the present one */
	struct mail_match	*out;
};

void
mail_match_fini(struct mail_match *m)
{
	person_fini(&m->person);
	m->count = 0;
}

/* Lower case without spaces around; NULL when memory is gone. */
static char *
fold(const char *s, size_t len)
{
	char	*out;
	size_t	 i;

	while (len > 0 && s[0] == ' ') {
		s++;
		len--;
	}
	while (len > 0 && s[len - 1] == ' ')
		len--;
	out = strndup(s, len);
	for (i = 0; out != NULL && out[i] != '\0'; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + 32);
	return out;
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static int
wanted_compare(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return strcmp(x->mail, y->mail);
}

static bool
hit_add(struct match *m, size_t index, LDAPMessage *entry, struct err *e)
{
	size_t		 cap = m->hit_cap > 0 ? m->hit_cap * 2 : 64;
	struct hit	*more;

	if (m->hit_count == m->hit_cap) {
		more = realloc(m->hits, cap * sizeof(*more));
		if (more == NULL)
			return err_nomem(e);
		m->hits = more;
		m->hit_cap = cap;
	}
	m->hits[m->hit_count].index = index;
	if (!person_read(m->s, entry, &m->hits[m->hit_count].person, e))
		return false;
	m->hit_count++;
	return true;
}

static void
hits_drop(struct match *m)
{
	while (m->hit_count > 0)
		person_fini(&m->hits[--m->hit_count].person);
}

/*
 * The first person of a mail is kept, the rest only counted; is_cut: a limit
 * held back at least one more.
 */
static void
hits_commit(struct match *m, bool is_cut)
{
	size_t i;

	for (i = 0; i < m->hit_count; i++) {
		struct mail_match *to = &m->out[m->hits[i].index];

		if (to->count++ == 0) {
			to->person = m->hits[i].person;
			m->hits[i].person = (struct person){ .dn = NULL };
		}
		to->count += is_cut;
	}
	hits_drop(m);
}

/* All wanted that equal this value: the caller may ask for one mail twice. */
static bool
match_value(struct match *m, const struct berval *v, LDAPMessage *entry,
    struct err *e)
{
	struct wanted	 key = { fold(v->bv_val, v->bv_len), 0, 0 }, *w;
	bool		 ok = true;

	if (key.mail == NULL)
		return err_nomem(e);
	w = bsearch(&key, m->ascii, m->ascii_count, sizeof(*w),
	    wanted_compare);
	while (w != NULL && w > m->ascii && strcmp(w[-1].mail, key.mail) == 0)
		w--;
	for (; ok && w != NULL && w < m->ascii + m->ascii_count &&
	    strcmp(w->mail, key.mail) == 0; w++) {
		if (w->last_hit != m->entry)
			ok = hit_add(m, w->index, entry, e);
		w->last_hit = m->entry;
	}
	free(key.mail);
	return ok;
}

static bool
match_entry(void *arg, struct server *s, LDAPMessage *entry, struct err *e)
{
	struct match	 *m = arg;
	struct berval	**v;
	bool		  ok = true;
	size_t		  i;

	m->entry++;
	if (m->alone > 0)
		return hit_add(m, m->alone - 1, entry, e);
	v = ldap_get_values_len(s->ld, entry, m->conf->mail_attr);
	for (i = 0; ok && v != NULL && v[i] != NULL; i++)
		ok = match_value(m, v[i], entry, e);
	ldap_value_free_len(v);
	return ok;
}

/* One search for mails[from, from + n). */
static bool
ask(struct match *m, const char *const *mails, size_t n,
    struct query_end *end, struct err *e)
{
	AUTO_BUF struct buf	filter = BUF_INIT;
	const char		*attrs[PERSON_ATTRS_MAX];
	struct query		 q = { m->conf->base, server_scope(m->s), NULL,
		attrs, 0 };
	size_t			 i;

	person_attrs(m->conf, attrs);
	buf_printf(&filter, "(&(objectClass=%s)(|", m->conf->person_class);
	for (i = 0; i < n; i++)
		filter_equal(&filter, m->conf->mail_attr, mails[i]);
	buf_puts(&filter, "))");
	if (!buf_ok(&filter, e))
		return false;
	q.filter = buf_str(&filter);
	return server_search(m->s, &q, match_entry, m, end, e);
}

/*
 * Halves what a limit refuses.  For a single mail a limit only means that it
 * has more than one entry; without any entry nothing is known.
 */
static bool
ask_all(struct match *m, const char *const *mails, size_t n, struct err *e)
{
	size_t			 size = n < BATCH ? n : BATCH, done = 0;
	struct query_end	 end;

	while (done < n) {
		size_t now = n - done < size ? n - done : size;

		if (!ask(m, mails + done, now, &end, e)) {
			hits_drop(m);
			return false;
		}
		if (end.is_more && now > 1) {
			hits_drop(m);
			size = now / 2;
			continue;
		}
		if (end.is_more && end.entries == 0)
			return reply_failed(m->s, end.code, NULL, e);
		hits_commit(m, end.is_more);
		done += now;
	}
	return true;
}

static bool
match_server(struct match *m, const char *const *ascii, size_t ascii_count,
    const char *const *mails, size_t n, struct err *e)
{
	size_t i;

	m->conf = m->s->conf;
	m->alone = 0;
	if (!ask_all(m, ascii, ascii_count, e))
		return false;
	for (i = 0; i < n; i++) {
		if (is_ascii(mails[i]))
			continue;
		m->alone = i + 1;
		if (!ask_all(m, &mails[i], 1, e))
			return false;
	}
	return true;
}

/* Sorts the ASCII mails and lists each one once for the filters. */
static bool
prepare(struct match *m, const char *const *mails, size_t n,
    const char **ascii, size_t *ascii_count, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct wanted *w = &m->ascii[m->ascii_count];

		if (!is_ascii(mails[i]))
			continue;
		*w = (struct wanted){ fold(mails[i], strlen(mails[i])), i,
			0 };
		if (w->mail == NULL)
			return err_nomem(e);
		m->ascii_count++;
	}
	if (m->ascii_count > 0)
		qsort(m->ascii, m->ascii_count, sizeof(*m->ascii),
		    wanted_compare);
	for (i = 0; i < m->ascii_count; i++)
		if (*m->ascii[i].mail != '\0' && (i == 0 ||
		    strcmp(m->ascii[i].mail, m->ascii[i - 1].mail) != 0))
			ascii[(*ascii_count)++] = m->ascii[i].mail;
	return true;
}

bool
directory_match_mails(struct directory *d, const char *const *mails,
    size_t n, struct mail_match *out, unsigned *searches, struct err *e)
{
	struct match		 m = { .out = out };
	AUTO_FREE const char	**ascii = calloc(n + 1, sizeof(*ascii));
	size_t			 ascii_count = 0, i;
	unsigned		 before;
	bool			 ok;

	for (i = 0; i < n; i++)
		out[i] = (struct mail_match){ .count = 0 };
	if (searches != NULL)
		*searches = 0;
	m.ascii = calloc(n + 1, sizeof(*m.ascii));
	ok = ascii != NULL && m.ascii != NULL ? prepare(&m, mails, n, ascii,
	    &ascii_count, e) : err_nomem(e);
	for (i = 0; ok && i < d->count; i++) {
		m.s = &d->servers[i];
		if (m.s->ld == NULL)
			continue;
		before = m.s->searches;
		ok = match_server(&m, ascii, ascii_count, mails, n, e);
		if (searches != NULL)
			*searches += m.s->searches - before;
	}
	for (i = 0; i < m.ascii_count; i++)
		free(m.ascii[i].mail);
	free(m.ascii);
	free(m.hits);
	for (i = 0; !ok && i < n; i++)
		mail_match_fini(&out[i]);
	return ok;
}
