/*
 * A bundle in memory.  Bounded: what is too long is cut and says so, and what
 * no longer fits is listed as left out.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

void
bundle_free(struct support_kept *b)
{
	size_t i;

	if (b == NULL)
		return;
	for (i = 0; i < b->count; i++) {
		free(b->entries[i].name);
		free(b->entries[i].note);
		buf_wipe(&b->entries[i].text);
	}
	free(b->entries);
	free(b);
}

/* The last ENTRY_MAX bytes, from the beginning of a line if one is near. */
static bool
cut(struct support_entry *entry, struct err *e)
{
	struct buf	*text = &entry->text;
	size_t		 from = text->len - ENTRY_MAX;
	const char	*line = memchr(text->data + from, '\n', 4096);

	if (line != NULL)
		from = (size_t)(line - text->data) + 1;
	entry->note = str_format(T_BUNDLE_CUT, text->len);
	text->len -= from;
	memmove(text->data, text->data + from, text->len);
	text->data[text->len] = '\0';
	return entry->note != NULL || err_nomem(e);
}

static struct support_entry *
room(struct support_kept *b, const char *name, struct err *e)
{
	struct support_entry *more = realloc(b->entries, (b->count + 1) *
	    sizeof(*more));

	if (more == NULL) {
		err_nomem(e);
		return NULL;
	}
	b->entries = more;
	more += b->count;
	memset(more, 0, sizeof(*more));
	more->name = strdup(name);
	if (more->name == NULL) {
		err_nomem(e);
		return NULL;
	}
	/* A file's name may be anything; here it is a line of a list. */
	str_strip_control(more->name);
	b->count++;
	return more;
}

struct support_entry *
bundle_add(struct support_kept *b, const char *name, struct buf *text,
    struct err *e)
{
	struct support_entry *entry = NULL;

	if (buf_ok(text, e))
		entry = room(b, name, e);
	if (entry == NULL) {
		buf_wipe(text);
		return NULL;
	}
	entry->text = *text;
	*text = (struct buf)BUF_INIT;
	if (entry->text.len > ENTRY_MAX && !cut(entry, e))
		return NULL;
	if (b->bytes + entry->text.len > BUNDLE_MAX) {
		buf_wipe(&entry->text);
		free(entry->note);
		entry->is_left_out = true;
		entry->note = strdup(T_BUNDLE_FULL);
		if (entry->note == NULL) {
			err_nomem(e);
			return NULL;
		}
	}
	b->bytes += entry->text.len;
	return entry;
}

bool
bundle_leave_out(struct support_kept *b, const char *name, const char *why,
    struct err *e)
{
	struct support_entry *entry = room(b, name, e);

	if (entry == NULL)
		return false;
	entry->is_left_out = true;
	entry->note = strdup(why);
	return entry->note != NULL || err_nomem(e);
}

void
bundle_list(const struct support_kept *b, struct buf *out)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		const struct support_entry *entry = &b->entries[i];

		if (entry->is_left_out)
			buf_printf(out, "%10s  %s", "-", entry->name);
		else
			buf_printf(out, "%10zu  %s", entry->text.len,
			    entry->name);
		if (entry->note != NULL)
			buf_printf(out, "  (%s)", entry->note);
		if (entry->lines > 0)
			buf_printf(out, T_BUNDLE_LINES, entry->lines);
		if (entry->values > 0)
			buf_printf(out, T_BUNDLE_VALUES, entry->values);
		buf_putc(out, '\n');
	}
}
