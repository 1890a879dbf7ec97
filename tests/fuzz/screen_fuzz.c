/*
 * A screen file, and a file of its words, of any bytes: read without harm;
 * what is accepted can be used: rows, marks and parameters of any result.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/ui/screen_parse.h"
#include "stconsole/mem.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
never(struct ctx *ctx, const json_t *params, json_t **result, struct err *e)
{
	(void)ctx;
	(void)params;
	(void)result;
	return err_set(e, ERR_REFUSED, 0, "not called here");
}

static bool
never_planned(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	(void)ctx;
	(void)params;
	(void)plan;
	return err_set(e, ERR_REFUSED, 0, "not called here");
}

static const struct verb_param params[] = {
	{ .name = "p", .type = PARAM_TEXT, .required = true },
	{ .name = "f", .type = PARAM_FLAG },
	{ .name = "m", .type = PARAM_MAIL, .many = true },
	{ .name = "c", .type = PARAM_CHOICE, .choices = "x|y" }
};
static const struct verb verbs[] = {
	{ .name = "r", .role = ROLE_VIEWER, .read = never,
	  .params = params + 1, .param_count = 3,
	  .schema = "{\"a\":[{\"b\":\"string?\",\"s\":\"=x|y\",\"n\":\"int\","
	  "\"o\":{\"t\":\"bool\"},\"l\":[\"int\"]}],\"w\":{\"*\":\"any\"}}" },
	{ .name = "w", .role = ROLE_VIEWER, .plan = never_planned,
	  .params = params, .param_count = 4 }
};
static const struct service service = { .name = "fuzz", .verbs = verbs,
	.verb_count = LENGTH(verbs) };
static const struct service *const services[] = { &service };
static const struct registry registry = { services, 1 };

static void
use(const struct screen *s)
{
	AUTO_JSON json_t	*result = json_loads("{\"a\":[{\"b\":null,"
	    "\"s\":\"x\",\"n\":1,\"o\":{\"t\":true},\"l\":[1]}],\"w\":{\"q\":"
	    "[]}}", 0, NULL);
	AUTO_JSON json_t	*rows = screen_rows(s, result);
	AUTO_JSON json_t	*given = json_pack("{s:s}", "g", "v");
	struct screen_values	 values = { rows, given, given };
	json_t			*row;
	size_t			 i;

	json_array_foreach (rows, i, row) {
		(void)screen_row_mark(s, row);
		(void)screen_row_way(s, row);
	}
	for (i = 0; i < s->action_count; i++)
		json_decref(screen_with_fill(s->actions[i].call.with,
		    s->actions[i].call.with_count, &values));
}

/* With the words of a screen that is shipped: its ids are in the corpus. */
static void
yaml_try(const struct buf *yaml)
{
	const struct screen_paths	 paths = { NULL, "screens", "en" };
	struct err			 e = { 0 };
	struct screen			*s;

	s = screen_parse(&paths, &registry, "admins", "admins.yaml", yaml,
	    &e);
	if (s != NULL)
		use(s);
	else if (e.domain == ERR_NONE || e.msg[0] == '\0')
		abort();
	screen_free(s);
}

static void
text_try(const struct buf *text)
{
	const struct screen_section	*first = NULL;
	struct arena			*a = arena_new();
	struct err			 e = { 0 };

	if (a == NULL)
		return;
	if (screen_sections_parse(a, "s.txt", text, &first, &e)) {
		for (; first != NULL; first = first->next)
			if (first->text.label[0] == '\0' ||
			    first->text.help == NULL)
				abort();
	} else if (e.msg[0] == '\0') {
		abort();
	}
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (size == 0)
		return 0;
	buf_add(&b, data + 1, size - 1);
	if (!buf_ok(&b, NULL))
		return 0;
	if (data[0] == '=')
		text_try(&b);
	else
		yaml_try(&b);
	return 0;
}
