/*
 * What is wrong with a form, and what it would call.
 */
#include "form.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stconsole/answer.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/world.h"

#include "text_form.def"

#define INPUT_MAX	(16u << 20)	/* as the command line */

static struct form_field *
field_by_id(const struct form *form, const char *id)
{
	size_t i;

	for (i = 0; i < form->count; i++)
		if (str_equal(form->fields[i].def->id, id))
			return &form->fields[i];
	return NULL;
}

/* A field whose condition is hidden itself is hidden; a ring ends. */
static bool
is_visible(const struct form *form, const struct form_field *f, size_t depth)
{
	const struct form_field	*on;
	AUTO_JSON json_t	*word = NULL;

	if (f->def->visible_field == NULL || depth > form->count)
		return true;
	on = field_by_id(form, f->def->visible_field);
	if (on == NULL)
		return true;
	if (!is_visible(form, on, depth + 1))
		return false;
	word = field_word(on);
	return str_equal(json_is_string(word) ? json_string_value(word) : "",
	    f->def->visible_is);
}

bool
form_is_visible(const struct form *form, const struct form_field *f)
{
	return is_visible(form, f, 0);
}

/* --- problems ------------------------------------------------------------ */

static void
problem_set(struct form_field *f, const char *why)
{
	snprintf(f->problem, sizeof(f->problem), "%s", why);
}

static void
secret_check(struct form_field *f)
{
	if (edit_len(f->edit) == 0)
		return;
	if (edit_len(f->again) == 0)
		problem_set(f, T_FORM_TWICE);
	else if (strcmp(edit_text(f->edit), edit_text(f->again)) != 0)
		problem_set(f, T_FORM_DIFFER);
}

void
form_check(const struct form *form, struct form_field *f)
{
	AUTO_JSON json_t	*given = NULL, *made = NULL;
	struct err		 e = { 0 };

	f->problem[0] = '\0';
	if (!form_is_visible(form, f))
		return;
	given = field_given(f);
	if (given == NULL && f->param->required) {
		snprintf(f->problem, sizeof(f->problem), T_FORM_MISSING,
		    f->def->text.label, f->param->help);
		return;
	}
	if (given == NULL)
		return;
	err_nomem(&e);
	made = verb_param_value(f->param, given, &e);
	if (made == NULL)
		problem_set(f, e.msg);
	else if (f->param->type == PARAM_SECRET)
		secret_check(f);
}

struct form_field *
form_first_problem(struct form *form)
{
	struct form_field	*first = NULL;
	size_t			 i;

	for (i = 0; i < form->count; i++) {
		struct form_field *f = &form->fields[i];

		form_check(form, f);
		if (f->problem[0] == '\0' || !form_is_visible(form, f))
			continue;
		f->is_touched = true;
		if (first == NULL)
			first = f;
	}
	return first;
}

/* --- parameters ---------------------------------------------------------- */

json_t *
form_given(const struct form *form)
{
	const struct screen_call *call = &form->screen->call;
	AUTO_JSON json_t	*fields = json_object(), *out = NULL;
	struct screen_values	 values = { .fields = fields,
	    .given = form->given };
	size_t			 i;

	for (i = 0; i < form->count; i++) {
		const struct form_field	*f = &form->fields[i];
		json_t			*given;

		/* A secret is only named, also when it is typed once. */
		if (!form_is_visible(form, f) || (f->problem[0] != '\0' &&
		    f->param->type != PARAM_SECRET))
			continue;
		given = field_given(f);
		if (given != NULL && json_object_set_new(fields, f->def->id,
		    given) < 0)
			return NULL;
	}
	out = screen_with_fill(call->with, call->with_count, &values);
	for (i = 0; out != NULL && i < form->count; i++) {
		const struct form_field	*f = &form->fields[i];
		json_t			*given = json_object_get(fields,
		    f->def->id);

		if (given != NULL && json_object_set(out, f->param->name,
		    given) < 0)
			return NULL;
	}
	return TAKE(out);
}

/* Only a regular file: a pipe would stop all keys. */
static json_t *
file_content(const char *path, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct stat		 st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(e, ERR_USAGE, 0, T_FORM_FILE, path);
		return NULL;
	}
	if (!file_read(AT_FDCWD, path, INPUT_MAX, &text, e))
		return NULL;
	if (!str_is_utf8(buf_str(&text), text.len) ||
	    strlen(buf_str(&text)) != text.len) {
		err_set(e, ERR_USAGE, 0, T_FORM_FILE_TEXT, path);
		return NULL;
	}
	err_nomem(e);
	return json_stringn(buf_str(&text), text.len);
}

static bool
files_read(const struct form *form, json_t *given, struct err *e)
{
	size_t i;

	for (i = 0; i < form->verb->param_count; i++) {
		const struct verb_param	*p = &form->verb->params[i];
		const char		*path = json_str(given, p->name);
		json_t			*content;

		if (p->type != PARAM_INPUT || path == NULL)
			continue;
		content = file_content(path, e);
		if (content == NULL || json_object_set_new(given, p->name,
		    content) < 0)
			return false;
	}
	return true;
}

json_t *
form_params(const struct form *form, struct err *e)
{
	AUTO_JSON json_t *given = form_given(form);

	if (given == NULL) {
		err_nomem(e);
		return NULL;
	}
	return files_read(form, given, e) ? verb_params(form->verb, given,
	    e) : NULL;
}

bool
form_secrets(const struct form *form, struct ctx_secret out[CTX_SECRETS],
    size_t *count, struct err *e)
{
	size_t i;

	*count = 0;
	for (i = 0; i < form->count; i++) {
		const struct form_field	*f = &form->fields[i];
		const char		*text;
		size_t			 len;

		if (f->param->type != PARAM_SECRET ||
		    edit_len(f->edit) == 0 || !form_is_visible(form, f))
			continue;
		if (*count == CTX_SECRETS)
			return err_set(e, ERR_USAGE, 0, T_FORM_SECRETS,
			    CTX_SECRETS);
		text = edit_text(f->edit);
		len = edit_len(f->edit);
		/* One newline at the end, as secret_read cuts it. */
		len -= text[len - 1] == '\n';
		out[*count].name = f->param->name;
		out[*count].value = secret_new(text, len, e);
		if (out[*count].value == NULL)
			return false;
		++*count;
	}
	return true;
}

/* The line names the files, which the screen knows and no ctx does. */
void
form_command(const struct view *v, struct buf *out)
{
	const struct form	*form = form_of(v);
	const struct work	*work = app_work(v->app);
	AUTO_JSON json_t	*given = form_given(form);
	AUTO_JSON json_t	*params = json_object();
	struct ctx		 ctx;
	size_t			 i, n = 0;

	world_ctx(work_world(work), NULL, &ctx);
	if (work_site(work) != NULL)
		ctx.site_wanted = work_site(work);
	for (i = 0; i < form->verb->param_count; i++) {
		const struct verb_param	*p = &form->verb->params[i];
		const json_t		*value = json_object_get(given,
		    p->name);

		if (value == NULL)
			continue;
		json_object_set_new(params, p->name, verb_param_value(p,
		    value, NULL));
		if (p->type == PARAM_INPUT && n < CTX_SECRETS)
			ctx.inputs[n++] = (struct ctx_input){ p->name,
			    json_string_value(value) };
	}
	answer_command(&ctx, work_world(work)->state_wanted, form->verb,
	    params, NULL, out);
}
