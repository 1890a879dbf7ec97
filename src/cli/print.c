/*
 * A JSON result as a person reads it: the array that the verb's view names is
 * a table (table.c), everything else "name: value" lines, in the order of the
 * result.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define INDENT		2
#define DEPTH_MAX	16
#define RAW		"raw: "

static void
array_text(const json_t *j, struct buf *out)
{
	const json_t	*v;
	size_t		 i;

	json_array_foreach(j, i, v) {
		if (i > 0)
			buf_puts(out, ", ");
		print_value(v, out);
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
		print_value(v, out);
	}
}

/* Lines that end in CRLF are lines: the CR is no text. */
static void
string_text(const char *s, struct buf *out)
{
	const char *crlf;

	while ((crlf = strstr(s, "\r\n")) != NULL) {
		buf_add(out, s, (size_t)(crlf - s));
		s = crlf + 1;
	}
	buf_puts(out, s);
}

void
print_value(const json_t *j, struct buf *out)
{
	if (json_is_string(j))
		string_text(json_string_value(j), out);
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

static void lines_value(struct buf *out, const json_t *j, size_t depth);

static bool
is_scalar(const json_t *j)
{
	return !json_is_array(j) && !json_is_object(j);
}

static bool
is_empty(const json_t *j)
{
	return !is_scalar(j) && json_array_size(j) + json_object_size(j) == 0;
}

static void
indent(struct buf *out, size_t depth)
{
	buf_printf(out, "%*s", (int)(depth * INDENT), "");
}

/* Text of several lines stands below its name, one line each. */
static void
text_block(struct buf *out, const char *text, size_t depth)
{
	AUTO_FREE char	*copy = strdup(text);
	char		*save = NULL, *line;

	buf_putc(out, '\n');
	if (copy == NULL) {
		out->failed = true;
		return;
	}
	for (line = strtok_r(copy, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		indent(out, depth);
		str_strip_control(line);
		buf_puts(out, line);
		buf_putc(out, '\n');
	}
}

static void
text_line(struct buf *out, const char *text)
{
	(void)width_add(out, text, width_of(text));
	buf_putc(out, '\n');
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
	print_value(json_object_get(j, "value"), out);
	if (json_text(j, "file")[0] != '\0')
		buf_printf(out, "  (%s:%lld)", json_text(j, "file"),
		    (long long)json_int(j, "line", 0));
}

static void
array_lines(struct buf *out, const json_t *j, size_t depth)
{
	const json_t	*v;
	size_t		 i;

	json_array_foreach(j, i, v) {
		indent(out, depth);
		buf_puts(out, "- ");
		if (json_is_object(v) && depth < DEPTH_MAX) {
			AUTO_BUF struct buf	 part = BUF_INIT;

			/* The first line stands behind the dash. */
			lines_value(&part, v, depth + 1);
			buf_puts(out, buf_str(&part) +
			    strspn(buf_str(&part), " "));
			if (part.len == 0)
				buf_putc(out, '\n');
		} else {
			AUTO_BUF struct buf text = BUF_INIT;

			print_value(v, &text);
			text_line(out, buf_str(&text));
		}
	}
}

static void
member_lines(struct buf *out, const char *name, const json_t *v,
    size_t pad, size_t depth)
{
	AUTO_BUF struct buf text = BUF_INIT;

	indent(out, depth);
	(void)width_add(out, name, width_of(name));
	buf_putc(out, ':');
	if (!is_scalar(v) && !is_fact(v) && !is_empty(v) &&
	    depth < DEPTH_MAX) {
		buf_putc(out, '\n');
		lines_value(out, v, depth + 1);
		return;
	}
	if (is_fact(v))
		fact_text(v, &text);
	else if (is_empty(v))
		buf_puts(&text, T_EMPTY);
	else
		print_value(v, &text);
	if (is_scalar(v) && strchr(buf_str(&text), '\n') != NULL) {
		text_block(out, buf_str(&text), depth + 1);
		return;
	}
	if (text.len > 0)
		buf_printf(out, "%*s", (int)(pad - width_of(name) + 1), "");
	text_line(out, buf_str(&text));
}

/*
 * What says nothing to a person: that there is no more, no problem, and empty
 * lists in the rows of another.
 */
static bool
is_silent(const char *name, const json_t *v, size_t depth)
{
	if (str_equal(name, "more"))
		return json_is_false(v);
	return is_empty(v) && (depth > 0 || str_equal(name, "problems"));
}

/* The members of an object, their values below each other. */
static void
object_lines(struct buf *out, const json_t *j, size_t depth)
{
	json_t		*obj = (json_t *)(uintptr_t)j, *v;
	const char	*name;
	size_t		 pad = 0;

	json_object_foreach(obj, name, v)
		if ((is_scalar(v) || is_fact(v) || is_empty(v)) &&
		    !is_silent(name, v, depth) && width_of(name) > pad)
			pad = width_of(name);
	json_object_foreach(obj, name, v)
		if (!is_silent(name, v, depth))
			member_lines(out, name, v, pad > width_of(name) ?
			    pad : width_of(name), depth);
}

static void
lines_value(struct buf *out, const json_t *j, size_t depth)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (json_is_object(j) && !is_fact(j)) {
		object_lines(out, j, depth);
	} else if (json_is_array(j)) {
		array_lines(out, j, depth);
	} else {
		indent(out, depth);
		if (is_fact(j))
			fact_text(j, &text);
		else
			print_value(j, &text);
		text_line(out, buf_str(&text));
	}
}

/* Beside a table: what is short; the rest is counted. */
static void
beside_table(struct buf *out, const json_t *result, const char *member)
{
	json_t		*obj = (json_t *)(uintptr_t)result, *v;
	AUTO_JSON json_t *rest = json_object();
	AUTO_FREE char	*count = NULL;
	const char	*name;

	json_object_foreach(obj, name, v) {
		if (str_equal(name, member) || is_empty(v) ||
		    is_silent(name, v, 0))
			continue;
		if (is_scalar(v) || is_fact(v)) {
			json_object_set(rest, name, v);
			continue;
		}
		free(count);
		count = str_format(T_COUNTED,
		    json_array_size(v) + json_object_size(v));
		if (count != NULL)
			json_object_set_new(rest, name, json_string(count));
	}
	if (json_object_size(rest) > 0) {
		buf_putc(out, '\n');
		object_lines(out, rest, 0);
	}
}

bool
print_is_raw(const struct verb *v)
{
	return v->view != NULL && str_starts(v->view, RAW);
}

bool
print_raw(const struct verb *v, const json_t *result, struct buf *out,
    struct buf *beside)
{
	json_t		*obj = (json_t *)(uintptr_t)result, *text, *j;
	const char	*name;

	if (!print_is_raw(v))
		return false;
	text = json_object_get(obj, v->view + strlen(RAW));
	if (!json_is_string(text))
		return false;
	buf_add(out, json_string_value(text), json_string_length(text));
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_putc(out, '\n');
	json_object_foreach(obj, name, j)
		if (json_is_true(j))
			member_lines(beside, name, j, width_of(name), 0);
	return true;
}

void
print_result(const struct verb *v, const json_t *result, size_t columns,
    struct buf *out)
{
	AUTO_FREE char	*member = v->view == NULL ? NULL :
			    print_table(v->view, result, columns, out);

	if (member != NULL)
		beside_table(out, result, member);
	else
		lines_value(out, result, 0);
	if (out->len == 0)
		buf_printf(out, "%s\n", T_NONE);
}
