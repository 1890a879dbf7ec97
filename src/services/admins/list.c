/*
 * The list of administrators and its join with the directory.  Nothing here
 * asks anybody: it works on what was read, so that it can be tried alone.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "admins.h"
#include "text.def"

static void
admin_fini(struct admin *a)
{
	free(a->id);
	free(a->email);
	mongo_doc_fini(&a->doc);
	mail_match_fini(&a->match);
	json_decref(a->problems);
}

void
admin_list_fini(struct admin_list *l)
{
	size_t	 i;

	for (i = 0; i < l->count; i++)
		admin_fini(&l->items[i]);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

static bool
list_grow(struct admin_list *l, struct err *e)
{
	size_t		 cap = l->cap == 0 ? 16 : l->cap * 2;
	struct admin	*items;

	if (l->count < l->cap)
		return true;
	items = reallocarray(l->items, cap, sizeof(*items));
	if (items == NULL)
		return err_nomem(e);
	l->items = items;
	l->cap = cap;
	return true;
}

bool
admin_list_add(struct admin_list *l, const char *id, bool id_is_text,
    const char *email, struct mongo_doc *doc, struct err *e)
{
	struct admin	 a = { .id_is_text = id_is_text };

	if (!list_grow(l, e))
		return false;
	a.id = strdup(id);
	a.email = strdup(email);
	a.problems = json_array();
	if (a.id == NULL || a.email == NULL || a.problems == NULL) {
		admin_fini(&a);
		return err_nomem(e);
	}
	if (doc != NULL) {
		a.doc = *doc;
		doc->text = NULL;
	}
	a.first = l->count;
	l->items[l->count++] = a;
	return true;
}

static bool
problem(struct admin *a, struct err *e, const char *text)
{
	return json_array_append_new(a->problems, json_string(text)) == 0 ||
	    err_nomem(e);
}

static bool
problem_same(struct admin *a, const struct admin *other, struct err *e)
{
	AUTO_FREE char	*text = str_format(T_SAME_PERSON, other->email);

	return text != NULL ? problem(a, e, text) : err_nomem(e);
}

static enum admin_state
match_state(const struct admin_list *l, const struct mail_match *m)
{
	if (m->count == 0)
		return l->is_partial ? ADMIN_UNKNOWN : ADMIN_MISSING;
	if (m->count > 1)
		return ADMIN_DUPLICATE;
	return m->person.is_disabled ? ADMIN_DISABLED : ADMIN_FOUND;
}

static bool
is_space(char c)
{
	return isspace((unsigned char)c) != 0;
}

static bool
admin_problems(const struct admin_list *l, struct admin *a, struct err *e)
{
	AUTO_FREE char	*text = NULL;

	if (!a->id_is_text && !problem(a, e, T_ID_KIND))
		return false;
	if (a->email[0] == '\0')
		return problem(a, e, T_NO_EMAIL);
	/* The directory compares without it, Sametime perhaps not. */
	if ((is_space(a->email[0]) ||
	    is_space(a->email[strlen(a->email) - 1])) &&
	    !problem(a, e, T_MAIL_SPACES))
		return false;
	switch (a->state) {
	case ADMIN_UNKNOWN:
		text = str_format(l->joined ? T_NOT_SEEN : T_UNKNOWN,
		    l->why.msg);
		return text != NULL ? problem(a, e, text) : err_nomem(e);
	case ADMIN_MISSING:
		return problem(a, e, T_MISSING);
	case ADMIN_DUPLICATE:
		text = str_format(T_DUPLICATE, a->match.count);
		return text != NULL ? problem(a, e, text) : err_nomem(e);
	case ADMIN_DISABLED:
		return problem(a, e, T_DISABLED);
	default:
		return true;
	}
}

static int
by_mail_nocase(const void *x, const void *y)
{
	const struct admin	*const *a = x, *const *b = y;
	int			 order = strcasecmp((*a)->email, (*b)->email);

	/* Equal mails stay in the order of the list: the oldest _id first. */
	return order != 0 ? order : (*a > *b) - (*a < *b);
}

static int
by_dn(const void *x, const void *y)
{
	const struct admin	*const *a = x, *const *b = y;
	int			 order = strcasecmp((*a)->match.person.dn,
	    (*b)->match.person.dn);

	return order != 0 ? order : (*a > *b) - (*a < *b);
}

/* Tells every member of a run of equal ones about another. */
static bool
mark_run(struct admin_list *l, struct admin **run, size_t n, bool twins,
    struct err *e)
{
	size_t	 i;

	for (i = 0; i < n && n > 1; i++) {
		if (!problem_same(run[i], run[i == 0 ? 1 : 0], e))
			return false;
		if (twins)
			run[i]->first = (size_t)(run[0] - l->items);
	}
	return true;
}

/* Entries with one mail in several spellings, or of one person by two
 * mails (dn). */
static bool
mark_same(struct admin_list *l, bool dn, struct err *e)
{
	AUTO_FREE struct admin	**order = calloc(l->count + 1,
	    sizeof(*order));
	int	(*compare)(const void *, const void *) = dn ? by_dn :
		    by_mail_nocase;
	size_t	 i, n = 0, start;

	if (order == NULL)
		return err_nomem(e);
	for (i = 0; i < l->count; i++) {
		struct admin *a = &l->items[i];

		/* Twins by mail were told already. */
		if (dn ? a->match.count == 1 && a->match.person.dn != NULL &&
		    a->first == i : a->email[0] != '\0')
			order[n++] = a;
	}
	qsort(order, n, sizeof(*order), compare);
	for (start = 0, i = 1; i <= n; i++) {
		if (i < n && strcasecmp(dn ? order[i]->match.person.dn :
		    order[i]->email, dn ? order[start]->match.person.dn :
		    order[start]->email) == 0)
			continue;
		if (!mark_run(l, order + start, i - start, !dn, e))
			return false;
		start = i;
	}
	return true;
}

