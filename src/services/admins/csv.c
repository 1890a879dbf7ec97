/*
 * Lists of mails from a file, as spreadsheets write them (RFC 4180).  A bad
 * record never swallows the ones after it: it is told by its line.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "admins.h"
#include "text.def"

#define CELLS_MAX	64
#define MAILS_MAX	100000

struct csv_record {
	size_t		 line;
	struct buf	 cells[CELLS_MAX];
	size_t		 count;
	const char	*bad;
};

struct csv_reader {
	const char	*at;
	size_t		 line;
	char		 comma;
};

void
csv_mails_fini(struct csv_mails *c)
{
	size_t	 i;

	for (i = 0; i < c->count; i++) {
		free(c->items[i].mail);
		free(c->items[i].bad);
	}
	free(c->items);
	memset(c, 0, sizeof(*c));
}

static bool
at_line_end(const struct csv_reader *r)
{
	return *r->at == '\0' || *r->at == '\n' ||
	    (r->at[0] == '\r' && (r->at[1] == '\n' || r->at[1] == '\0'));
}

static void
skip_line(struct csv_reader *r)
{
	r->at += strcspn(r->at, "\n");
	if (*r->at == '\n') {
		r->at++;
		r->line++;
	}
}

/* Behind the opening quote.  An unclosed one is bad on its own line only. */
static const char *
read_quoted(struct csv_reader *r, struct buf *cell)
{
	const struct csv_reader	 start = *r;

	for (; *r->at != '\0'; r->at++) {
		if (*r->at == '\n')
			r->line++;
		if (*r->at != '"') {
			buf_putc(cell, *r->at);
			continue;
		}
		if (r->at[1] != '"') {
			r->at++;
			return *r->at == r->comma || at_line_end(r) ? NULL :
			    T_CSV_AFTER_QUOTE;
		}
		r->at++;
		buf_putc(cell, '"');
	}
	*r = start;
	return T_CSV_UNCLOSED;
}

static const char *
read_cell(struct csv_reader *r, struct buf *cell)
{
	if (*r->at == '"') {
		r->at++;
		return read_quoted(r, cell);
	}
	for (; *r->at != r->comma && !at_line_end(r); r->at++) {
		if (*r->at == '"')
			return T_CSV_QUOTE;
		buf_putc(cell, *r->at);
	}
	return NULL;
}

/* False at the end of the text. */
static bool
read_record(struct csv_reader *r, struct csv_record *rec)
{
	size_t	 i;

	if (*r->at == '\0')
		return false;
	for (i = 0; i < CELLS_MAX; i++)
		buf_reset(&rec->cells[i]);
	rec->line = r->line;
	rec->count = 0;
	rec->bad = NULL;
	do {
		if (rec->count > 0)
			r->at++;
		if (rec->count == CELLS_MAX)
			rec->bad = T_CSV_WIDE;
		else
			rec->bad = read_cell(r, &rec->cells[rec->count++]);
	} while (rec->bad == NULL && *r->at == r->comma);
	skip_line(r);
	return true;
}

static char *
trimmed(const char *s)
{
	size_t	 len;

	s += strspn(s, " \t\r\n");
	len = strlen(s);
	while (len > 0 && strchr(" \t\r\n", s[len - 1]) != NULL)
		len--;
	return strndup(s, len);
}

static bool
mails_add(struct csv_mails *out, size_t line, char *mail, char *bad,
    struct err *e)
{
	struct csv_mail	*items;
	size_t		 cap = out->cap == 0 ? 64 : out->cap * 2;

	if (out->count == out->cap) {
		items = reallocarray(out->items, cap, sizeof(*items));
		if (items == NULL) {
			free(mail);
			free(bad);
			return err_nomem(e);
		}
		out->items = items;
		out->cap = cap;
	}
	out->items[out->count++] = (struct csv_mail){ line, mail, bad };
	return true;
}

/* The verdict on one record. */
static bool
record_mail(struct csv_mails *out, struct csv_record *rec, size_t column,
    struct err *e)
{
	AUTO_FREE char	*mail = NULL, *bad = NULL;
	size_t		 i;

	for (i = 0; i < rec->count; i++)
		if (!buf_ok(&rec->cells[i], e))
			return false;
	mail = trimmed(column < rec->count ?
	    buf_str(&rec->cells[column]) : "");
	if (mail == NULL)
		return err_nomem(e);
	if (rec->bad == NULL && rec->count == 1 &&
	    strspn(buf_str(&rec->cells[0]), " \t") == rec->cells[0].len)
		return true;		/* an empty line */
	if (rec->bad != NULL)
		bad = strdup(rec->bad);
	else if (column >= rec->count || mail[0] == '\0')
		bad = strdup(T_CSV_EMPTY);
	else if (!admin_mail_is_valid(mail))
		bad = str_format(T_CSV_NOT_MAIL, mail);
	else
		return mails_add(out, rec->line, TAKE(mail), NULL, e);
	if (bad == NULL)
		return err_nomem(e);
	mail[0] = '\0';
	return mails_add(out, rec->line, TAKE(mail), TAKE(bad), e);
}

/* The column that a header names; SIZE_MAX: this is no header. */
static size_t
header_column(struct csv_record *rec)
{
	size_t	 i;

	for (i = 0; rec->bad == NULL && i < rec->count; i++) {
		AUTO_FREE char *name = trimmed(buf_str(&rec->cells[i]));

		if (name != NULL && (str_equal_nocase(name, "mail") ||
		    str_equal_nocase(name, "email") ||
		    str_equal_nocase(name, "e-mail")))
			return i;
	}
	return SIZE_MAX;
}

bool
csv_mails_read(const char *text, struct csv_mails *out, struct err *e)
{
	AUTO_FREE struct csv_record *rec = calloc(1, sizeof(*rec));
	struct csv_reader r = { text, 1, ',' };
	size_t		 i, column = 0;
	bool		 ok = true, first = true;

	if (rec == NULL)
		return err_nomem(e);
	if (str_starts(text, "\xef\xbb\xbf"))
		r.at += 3;
	i = strcspn(r.at, "\n");
	if (memchr(r.at, ',', i) == NULL && memchr(r.at, ';', i) != NULL)
		r.comma = ';';
	while (ok && read_record(&r, rec)) {
		if (first && header_column(rec) != SIZE_MAX)
			column = header_column(rec);
		else if (out->count == MAILS_MAX)
			ok = err_set(e, ERR_USAGE, 0, T_CSV_LONG, MAILS_MAX);
		else
			ok = record_mail(out, rec, column, e);
		first = false;
	}
	for (i = 0; i < CELLS_MAX; i++)
		buf_fini(&rec->cells[i]);
	return ok;
}

void
csv_cell(struct buf *out, const char *cell, bool first)
{
	bool	 formula = cell[0] != '\0' && strchr("=+-@\t", cell[0]);

	if (!first)
		buf_putc(out, ',');
	if (!formula && strpbrk(cell, ",\"\r\n") == NULL) {
		buf_puts(out, cell);
		return;
	}
	buf_putc(out, '"');
	if (formula)
		buf_putc(out, '\'');
	for (; *cell != '\0'; cell++) {
		if (*cell == '"')
			buf_putc(out, '"');
		buf_putc(out, *cell);
	}
	buf_putc(out, '"');
}
