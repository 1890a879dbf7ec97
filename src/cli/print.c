/*
 * A JSON result as a person reads it.  The verb's view names one array and
 * its columns: that becomes a table, the rest are "name: value" lines; a verb
 * without a view has only lines.  Order is that of the result.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define COLUMNS_MAX	16
#define COLUMN_MIN	6
#define GAP		2
#define INDENT		2
#define DEPTH_MAX	16

struct column {
	char	*member;	/* dotted; "." is the element itself */
	char	*heading;
	size_t	 width;
};

struct table {
	struct column	 column[COLUMNS_MAX];
	size_t		 count;
};

/* A member by a dotted path. */
static const json_t *
member_get(const json_t *j, const char *path)
{
	AUTO_FREE char	*copy = strdup(path);
	char		*save = NULL, *part;

	if (copy == NULL)
		return NULL;
	for (part = strtok_r(copy, ".", &save); part != NULL && j != NULL;
	    part = strtok_r(NULL, ".", &save))
		j = json_object_get(j, part);
	return j;
}

static void value_text(const json_t *j, struct buf *out);

static void
array_text(const json_t *j, struct buf *out)
{
	const json_t	*v;
	size_t		 i;

	json_array_foreach(j, i, v) {
		if (i > 0)
			buf_puts(out, ", ");
		value_text(v, out);
	}
}

static void
object_text(const json_t *j, struct buf *out)
{
	const char	*name;
	json_t		*v;
	size_t		 n = 0;

	json_object_foreach((json_t *)(uintptr_t)j, name, v) {
		if (json_is_null(v))
			continue;
		buf_printf(out, "%s%s=", n++ > 0 ? " " : "", name);
		value_text(v, out);
	}
}

/* On one line. */
static void
value_text(const json_t *j, struct buf *out)
{
	if (json_is_string(j))
		buf_puts(out, json_string_value(j));
	else if (json_is_integer(j))
		buf_printf(out, "%lld", (long long)json_integer_value(j));
	else if (json_is_real(j))
		buf_printf(out, "%g", json_real_value(j));
	else if (json_is_boolean(j))
		buf_puts(out, json_is_true(j) ? T_YES : T_NO);
	else if (json_is_array(j))
		array_text(j, out);
	else if (json_is_object(j))
		object_text(j, out);
}

/* --- tables ----------------------------------------------------------- */

static void
table_fini(struct table *t)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		free(t->column[i].member);
		free(t->column[i].heading);
	}
}

/* "member: column=Heading,column=Heading"; false when it is not one. */
static bool
view_parse(const char *view, struct table *t, char **member)
{
	const char	*colon = strchr(view, ':');
	char		*save = NULL, *part, *equal;
	AUTO_FREE char	*rest = NULL;

	*t = (struct table){ .count = 0 };
	*member = NULL;
	if (colon == NULL || (rest = strdup(colon + 1)) == NULL ||
	    (*member = strndup(view, (size_t)(colon - view))) == NULL)
		return false;
	for (part = strtok_r(rest, ",", &save);
	    part != NULL && t->count < COLUMNS_MAX;
	    part = strtok_r(NULL, ",", &save)) {
		struct column *c = &t->column[t->count];

		part += strspn(part, " ");
		equal = strchr(part, '=');
		c->heading = strdup(equal != NULL ? equal + 1 : part);
		if (equal != NULL)
			*equal = '\0';
		c->member = strdup(part);
		t->count++;
		if (c->heading == NULL || c->member == NULL)
			return false;
		c->width = width_of(c->heading);
	}
	return t->count > 0;
}

static void
cell_text(const struct column *c, const json_t *row, struct buf *out)
{
	buf_reset(out);
	value_text(str_equal(c->member, ".") ? row :
	    member_get(row, c->member), out);
}

static void
table_measure(struct table *t, const json_t *rows)
{
	AUTO_BUF struct buf	 cell = BUF_INIT;
	const json_t		*row;
	size_t			 i, c, w;

	json_array_foreach(rows, i, row)
		for (c = 0; c < t->count; c++) {
			cell_text(&t->column[c], row, &cell);
			w = width_of(buf_str(&cell));
			if (w > t->column[c].width)
				t->column[c].width = w;
		}
}

/* Takes from the widest column until the line fits. */
static void
table_fit(struct table *t, size_t columns)
{
	size_t total = GAP * (t->count - 1), c, widest;

	for (c = 0; c < t->count; c++)
		total += t->column[c].width;
	while (columns > 0 && total > columns) {
		for (widest = 0, c = 1; c < t->count; c++)
			if (t->column[c].width > t->column[widest].width)
				widest = c;
		if (t->column[widest].width <= COLUMN_MIN)
			return;
		t->column[widest].width--;
		total--;
	}
}

static void
cell_add(const struct table *t, size_t c, const char *text, struct buf *out)
{
	size_t used = width_add(out, text, t->column[c].width);

	if (c + 1 == t->count) {
		/* Nothing hangs over at the end of a line. */
		while (out->len > 0 && out->data[out->len - 1] == ' ')
			out->data[--out->len] = '\0';
		buf_putc(out, '\n');
		return;
	}
	buf_printf(out, "%*s", (int)(t->column[c].width - used + GAP), "");
}

static void
table_print(struct table *t, const json_t *rows, size_t columns,
    struct buf *out)
{
	AUTO_BUF struct buf	 cell = BUF_INIT;
	const json_t		*row;
	size_t			 i, c;

