/*
 * For every verb that changes something: a form of all its parameters,
 * filled with valid values drawn at random, asks for the preview with the
 * very parameters that the line of F6 gives to the command line.
 */
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/cli/parts.h"
#include "../unit/stand_in.h"
#include "prng.h"
#include "stconsole/admins.h"
#include "stconsole/directory.h"
#include "stconsole/doctor.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/proc.h"
#include "stconsole/setup.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#define ROUNDS	12
#define FIELDS	16
#define WORDS	64

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &site_service,
	&site_daily_service, &snapshot_service, &directory_service,
	&mongo_service, &admins_service, &doctor_service, &setup_service
};
static const struct registry registry = { services, LENGTH(services) };

static char	 input_path[] = "/tmp/stconsole-form-input.XXXXXX";

/* --- values -------------------------------------------------------------- */

/* What shells, options and words stumble over. */
static const char *const nasty[] = {
	"a", "-x", "--yes", "it's", "a b", "$HOME", "`id`", "\\", "\"q\"",
	"*", "#", "\xe6\xbc\xa2\xe5\xad\x97", "e\xcc\x81", "=", "-5", "~",
	"a=b", "--", "-", ";ls", "&", "(x)", "!"
};
/* Values of many have no blanks and commas in them. */
static const char *const plain[] = {
	"nginx", "-x", "it's", "$HOME", "a=b", "#", "--route", "\xc3\xa4"
};
static const char *const mails[] = {
	"kim@corp.test", "o'neil@corp.test", "-dash@corp.test", "a+b@c.d",
	"$x@corp.test", "\xc3\xa4@corp.test"
};

static void
text_draw(struct prng *r, struct buf *out)
{
	size_t n = 1 + prng_below(r, 3);

	/* What begins with a blank or ends with a newline is another value. */
	while (n-- > 0)
		buf_puts(out, prng_pick(r, nasty));
}

static void
choice_draw(struct prng *r, const char *choices, struct buf *out)
{
	size_t n = 1, i;

	for (i = 0; choices[i] != '\0'; i++)
		n += choices[i] == '|';
	for (i = prng_below(r, n); i > 0; i--)
		choices = strchr(choices, '|') + 1;
	buf_add(out, choices, strcspn(choices, "|"));
}

static void
int_draw(struct prng *r, const struct verb_param *p, struct buf *out)
{
	int64_t range = p->max > p->min ? p->max - p->min + 1 : 1000;

	if (range > 1000000)
		range = 1000000;
	buf_printf(out, "%lld", (long long)(p->min + (int64_t)prng_below(r,
	    (size_t)range)));
}

static void
value_draw(struct prng *r, const struct verb_param *p, struct buf *out)
{
	size_t n = p->many ? 1 + prng_below(r, 3) : 1;

	for (; n > 0; n--) {
		buf_puts(out, out->len > 0 ? "\n" : "");
		if (p->type == PARAM_MAIL)
			buf_puts(out, prng_pick(r, mails));
		else if (p->type == PARAM_INT)
			int_draw(r, p, out);
		else if (p->type == PARAM_CHOICE)
			choice_draw(r, p->choices, out);
		else if (p->type == PARAM_DURATION)
			buf_printf(out, "%zu%c", prng_below(r, 90),
			    "smhd"[prng_below(r, 4)]);
		else if (p->type == PARAM_FLAG)
			buf_puts(out, prng_below(r, 2) == 0 ? "yes" : "no");
		else if (p->type == PARAM_INPUT)
			buf_puts(out, input_path);
		else if (p->type == PARAM_SECRET)
			buf_puts(out, "s3cret-value");
		else if (p->many)
			buf_puts(out, prng_pick(r, plain));
		else
			text_draw(r, out);
	}
}

/* --- the line, as a shell and the program read it ------------------------ */

/* The words of a line, each with a NUL behind it, by a real shell. */
static void
shell_words(const char *line, struct proc_result *r)
{
	AUTO_FREE char		*script = str_format("printf '%%s\\0' %s",
	    line);
	const char *const	 argv[] = { "sh", "-c", script, NULL };
	const struct proc_spec	 spec = { .argv = argv,
	    .timeout_ms = 20000 };
	struct err		 e = { 0 };

	if (!proc_run_ok(&spec, r, &e))
		fail_msg("%s: %s", e.msg, line);
}

/* As input.c does it: what a file holds, and names of secrets. */
static void
files_read(struct cli_call *call)
{
	const char	*name;
	json_t		*file;

	json_object_foreach (call->files, name, file) {
		AUTO_BUF struct buf	 text = BUF_INIT;
		size_t			 i;
		bool			 is_secret = false;

		for (i = 0; i < call->verb->param_count; i++)
			if (str_equal(call->verb->params[i].name, name))
				is_secret = call->verb->params[i].type ==
				    PARAM_SECRET;
		if (is_secret) {
			assert_string_equal(json_string_value(file), "-");
			json_object_set_new(call->given, name,
			    verb_secret_ref(name));
			continue;
		}
		assert_string_equal(json_string_value(file), input_path);
		assert_true(file_read(AT_FDCWD, input_path, 4096, &text,
		    NULL));
		json_object_set_new(call->given, name, json_string(buf_str(
		    &text)));
	}
}

