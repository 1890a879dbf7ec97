/*
 * One conversation with PAM: it gets the password once.  A module that wants
 * more (a second factor) gets no answer, and the error says what it asked.
 */
#include "auth_parts.h"

#include <dlfcn.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define PAM_LIBRARY	"libpam.so.0"
#define PAM_FILE	"/etc/pam.d/stconsole"

/* The few functions that are needed, by their names. */
#define PAM_FUNCTIONS(X) \
	X(pam_start) X(pam_end) X(pam_authenticate) X(pam_acct_mgmt) \
	X(pam_set_item) X(pam_strerror)

struct pam {
#define X(name) __typeof__(&name) name;
	PAM_FUNCTIONS(X)
#undef X
};

struct talk {
	const struct secret	*password;
	bool			 was_given;
	char			 said[200];	/* what a module told last */
	char			 wants[200];	/* what else it asked for */
};

static pthread_once_t	 pam_once = PTHREAD_ONCE_INIT;
static struct pam	 pam;
static char		 pam_missing[200];

static void
pam_load(void)
{
	void		*lib = dlopen(PAM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	const char	*why;

#define X(name) *(void **)&pam.name = lib != NULL ? \
	    dlsym(lib, #name) : NULL;
	PAM_FUNCTIONS(X)
#undef X
#define X(name) && pam.name != NULL
	if (true PAM_FUNCTIONS(X))
		return;
#undef X
	why = dlerror();
	snprintf(pam_missing, sizeof(pam_missing), "%s", why != NULL ? why :
	    PAM_LIBRARY);
}

bool
pam_is_there(struct err *e)
{
	(void)pthread_once(&pam_once, pam_load);
	if (pam_missing[0] == '\0')
		return true;
	err_set(e, ERR_SYS, 0, T_AUTH_MISSING, pam_missing);
	return err_hint(e, T_AUTH_MISSING_HINT);
}

static void
keep(char *at, size_t size, const char *text)
{
	snprintf(at, size, "%s", text != NULL ? text : "");
	str_strip_control(at);
}

static bool
talk_answer(struct talk *t, const struct pam_message *m,
    struct pam_response *r)
{
	if (m->msg_style == PAM_ERROR_MSG || m->msg_style == PAM_TEXT_INFO) {
		keep(t->said, sizeof(t->said), m->msg);
		return true;
	}
	if (m->msg_style == PAM_PROMPT_ECHO_OFF && !t->was_given) {
		t->was_given = true;
		r->resp = strdup(secret_reveal(t->password));
		return r->resp != NULL;
	}
	keep(t->wants, sizeof(t->wants), m->msg);
	return false;
}

/* The responses are PAM's on success, which overwrites and frees them. */
static int
talk(int count, const struct pam_message **messages,
    struct pam_response **out, void *arg)
{
	struct pam_response	*r;
	int			 i;

	if (count < 1 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	r = calloc((size_t)count, sizeof(*r));
	if (r == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < count && talk_answer(arg, messages[i], &r[i]); i++)
		continue;
	if (i == count) {
		*out = r;
		return PAM_SUCCESS;
	}
	for (i = 0; i < count; i++)
		if (r[i].resp != NULL) {
			explicit_bzero(r[i].resp, strlen(r[i].resp));
			free(r[i].resp);
		}
	free(r);
	return PAM_CONV_ERR;
}

static enum auth_answer
judge(pam_handle_t *h, const struct talk *t, int rc, struct err *why)
{
	if (rc == PAM_SUCCESS)
		return AUTH_YES;
	if (t->wants[0] != '\0') {
		err_set(why, ERR_SYS, rc, T_AUTH_WANTS_MORE, t->wants);
		err_hint(why, T_AUTH_WANTS_MORE_HINT);
		return AUTH_BROKEN;
	}
	err_set(why, ERR_REFUSED, rc, "%s", pam.pam_strerror(h, rc));
	if (t->said[0] != '\0')
		err_hint(why, "%s", t->said);
	if (rc == PAM_AUTH_ERR || rc == PAM_USER_UNKNOWN ||
	    rc == PAM_MAXTRIES || rc == PAM_ACCT_EXPIRED ||
	    rc == PAM_PERM_DENIED)
		return AUTH_NO;
	why->domain = ERR_SYS;
	return AUTH_BROKEN;
}

/* For the system's log of who was asked where. */
static void
terminal_tell(pam_handle_t *h)
{
	char name[64];

	if (ttyname_r(STDIN_FILENO, name, sizeof(name)) == 0)
		(void)pam.pam_set_item(h, PAM_TTY, name);
}

enum auth_answer
pam_ask(const char *user, const struct secret *password, struct err *why)
{
	struct talk	 t = { .password = password };
	struct pam_conv	 conv = { talk, &t };
	const char	*service = access(PAM_FILE, F_OK) == 0 ?
			    "stconsole" : "login";
	pam_handle_t	*h = NULL;
	enum auth_answer answer;
	int		 rc;

	if (!pam_is_there(why))
		return AUTH_BROKEN;
	rc = pam.pam_start(service, user, &conv, &h);
	if (rc != PAM_SUCCESS) {
		err_set(why, ERR_SYS, rc, T_AUTH_SERVICE, service);
		return AUTH_BROKEN;
	}
	terminal_tell(h);
	/* An empty password opens nothing, whatever "nullok" says. */
	rc = pam.pam_authenticate(h, PAM_DISALLOW_NULL_AUTHTOK);
	if (rc == PAM_SUCCESS)
		rc = pam.pam_acct_mgmt(h, PAM_SILENT);
	/* An old password is still theirs; the next login renews it. */
	if (rc == PAM_NEW_AUTHTOK_REQD)
		rc = PAM_SUCCESS;
	answer = judge(h, &t, rc, why);
	(void)pam.pam_end(h, rc);
	return answer;
}