	if (json_array_size(rows) == 0) {
		buf_puts(out, T_NONE);
		buf_putc(out, '\n');
		return;
	}
	table_measure(t, rows);
	table_fit(t, columns);
	for (c = 0; c < t->count; c++)
		cell_add(t, c, t->column[c].heading, out);
	json_array_foreach(rows, i, row)
		for (c = 0; c < t->count; c++) {
			cell_text(&t->column[c], row, &cell);
			cell_add(t, c, buf_str(&cell), out);
		}
}

/* --- lines ------------------------------------------------------------ */

struct lines {
	struct buf	*out;
	size_t		 columns;
};

static void lines_value(const struct lines *l, const json_t *j, size_t depth);

static bool
is_scalar(const json_t *j)
{
	return !json_is_array(j) && !json_is_object(j);
}

static void
indent(const struct lines *l, size_t depth)
{
	buf_printf(l->out, "%*s", (int)(depth * INDENT), "");
}

/* Text of several lines stands below its name, one line each. */
static void
text_block(const struct lines *l, const char *text, size_t depth)
{
	AUTO_FREE char	*copy = strdup(text);
	char		*save = NULL, *line;

	buf_putc(l->out, '\n');
	if (copy == NULL) {
		l->out->failed = true;
		return;
	}
	for (line = strtok_r(copy, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		indent(l, depth);
		str_strip_control(line);
		buf_puts(l->out, line);
		buf_putc(l->out, '\n');
	}
}

static void
text_line(const struct lines *l, const char *text)
{
	(void)width_add(l->out, text, width_of(text));
	buf_putc(l->out, '\n');
}

/* {"value","file","line"}: what a file says, and where. */
static bool
is_fact(const json_t *j)
{
	return json_object_size(j) == 3 && json_object_get(j, "value") &&
	    json_object_get(j, "file") && json_object_get(j, "line");
}

static void
fact_text(const json_t *j, struct buf *out)
{
	value_text(json_object_get(j, "value"), out);
	if (json_text(j, "file")[0] != '\0')
		buf_printf(out, "  (%s:%lld)", json_text(j, "file"),
		    (long long)json_int(j, "line", 0));
}

static void
array_lines(const struct lines *l, const json_t *j, size_t depth)
{
	const json_t	*v;
	size_t		 i;

	json_array_foreach(j, i, v) {
		indent(l, depth);
		buf_puts(l->out, "- ");
		if (json_is_object(v) && depth < DEPTH_MAX) {
			AUTO_BUF struct buf	 part = BUF_INIT;
			struct lines		 in = { &part, l->columns };

			/* The first line stands behind the dash. */
			lines_value(&in, v, depth + 1);
			buf_puts(l->out, buf_str(&part) +
			    strspn(buf_str(&part), " "));
			if (part.len == 0)
				buf_putc(l->out, '\n');
		} else {
			AUTO_BUF struct buf text = BUF_INIT;

			value_text(v, &text);
			text_line(l, buf_str(&text));
		}
	}
}

static void
member_lines(const struct lines *l, const char *name, const json_t *v,
    size_t pad, size_t depth)
{
	AUTO_BUF struct buf text = BUF_INIT;

	indent(l, depth);
	buf_printf(l->out, "%s:", name);
	if (!is_scalar(v) && !is_fact(v) && depth < DEPTH_MAX &&
	    json_object_size(v) + json_array_size(v) > 0) {
		buf_putc(l->out, '\n');
		lines_value(l, v, depth + 1);
		return;
	}
	if (is_fact(v))
		fact_text(v, &text);
	else
		value_text(v, &text);
	if (is_scalar(v) && strchr(buf_str(&text), '\n') != NULL) {
		text_block(l, buf_str(&text), depth + 1);
		return;
	}
	if (text.len > 0)
		buf_printf(l->out, "%*s", (int)(pad - strlen(name) + 1), "");
	text_line(l, buf_str(&text));
}

/* The members of an object but skip, their values below each other. */
static void
object_lines(const struct lines *l, const json_t *j, const char *skip,
    size_t depth)
{
	json_t		*obj = (json_t *)(uintptr_t)j, *v;
	const char	*name;
	size_t		 pad = 0;

	json_object_foreach(obj, name, v)
		if (!str_equal(name, skip) && (is_scalar(v) || is_fact(v)) &&
		    strlen(name) > pad)
			pad = strlen(name);
	json_object_foreach(obj, name, v)
		if (!str_equal(name, skip))
			member_lines(l, name, v,
			    pad > strlen(name) ? pad : strlen(name), depth);
}

static void
lines_value(const struct lines *l, const json_t *j, size_t depth)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (json_is_object(j) && !is_fact(j)) {
		object_lines(l, j, NULL, depth);
	} else if (json_is_array(j)) {
		array_lines(l, j, depth);
	} else {
		indent(l, depth);
		if (is_fact(j))
			fact_text(j, &text);
		else
			value_text(j, &text);
		text_line(l, buf_str(&text));
	}
}

void
print_result(const struct verb *v, const json_t *result, size_t columns,
    struct buf *out)
{
	struct lines	 l = { out, columns };
	struct table	 table;
	const json_t	*rows;
	AUTO_FREE char	*member = NULL;

	if (v->view == NULL) {
		lines_value(&l, result, 0);
		return;
	}
	if (view_parse(v->view, &table, &member)) {
		rows = json_is_array(result) ? result :
		    json_object_get(result, member);
		table_print(&table, rows, columns, out);
		if (json_object_size(result) > 1) {
			buf_putc(out, '\n');
			object_lines(&l, result, member, 0);
		}
	} else {
		lines_value(&l, result, 0);
	}
	table_fini(&table);
}