/* Of several secrets only one can come by standard input. */
static bool
has_two_secrets(const json_t *params)
{
	const char	*name;
	json_t		*value;
	size_t		 n = 0;

	json_object_foreach ((json_t *)(uintptr_t)params, name, value)
		n += json_object_get(value, "$secret") != NULL;
	return n > 1;
}

static json_t *
params_of_line(const char *line)
{
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	char			*argv[WORDS];
	struct cli_options	 o;
	struct cli_words	 w;
	struct cli_call		 call;
	struct err		 e = { 0 };
	json_t			*params;
	char			*s;
	int			 argc = 0;

	shell_words(line, &r);
	for (s = r.out.data; s < r.out.data + r.out.len; s += strlen(s) + 1) {
		assert_true(argc < WORDS);
		argv[argc++] = s;
	}
	if (!cli_options_parse(argc, argv, &o, &w, &e) ||
	    !cli_call_parse(&registry, &w, &call, &e))
		fail_msg("%s: %s", line, e.msg);
	files_read(&call);
	params = verb_params(call.verb, call.given, &e);
	if (params == NULL)
		fail_msg("%s: %s", line, e.msg);
	cli_call_fini(&call);
	cli_words_fini(&w);
	return params;
}

/* --- the property -------------------------------------------------------- */

static void
fill(struct app *app, struct prng *r, const struct verb *v,
    struct buf *told)
{
	struct view	*form = app_top(app);
	struct err	 e = { 0 };
	size_t		 i, stop = 0;

	for (i = 0; i < v->param_count; i++, stop++) {
		const struct verb_param	*p = &v->params[i];
		AUTO_BUF struct buf	 value = BUF_INIT;

		if (!p->required && prng_below(r, 2) == 0)
			continue;
		value_draw(r, p, &value);
		buf_printf(told, " %s=[%s]", p->name, buf_str(&value));
		/* The first of a secret's two inputs never says no. */
		if (!form->ops->item_set(form, stop, buf_str(&value), &e))
			fail_msg("PROPERTY_SEED=%llu %s:%s: %s",
			    (unsigned long long)r->seed, v->name,
			    buf_str(told), e.msg);
		if (p->type == PARAM_SECRET && !form->ops->item_set(form,
		    ++stop, buf_str(&value), &e))
			fail_msg("%s: %s", v->name, e.msg);
	}
}

static void
try_verb(const struct verb *v, struct prng *r)
{
	struct screen_field	 fields[FIELDS];
	struct app		*app = stand_in_new(&registry, 24, 80);
	AUTO_BUF struct buf	 told = BUF_INIT;
	AUTO_FREE char		*line = NULL;
	AUTO_JSON json_t	*params = NULL;
	struct err		 e = { 0 };
	size_t			 i;

	memset(fields, 0, sizeof(fields));
	assert_true(v->param_count <= FIELDS);
	for (i = 0; i < v->param_count; i++)
		fields[i] = (struct screen_field){ .id = v->params[i].name,
		    .param = v->params[i].name, .text = { v->params[i].name,
		    v->params[i].help } };
	app_open(app, view_form_new(app, stand_in_form(v->name, fields,
	    v->param_count, NULL, 0), NULL, &e), &e);
	assert_non_null(app_top(app));
	fill(app, r, v, &told);
	line = stand_in_command(app);
	stand_in_keys(app, "F8");
	if (stand_in_plan_verb(app) == NULL)
		fail_msg("PROPERTY_SEED=%llu %s:%s: %s",
		    (unsigned long long)r->seed, v->name, buf_str(&told),
		    stand_in_hint(app));
	assert_null(strstr(line, "s3cret-value"));
	if (!has_two_secrets(stand_in_plan_params(app)))
		params = params_of_line(line);
	if (params != NULL && !json_equal(params, stand_in_plan_params(
	    app))) {
		AUTO_FREE char *a = json_canonical(stand_in_plan_params(app));
		AUTO_FREE char *b = json_canonical(params);

		fail_msg("PROPERTY_SEED=%llu %s\nform %s\nline %s",
		    (unsigned long long)r->seed, line, a, b);
	}
	stand_in_free(app);
}

static void
f6_gives_what_the_form_previews(void **state)
{
	struct prng	 r;
	size_t		 i, k, tried = 0;
	int		 round;

	(void)state;
	for (i = 0; i < registry.count; i++) {
		const struct service *s = registry.services[i];

		for (k = 0; k < s->verb_count; k++) {
			const struct verb *v = &s->verbs[k];

			if (v->plan == NULL || v->param_count == 0)
				continue;
			tried++;
			for (round = 0; round < ROUNDS; round++) {
				prng_init(&r, (uint64_t)round);
				try_verb(v, &r);
			}
		}
	}
	assert_true(tried > 10);
}

static int
input_make(void **state)
{
	int fd = mkstemp(input_path);

	(void)state;
	return fd >= 0 && file_write_all(fd, "mail\nkim\n", 9, NULL) &&
	    close(fd) == 0 ? 0 : -1;
}

static int
input_remove(void **state)
{
	(void)state;
	return unlink(input_path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(f6_gives_what_the_form_previews),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("form property", tests,
	    input_make, input_remove);
}
