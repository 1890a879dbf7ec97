/*
 * One search in pages.  The paging control is sent as not critical: a server
 * that does not know it answers all at once, as if we had not asked.  One
 * that forbids it (OpenLDAP's size.prtotal=disabled) refuses the search
 * nevertheless, and is asked again without.
 */
#include "directory_private.h"

#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

#define PAGE	1000	/* Active Directory's MaxPageSize */

struct run {
	struct server		*s;
	const struct query	*q;
	query_entry		 fn;
	void			*arg;
	struct query_end	*end;
	struct berval		 cookie;	/* of the page to come */
	bool			 is_paged;
};

int
server_scope(const struct server *s)
{
	return s->conf->one_level ? LDAP_SCOPE_ONELEVEL : LDAP_SCOPE_SUBTREE;
}

static void
note_referrals(struct server *s, char **urls)
{
	size_t i;

	for (i = 0; urls != NULL && urls[i] != NULL; i++)
		referral_note(s, urls[i]);
	ldap_memvfree((void **)urls);
}

static bool
run_send(struct run *r, int *msgid, struct err *e)
{
	LDAPControl	*page = NULL, *controls[2] = { NULL, NULL };
	struct timeval	 limit = { r->s->opts.answer_ms / 1000 + 1, 0 };
	LDAP		*ld = r->s->ld;
	int		 rc;

	if (r->is_paged) {
		if (ldap_create_page_control(ld, PAGE, &r->cookie, 0,
		    &page) != LDAP_SUCCESS)
			return reply_broken(r->s, e);
		controls[0] = page;
	}
	r->s->searches++;
	r->s->deadline_ms = dial_deadline(r->s->opts.answer_ms);
	rc = ldap_search_ext(ld, r->q->base, r->q->scope, r->q->filter,
	    (char **)(uintptr_t)r->q->attrs, 0, controls, NULL, &limit,
	    r->q->limit, msgid);
	if (page != NULL)
		ldap_control_free(page);
	return rc == LDAP_SUCCESS ? true : reply_broken(r->s, e);
}

/* The cookie of the next page, empty when there is none. */
static void
take_cookie(struct run *r, LDAPControl **controls)
{
	LDAPControl	*c = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS,
	    controls, NULL);
	ber_int_t	 estimate;

	ber_memfree(r->cookie.bv_val);
	r->cookie = (struct berval){ 0, NULL };
	if (c != NULL)
		ldap_parse_pageresponse_control(r->s->ld, c, &estimate,
		    &r->cookie);
}

static bool
run_finish(struct run *r, LDAPMessage *msg, struct err *e)
{
	LDAPControl	**controls = NULL;
	char		 *detail = NULL, **urls = NULL;
	int		  code = LDAP_OTHER;
	bool		  ok = true;

	if (ldap_parse_result(r->s->ld, msg, &code, NULL, &detail, &urls,
	    &controls, 0) != LDAP_SUCCESS)
		return reply_broken(r->s, e);
	note_referrals(r->s, urls);
	take_cookie(r, controls);
	ldap_controls_free(controls);
	r->end->code = code;
	switch (code) {
	case LDAP_SUCCESS:
		break;
	case LDAP_SIZELIMIT_EXCEEDED:
	case LDAP_ADMINLIMIT_EXCEEDED:
	case LDAP_TIMELIMIT_EXCEEDED:
		r->end->is_more = true;
		break;
	default:
		ok = reply_failed(r->s, code, detail, e);
	}
	ldap_memfree(detail);
	return ok;
}

static bool
run_message(struct run *r, LDAPMessage *msg, bool *done, struct err *e)
{
	char	**urls = NULL;
	bool	  ok = true;

	switch (ldap_msgtype(msg)) {
	case LDAP_RES_SEARCH_ENTRY:
		r->end->entries++;
		ok = r->fn(r->arg, r->s, msg, e);
		break;
	case LDAP_RES_SEARCH_REFERENCE:
		if (ldap_parse_reference(r->s->ld, msg, &urls, NULL, 0) ==
		    LDAP_SUCCESS)
			note_referrals(r->s, urls);
		break;
	case LDAP_RES_SEARCH_RESULT:
		*done = true;
		ok = run_finish(r, msg, e);
		break;
	default:
		break;
	}
	return ok;
}

static bool
run_page(struct run *r, struct err *e)
{
	int64_t		 deadline_ms = dial_deadline(r->s->opts.answer_ms);
	LDAPMessage	*msg;
	bool		 done = false, ok;
	int		 msgid;

	if (!run_send(r, &msgid, e))
		return false;
	while (!done) {
		if (!reply_wait(r->s, msgid, false, deadline_ms, &msg, e))
			return false;
		ok = run_message(r, msg, &done, e);
		ldap_msgfree(msg);
		if (!ok) {
			if (!done)
				ldap_abandon_ext(r->s->ld, msgid, NULL, NULL);
			return false;
		}
	}
	return true;
}

static bool
run_pages(struct run *r, struct err *e)
{
	bool ok;

	do
		ok = run_page(r, e);
	while (ok && r->end->code == LDAP_SUCCESS && r->cookie.bv_len > 0);
	ber_memfree(r->cookie.bv_val);
	r->cookie = (struct berval){ 0, NULL };
	return ok;
}

bool
server_search(struct server *s, const struct query *q, query_entry fn,
    void *arg, struct query_end *end, struct err *e)
{
	struct run	r = { s, q, fn, arg, end, { 0, NULL },
		!s->forbids_paging && (q->limit == 0 || q->limit > PAGE) };

	*end = (struct query_end){ LDAP_SUCCESS, 0, false };
	if (!run_pages(&r, e))
		return false;
	if (!r.is_paged || end->code != LDAP_ADMINLIMIT_EXCEEDED ||
	    end->entries > 0)
		return true;
	s->forbids_paging = true;
	r.is_paged = false;
	*end = (struct query_end){ LDAP_SUCCESS, 0, false };
	return run_pages(&r, e);
}

struct root {
	const char	 *attr;
	struct berval	**values;
};

static bool
root_entry(void *arg, struct server *s, LDAPMessage *entry, struct err *e)
{
	struct root *root = arg;

	(void)e;
	if (root->values == NULL)
		root->values = ldap_get_values_len(s->ld, entry, root->attr);
	return true;
}

struct berval **
server_root(struct server *s, const char *attr)
{
	const char *const	attrs[] = { attr, NULL };
	struct query		q = { "", LDAP_SCOPE_BASE, "(objectClass=*)",
		attrs, 1 };
	struct root		root = { attr, NULL };
	struct query_end	end;
	struct err		ignored;

	/* A server that hides its rootDSE is as one that says nothing. */
	server_search(s, &q, root_entry, &root, &end, &ignored);
	return root.values;
}