bool
admin_list_join(struct admin_list *l, struct mail_match *matches,
    struct err *e)
{
	size_t	 i;

	l->joined = matches != NULL;
	for (i = 0; i < l->count; i++) {
		struct admin *a = &l->items[i];

		if (matches != NULL && a->email[0] != '\0') {
			a->match = matches[i];
			memset(&matches[i], 0, sizeof(matches[i]));
			a->state = match_state(l, &a->match);
		} else if (matches != NULL) {
			a->state = ADMIN_MISSING;
		}
		if (!admin_problems(l, a, e))
			return false;
	}
	return mark_same(l, false, e) && mark_same(l, true, e);
}

void
admin_list_mark_you(struct admin_list *l, const char *me_mail,
    const char *user, const char *sudo_user)
{
	const char	*uid;
	size_t		 i;

	for (i = 0; i < l->count; i++) {
		struct admin *a = &l->items[i];

		uid = a->match.count > 0 ? a->match.person.uid : NULL;
		a->is_you = (me_mail[0] != '\0' &&
		    str_equal_nocase(a->email, me_mail)) ||
		    (uid != NULL && uid[0] != '\0' &&
		    (strcmp(uid, user) == 0 || strcmp(uid, sudo_user) == 0));
	}
}

static const char *
admin_name(const struct admin *a)
{
	return a->match.count > 0 && a->match.person.name != NULL ?
	    a->match.person.name : "";
}

static int
sort_mail(const void *x, const void *y)
{
	const struct admin	*a = x, *b = y;
	int			 order = strcasecmp(a->email, b->email);

	if (order == 0)
		order = strcmp(a->email, b->email);
	return order != 0 ? order : strcmp(a->id, b->id);
}

static int
sort_name(const void *x, const void *y)
{
	int	 order = strcasecmp(admin_name(x), admin_name(y));

	return order != 0 ? order : sort_mail(x, y);
}

static int
sort_state(const void *x, const void *y)
{
	const struct admin	*a = x, *b = y;

	if (a->state != b->state)
		return strcmp(admin_state_name(a->state),
		    admin_state_name(b->state));
	return sort_mail(x, y);
}

void
admin_list_sort(struct admin_list *l, const char *by)
{
	int	(*compare)(const void *, const void *) = sort_mail;

	if (strcmp(by, "name") == 0)
		compare = sort_name;
	else if (strcmp(by, "directory") == 0)
		compare = sort_state;
	if (l->count > 0)
		qsort(l->items, l->count, sizeof(*l->items), compare);
}

struct admin *
admin_list_find(const struct admin_list *l, const char *mail, size_t *count)
{
	struct admin	*any = NULL, *exact = NULL;
	size_t		 i;

	*count = 0;
	for (i = 0; i < l->count; i++) {
		if (!str_equal_nocase(l->items[i].email, mail))
			continue;
		(*count)++;
		any = &l->items[i];
		if (exact == NULL && strcmp(any->email, mail) == 0)
			exact = any;
	}
	if (exact != NULL)
		return exact;
	return *count == 1 ? any : NULL;
}

static json_t *
text_or_null(const char *s)
{
	return s == NULL || s[0] == '\0' ? json_null() :
	    json_lossy(s, strlen(s));
}

/* As status marks its lines. */
static const char *
mark_name(const struct admin *a)
{
	if (a->state == ADMIN_UNKNOWN)
		return "unknown";
	return a->state == ADMIN_FOUND && json_array_size(a->problems) == 0 ?
	    "ok" : "warn";
}

json_t *
admin_json(const struct admin *a)
{
	bool	 known = a->match.count > 0;

	return json_pack("{s:o,s:o,s:o,s:o,s:s,s:O,s:s,s:b}",
	    "id", json_lossy(a->id, strlen(a->id)),
	    "email", json_lossy(a->email, strlen(a->email)),
	    "name", text_or_null(known ? a->match.person.name : NULL),
	    "dn", text_or_null(known ? a->match.person.dn : NULL),
	    "directory", admin_state_name(a->state),
	    "problems", a->problems, "mark", mark_name(a), "you", a->is_you);
}

const char *
admin_state_name(enum admin_state state)
{
	static const char *const names[] = {
		[ADMIN_UNKNOWN] = "unknown",
		[ADMIN_FOUND] = "found",
		[ADMIN_MISSING] = "missing",
		[ADMIN_DUPLICATE] = "duplicate",
		[ADMIN_DISABLED] = "disabled",
	};

	return names[state];
}

bool
admin_mail_is_valid(const char *mail)
{
	const char	*at = strchr(mail, '@'), *p;

	if (at == NULL || at == mail || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL)
		return false;
	for (p = mail; *p != '\0'; p++)
		if (isspace((unsigned char)*p) || iscntrl((unsigned char)*p))
			return false;
	return str_is_utf8(mail, strlen(mail));
}
