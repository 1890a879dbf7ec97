/*
 * The one array that a verb's view names, as a table.  Columns are as wide as
 * their widest cell; on a terminal the widest give way until the line fits,
 * and what they hold goes on in the next line.  Columns that can break at a
 * space give way before a word, such as an id or a mail, is cut.
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

struct column {
	char	*member;	/* dotted; "." is the element itself */
	char	*heading;
	size_t	 width;
	size_t	 word;		/* the widest that has no space in it */
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

static size_t
word_width(const char *text)
{
	AUTO_FREE char	*copy = strdup(text);
	char		*save = NULL, *word;
	size_t		 widest = 0, w;

	if (copy == NULL)
		return width_of(text);
	for (word = strtok_r(copy, " ", &save); word != NULL;
	    word = strtok_r(NULL, " ", &save)) {
		w = width_of(word);
		widest = w > widest ? w : widest;
	}
	return widest;
}

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
		c->word = word_width(c->heading);
	}
	return t->count > 0;
}

/* A time is two words, to the second: "2026-11-24 23:34:39Z". */
static void
time_split(char *s)
{
	static const char form[] = "0000-00-00T00:00:00";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' :
		    s[i] != form[i])
			return;
	if (s[i] == '.' && s[i + 1 + strspn(s + i + 1, "0123456789")] == 'Z')
		memcpy(s + i, "Z", sizeof("Z"));
	else if (!str_equal(s + i, "Z"))
		return;
	s[strlen("0000-00-00")] = ' ';
}

static void
cell_text(const struct column *c, const json_t *row, struct buf *out)
{
	buf_reset(out);
	print_value(str_equal(c->member, ".") ? row :
	    member_get(row, c->member), out);
	if (out->len > 0) {
		time_split(out->data);
		out->len = strlen(out->data);
	}
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
			w = word_width(buf_str(&cell));
			if (w > t->column[c].word)
				t->column[c].word = w;
		}
}

/* What is copied to the next command is not cut while anything else is. */
static bool
is_copied(const struct column *c)
{
	static const char *const names[] = { "id", "job", "mail", "email" };
	size_t i;

	for (i = 0; i < LENGTH(names); i++)
		if (str_equal(c->member, names[i]))
			return true;
	return false;
}

enum give { GIVE_SPACES, GIVE_WORDS, GIVE_ALL, GIVE_COUNT };

/* The widest column that can give one more; count when none can. */
static size_t
widest_get(const struct table *t, enum give give)
{
	size_t i, least, found = t->count;

	for (i = 0; i < t->count; i++) {
		const struct column *c = &t->column[i];

		least = COLUMN_MIN;
		if (c->word > COLUMN_MIN && (give == GIVE_SPACES ||
		    (give == GIVE_WORDS && is_copied(c))))
			least = c->word;
		if (c->width > least && (found == t->count ||
		    c->width > t->column[found].width))
			found = i;
	}
	return found;
}

/* Takes from the widest until the line fits: first between words. */
static void
table_fit(struct table *t, size_t columns)
{
	size_t		 total = GAP * (t->count - 1), c;
	enum give	 give = GIVE_SPACES;

	for (c = 0; c < t->count; c++)
		total += t->column[c].width;
	while (columns > 0 && total > columns && give < GIVE_COUNT) {
		c = widest_get(t, give);
		if (c == t->count) {
			give++;
			continue;
		}
		t->column[c].width--;
		total--;
	}
}

/* Pads to the next column, or ends the line with nothing hanging over. */
static void
cell_end(const struct table *t, size_t c, size_t used, struct buf *out)
{
	if (c + 1 < t->count) {
		buf_printf(out, "%*s", (int)(t->column[c].width - used + GAP),
		    "");
		return;
	}
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_putc(out, '\n');
}

/*
 * The next piece of a cell that fits its column, cut at a space where there
 * is one; *text moves behind it.
 */
static size_t
piece_add(const char **text, size_t width, struct buf *out)
{
	AUTO_FREE char	*piece = NULL;
	size_t		 len = width_fit(*text, width), cut = len, used;

	if ((*text)[len] != '\0') {
		while (cut > 0 && (*text)[cut] != ' ')
			cut--;
		len = cut > 0 ? cut : len;
	}
	piece = strndup(*text, len);
	if (piece == NULL) {
		out->failed = true;
		return 0;
	}
	used = width_add(out, piece, width);
	*text += len;
	*text += strspn(*text, " ");
	return used;
}

/* A row takes as many lines as its longest cell: nothing is hidden. */
static void
row_print(const struct table *t, const char *text[COLUMNS_MAX],
    struct buf *out)
{
	bool	 is_more;
	size_t	 c;

	do {
		is_more = false;
		for (c = 0; c < t->count && !out->failed; c++) {
			cell_end(t, c, piece_add(&text[c],
			    t->column[c].width, out), out);
			is_more = is_more || *text[c] != '\0';
		}
	} while (is_more && !out->failed);
}

static void
table_print(struct table *t, const json_t *rows, size_t columns,
    struct buf *out)
{
	struct buf	 cell[COLUMNS_MAX] = { BUF_INIT };
	const char	*text[COLUMNS_MAX];
	const json_t	*row;
	size_t		 i, c;

	if (json_array_size(rows) == 0) {
		buf_puts(out, T_NONE);
		buf_putc(out, '\n');
		return;
	}
	table_measure(t, rows);
	table_fit(t, columns);
	for (c = 0; c < t->count; c++)
		text[c] = t->column[c].heading;
	row_print(t, text, out);
	json_array_foreach(rows, i, row) {
		for (c = 0; c < t->count; c++) {
			cell_text(&t->column[c], row, &cell[c]);
			text[c] = buf_str(&cell[c]);
		}
		row_print(t, text, out);
	}
	for (c = 0; c < t->count; c++)
		buf_fini(&cell[c]);
}

static const json_t *
table_rows(const json_t *result, const char *member)
{
	return json_is_array(result) ? result :
	    json_object_get(result, member);
}

char *
print_table(const char *view, const json_t *result, size_t columns,
    struct buf *out)
{
	struct table	 table;
	char		*member = NULL;

	if (view_parse(view, &table, &member) &&
	    json_is_array(table_rows(result, member))) {
		table_print(&table, table_rows(result, member), columns, out);
	} else {
		free(member);
		member = NULL;
	}
	table_fini(&table);
	return member;
}
