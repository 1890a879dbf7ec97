/*
 * What a look at a step has found, in words.
 */
#include "setup.h"

#include <stdarg.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"

void
found_set(struct step_found *f, enum step_state state, const char *fmt, ...)
{
	va_list ap;

	f->state = state;
	buf_reset(&f->text);
	va_start(ap, fmt);
	buf_vprintf(&f->text, fmt, ap);
	va_end(ap);
}

void
found_detail(struct step_found *f, const char *fmt, ...)
{
	va_list ap;

	if (f->detail.len > 0)
		buf_puts(&f->detail, ". ");
	va_start(ap, fmt);
	buf_vprintf(&f->detail, fmt, ap);
	va_end(ap);
}

bool
found_why(struct step_found *f, const struct err *why, struct err *e)
{
	if (why->domain == ERR_CANCELLED || why->domain == ERR_NOMEM)
		return err_copy(e, why);
	found_set(f, STEP_OPEN, "%s", why->msg);
	if (why->hint[0] != '\0')
		found_detail(f, "%s", why->hint);
	return true;
}

bool
setup_ask(struct ctx *ctx, const char *verb, json_t *given, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*params = given != NULL ? given :
	    json_object();
	const struct verb	*v = registry_verb(ctx->registry, verb);
	struct plan		*none = NULL;

	*result = NULL;
	if (v == NULL || params == NULL)
		return err_nomem(e);
	return verb_call(ctx, v, params, result, &none, e);
}
