/*
 * Waiting for a server and turning its codes into sentences.  libldap is
 * asked in short slices so that a cancel is heard; an answer that does not
 * come in time is abandoned, which leaves the connection usable.
 */
#include "directory_private.h"

#include <string.h>
#include <sys/time.h>

#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define SLICE_US	50000
#define ABANDON_MS	500
#define DETAIL_MAX	150

/* One sentence for each code that an administrator can do something about. */
static const struct {
	int		 code;
	const char	*text;		/* %1$s the server */
	const char	*hint;
	bool		 retryable;
} codes[] = {
	{ LDAP_INVALID_CREDENTIALS, T_CODE_CREDENTIALS,
	    T_CODE_CREDENTIALS_HINT, false },
	{ LDAP_NO_SUCH_OBJECT, T_CODE_NO_OBJECT, T_CODE_NO_OBJECT_HINT,
	    false },
	{ LDAP_INVALID_DN_SYNTAX, T_CODE_DN, T_CODE_DN_HINT, false },
	{ LDAP_INSUFFICIENT_ACCESS, T_CODE_ACCESS, T_CODE_ACCESS_HINT,
	    false },
	{ LDAP_OPERATIONS_ERROR, T_CODE_OPERATIONS, T_CODE_ACCESS_HINT,
	    false },
	{ LDAP_STRONG_AUTH_REQUIRED, T_CODE_STRONG, T_CODE_STRONG_HINT,
	    false },
	{ LDAP_CONFIDENTIALITY_REQUIRED, T_CODE_STRONG, T_CODE_STRONG_HINT,
	    false },
	{ LDAP_INAPPROPRIATE_AUTH, T_CODE_ANONYMOUS, T_CODE_ACCESS_HINT,
	    false },
	{ LDAP_UNWILLING_TO_PERFORM, T_CODE_UNWILLING,
	    T_CODE_UNWILLING_HINT, false },
	{ LDAP_REFERRAL, T_CODE_REFERRAL, T_CODE_REFERRAL_HINT, false },
	{ LDAP_PARTIAL_RESULTS, T_CODE_REFERRAL, T_CODE_REFERRAL_HINT,
	    false },
	{ LDAP_FILTER_ERROR, T_CODE_FILTER, T_CODE_FILTER_HINT, false },
	{ LDAP_TIMELIMIT_EXCEEDED, T_CODE_TIMELIMIT, T_CODE_TIMELIMIT_HINT,
	    true },
	{ LDAP_SIZELIMIT_EXCEEDED, T_CODE_LIMIT, T_CODE_LIMIT_HINT, false },
	{ LDAP_ADMINLIMIT_EXCEEDED, T_CODE_LIMIT, T_CODE_LIMIT_HINT, false },
	{ LDAP_BUSY, T_CODE_BUSY, T_CODE_BUSY_HINT, true },
	{ LDAP_UNAVAILABLE, T_CODE_BUSY, T_CODE_BUSY_HINT, true },
	{ LDAP_SERVER_DOWN, T_CODE_DOWN, T_CODE_DOWN_HINT, true },
	{ LDAP_TIMEOUT, T_CODE_TIMEOUT, T_CODE_TIMEOUT_HINT, true },
};

bool
reply_failed(const struct server *s, int code, const char *detail,
    struct err *e)
{
	char	what[DETAIL_MAX];
	size_t	i;

	for (i = 0; i < LENGTH(codes); i++)
		if (codes[i].code == code)
			break;
	snprintf(what, sizeof(what), "%s", detail != NULL ? detail : "");
	str_strip_control(what);
	str_cut(what, sizeof(what) - 2);
	if (i == LENGTH(codes)) {
		return err_set(e, ERR_LDAP, code, T_CODE_OTHER, s->label,
		    *what != '\0' ? what : ldap_err2string(code), code);
	}
	/* The texts in the table have the label as their only argument. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	err_set(e, ERR_LDAP, code, codes[i].text, s->label);
#pragma GCC diagnostic pop
	if (*what != '\0' && e != NULL) {
		size_t len = strlen(e->msg);

		snprintf(e->msg + len, sizeof(e->msg) - len, " (%s)", what);
	}
	if (e != NULL)
		e->retryable = codes[i].retryable;
	return err_hint(e, "%s", codes[i].hint);
}

bool
reply_broken(const struct server *s, struct err *e)
{
	char	*detail = NULL;
	int	 code = LDAP_OTHER;

	ldap_get_option(s->ld, LDAP_OPT_RESULT_CODE, &code);
	ldap_get_option(s->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail);
	reply_failed(s, code, detail, e);
	ldap_memfree(detail);
	return false;
}

/* The deadline has passed, but this one message should still go out. */
static void
abandon(struct server *s, int msgid)
{
	s->deadline_ms = dial_deadline(ABANDON_MS);
	ldap_abandon_ext(s->ld, msgid, NULL, NULL);
}

bool
reply_wait(struct server *s, int msgid, bool all, int64_t deadline_ms,
    LDAPMessage **msg, struct err *e)
{
	struct timeval	slice;
	int		rc;

	*msg = NULL;
	s->deadline_ms = deadline_ms;
	for (;;) {
		slice = (struct timeval){ 0, SLICE_US };
		rc = ldap_result(s->ld, msgid, all ? LDAP_MSG_ALL :
		    LDAP_MSG_ONE, &slice, msg);
		if (rc > 0)
			return true;
		if (rc < 0 && clock_mono_ms(&clock_system) < deadline_ms)
			return cancel_check(s->ctx->cancel, e) &&
			    reply_broken(s, e);
		if (!cancel_check(s->ctx->cancel, e))
			break;
		if (clock_mono_ms(&clock_system) >= deadline_ms) {
			reply_failed(s, LDAP_TIMEOUT, NULL, e);
			break;
		}
	}
	abandon(s, msgid);
	return false;
}

bool
reply_result(struct server *s, int msgid, int *code, char **detail,
    struct err *e)
{
	LDAPMessage	*msg;
	char		*text = NULL;
	int		 rc;

	if (!reply_wait(s, msgid, true, dial_deadline(s->opts.answer_ms),
	    &msg, e))
		return false;
	rc = ldap_parse_result(s->ld, msg, code, NULL, &text, NULL, NULL, 1);
	if (rc != LDAP_SUCCESS) {
		ldap_memfree(text);
		return reply_broken(s, e);
	}
	if (detail != NULL)
		*detail = text;
	else
		ldap_memfree(text);
	return true;
}
