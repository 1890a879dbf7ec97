/*
 * Calls of kubectl and helm.  Both say what the API server said, in English
 * and on stderr; what an administrator can do about it is said here.  The
 * words were collected from kubectl 1.20 and 1.30 and helm 3.
 */
#include "kube.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "site_private.h"
#include "text_daily.def"

#define ASK_TIMEOUT_MS	30000
#define ACT_TIMEOUT_MS	(15 * 60 * 1000)
#define ARGS_MAX	16
#define LINE_MAX_BYTES	260

/* The first that is found counts: a refused connection may be x509's. */
static const struct answer {
	const char	*words;
	enum err_domain	 domain;
	int		 code;		/* HTTP's, 0 when it is none */
	bool		 retryable;
	const char	*text, *hint;
} answers[] = {
	{ "orbidden)", ERR_SITE, KUBE_FORBIDDEN, false, T_KUBE_FORBIDDEN,
	    T_KUBE_FORBIDDEN_HINT },
	{ " is forbidden", ERR_SITE, KUBE_FORBIDDEN, false, T_KUBE_FORBIDDEN,
	    T_KUBE_FORBIDDEN_HINT },
	{ "nauthorized", ERR_SITE, 401, false, T_KUBE_LOGIN,
	    T_KUBE_LOGIN_HINT },
	{ "x509:", ERR_SITE, 0, false, T_KUBE_TRUST, T_KUBE_TRUST_HINT },
	{ "Expected replicas to be", ERR_CHANGED, 409, false, T_KUBE_SCALED,
	    T_KUBE_SCALED_HINT },
	{ "(Conflict)", ERR_CHANGED, 409, true, T_KUBE_CONFLICT,
	    T_KUBE_SCALED_HINT },
	{ "containerLogs/", ERR_SITE, 0, true, T_KUBE_NODE,
	    T_KUBE_NODE_HINT },
	{ "timed out waiting for the condition", ERR_SITE, 0, false,
	    T_KUBE_NO_POD, T_KUBE_NO_POD_HINT },
	{ " was refused", ERR_SITE, 0, true, T_KUBE_AWAY, T_KUBE_AWAY_HINT },
	{ "nable to connect to the server", ERR_SITE, 0, true, T_KUBE_AWAY,
	    T_KUBE_AWAY_HINT },
	{ "cluster unreachable", ERR_SITE, 0, true, T_KUBE_AWAY,
	    T_KUBE_AWAY_HINT },
	{ "i/o timeout", ERR_SITE, 0, true, T_KUBE_AWAY, T_KUBE_AWAY_HINT },
	{ "TLS handshake timeout", ERR_SITE, 0, true, T_KUBE_AWAY,
	    T_KUBE_AWAY_HINT },
	{ "not yet ready to handle the request", ERR_SITE, 503, true,
	    T_KUBE_AWAY, T_KUBE_AWAY_HINT },
	{ "(ServiceUnavailable)", ERR_SITE, 503, true, T_KUBE_AWAY,
	    T_KUBE_AWAY_HINT },
	{ "etcdserver:", ERR_SITE, 503, true, T_KUBE_AWAY,
	    T_KUBE_AWAY_HINT },
	{ "current-context", ERR_SITE, 0, false, T_KUBE_NO_CONTEXT,
	    T_KUBE_NO_CONTEXT_HINT },
	{ "(NotFound)", ERR_SITE, 404, false, T_KUBE_SAYS,
	    T_DAILY_UNKNOWN_HINT }
};

/* The last line that says something; the ones before are retries. */
static void
last_line(const char *text, char *out, size_t size)
{
	const char	*end = text + strlen(text), *start;

	while (end > text && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	for (start = end; start > text && start[-1] != '\n'; start--)
		;
	snprintf(out, size, "%.*s", (int)(end - start), start);
	str_strip_control(out);
}

bool
kube_blame(const char *program, int exit_code, const char *said,
    struct err *e)
{
	char	 line[LINE_MAX_BYTES];
	size_t	 i;

	last_line(said, line, sizeof(line));
	for (i = 0; i < LENGTH(answers); i++) {
		if (strstr(line, answers[i].words) == NULL)
			continue;
		err_set(e, answers[i].domain, answers[i].code, "%s%s",
		    answers[i].text, line);
		if (e != NULL)
			e->retryable = answers[i].retryable;
		return err_hint(e, "%s", answers[i].hint);
	}
	return err_set(e, ERR_PROC, exit_code, T_ENGINE_FAILED, program,
	    exit_code, line);
}

static bool
run(const struct proc_spec *spec, struct proc_result *r, struct err *e)
{
	struct err why = { .domain = ERR_NONE };

	if (!proc_run(spec, r, &why)) {
		if (why.domain == ERR_PROC && why.code == ETIMEDOUT) {
			why.retryable = true;
			err_hint(&why, T_KUBE_AWAY_HINT);
		}
		return err_copy(e, &why);
	}
	if (r->exit_code == 0)
		return true;
	kube_blame(spec->argv[0], r->exit_code, buf_str(r->err.len > 0 ?
	    &r->err : &r->out), e);
	proc_result_fini(r);
	return false;
}

bool
kube_ask(struct ctx *ctx, const char *const *argv, struct proc_result *r,
    struct err *e)
{
	return run(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = ASK_TIMEOUT_MS, .cancel = ctx->cancel }, r, e);
}

bool
kube_get(struct ctx *ctx, const char *const *args, json_t **out,
    struct err *e)
{
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	const char	*argv[ARGS_MAX + 4] = { "kubectl" };
	size_t		 n = 1;

	for (; *args != NULL && n <= ARGS_MAX; args++)
		argv[n++] = *args;
	argv[n++] = "-o";
	argv[n] = "json";
	if (!kube_ask(ctx, argv, &r, e))
		return false;
	*out = json_parse(buf_str(&r.out), r.out.len, e);
	return *out != NULL;
}

/* Not cancelled half-way, as engine_run. */
static bool
act(struct ctx *ctx, const json_t *argv, struct err *e)
{
	AUTO_FREE const char	**words = proc_argv_from_json(argv);
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct site		*site;

	if (words == NULL)
		return err_nomem(e);
	return site_need(ctx, &site, e) && run(&(struct proc_spec){
	    .argv = words, .cwd = site_root(site),
	    .timeout_ms = ACT_TIMEOUT_MS }, &r, e);
}

bool
kube_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return act(ctx, json_object_get(args, "argv"), e);
}

bool
kube_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return act(ctx, json_object_get(args, "undo_argv"), e);
}
