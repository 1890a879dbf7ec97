#include "edit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "edit_private.h"
#include "stconsole/utf8.h"

/*
 * The memory has its last size at once: what is typed into a secret leaves
 * no copy behind, and no key can fail.
 */
static char *
room_new(const struct edit_options *o, size_t room)
{
	char *text = calloc(1, room + 1);

	/* As in secret.c: best effort where the limit is 0. */
	if (text != NULL && o->is_secret)
		(void)mlock(text, room + 1);
	return text;
}

static void
room_free(struct edit *ed)
{
	if (ed->text == NULL)
		return;
	if (ed->options.is_secret) {
		explicit_bzero(ed->text, ed->room + 1);
		(void)munlock(ed->text, ed->room + 1);
	}
	free(ed->text);
}

struct edit *
edit_new(const struct edit_options *o, struct err *e)
{
	struct edit *ed = calloc(1, sizeof(*ed));

	if (ed != NULL)
		ed->text = room_new(o, o->max);
	if (ed == NULL || ed->text == NULL) {
		free(ed);
		err_nomem(e);
		return NULL;
	}
	ed->options = *o;
	ed->room = o->max;
	return ed;
}

void
edit_free(struct edit *ed)
{
	if (ed == NULL)
		return;
	edit_history_forget(ed);
	secret_free(ed->initial);
	room_free(ed);
	free(ed);
}

bool
edit_set(struct edit *ed, const char *text, struct err *e)
{
	size_t		 len = strlen(text);
	size_t		 room = len > ed->options.max ? len : ed->options.max;
	struct secret	*initial = secret_new(text, len, e);
	char		*to;

	if (initial == NULL)
		return false;
	to = room_new(&ed->options, room);
	if (to == NULL) {
		secret_free(initial);
		return err_nomem(e);
	}
	memcpy(to, text, len);
	edit_history_forget(ed);
	secret_free(ed->initial);
	room_free(ed);
	ed->initial = initial;
	ed->text = to;
	ed->room = room;
	ed->len = ed->caret = len;
	ed->first = 0;
	return true;
}

const char *
edit_text(const struct edit *ed)
{
	return ed->text;
}

size_t
edit_len(const struct edit *ed)
{
	return ed->len;
}

struct secret *
edit_secret(const struct edit *ed, struct err *e)
{
	return secret_new(ed->text, ed->len, e);
}

static const char *
initial_of(const struct edit *ed)
{
	return ed->initial != NULL ? secret_reveal(ed->initial) : "";
}

bool
edit_is_dirty(const struct edit *ed)
{
	return strcmp(ed->text, initial_of(ed)) != 0;
}

size_t
edit_snap(const struct edit *ed, size_t at)
{
	size_t start;

	if (at == 0 || at >= ed->len)
		return at == 0 ? 0 : ed->len;
	start = at - utf8_cluster_back(ed->text, ed->text + at);
	start += utf8_cluster(ed->text + start);
	return start > at ? start : at;
}

size_t
edit_caret(const struct edit *ed)
{
	return ed->caret;
}

void
edit_caret_set(struct edit *ed, size_t at)
{
	ed->caret = edit_snap(ed, at);
	ed->history.is_sealed = true;
}

/* The caret after one cluster, or where it is at the end. */
static size_t
right_of(const struct edit *ed, size_t at)
{
	return at + utf8_cluster(ed->text + at);
}

static size_t
left_of(const struct edit *ed, size_t at)
{
	return at - utf8_cluster_back(ed->text, ed->text + at);
}

static bool
is_word_at(const struct edit *ed, size_t at)
{
	return utf8_cluster_is_word(ed->text + at,
	    utf8_cluster(ed->text + at));
}

static size_t
word_right_of(const struct edit *ed, size_t at)
{
	while (at < ed->len && !is_word_at(ed, at))
		at = right_of(ed, at);
	while (at < ed->len && is_word_at(ed, at))
		at = right_of(ed, at);
	return at;
}

static size_t
word_left_of(const struct edit *ed, size_t at)
{
	while (at > 0 && !is_word_at(ed, left_of(ed, at)))
		at = left_of(ed, at);
	while (at > 0 && is_word_at(ed, left_of(ed, at)))
		at = left_of(ed, at);
	return at;
}

/* Where the caret would go. */
static size_t
target(const struct edit *ed, enum edit_way way)
{
	bool is_hidden = edit_is_hidden(ed);

	switch (way) {
	case EDIT_LEFT:
		return left_of(ed, ed->caret);
	case EDIT_RIGHT:
		return right_of(ed, ed->caret);
	case EDIT_WORD_LEFT:
		return is_hidden ? 0 : word_left_of(ed, ed->caret);
	case EDIT_WORD_RIGHT:
		return is_hidden ? ed->len : word_right_of(ed, ed->caret);
	case EDIT_HOME:
		return 0;
	case EDIT_END:
		return ed->len;
	}
	return ed->caret;
}

bool
edit_move(struct edit *ed, enum edit_way way)
{
	size_t to = target(ed, way);

	ed->history.is_sealed = true;
	if (to == ed->caret)
		return false;
	ed->caret = to;
	return true;
}

char *
edit_gap(struct edit *ed, size_t at, size_t removed, size_t len)
{
	size_t behind = ed->len - at - removed, was = ed->len;

	memmove(ed->text + at + len, ed->text + at + removed, behind);
	ed->len = at + len + behind;
	if (was > ed->len)
		explicit_bzero(ed->text + ed->len, was - ed->len);
	ed->text[ed->len] = '\0';
	return ed->text + at;
}

/*
 * Bytes of the next piece of what is inserted, 0 at the end; *is_kept when
 * it goes in as it is, else *instead (NUL: nothing) does.
 */
static size_t
piece(const struct edit *ed, const char *s, bool *is_kept, char *instead)
{
	size_t		 n = utf8_cluster(s);
	unsigned char	 c = (unsigned char)s[0];
	bool		 is_newline = c == '\n' || c == '\r';

	*is_kept = false;
	*instead = '\0';
	if (is_newline) {
		n = c == '\r' && s[1] == '\n' ? 2 : 1;
		if (ed->options.multi_line)
			*instead = '\n';
		else if (s[n + strspn(s + n, "\r\n")] != '\0')
			*instead = ' ';
	} else if (c == '\t')
		*instead = ed->options.multi_line ? '\t' : ' ';
	else
		*is_kept = n > 0 && c >= 0x20 && c != 0x7f &&
		    !(n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0);
	return n;
}

/* What of the text goes in, into out (NULL: only counted). */
static size_t
clean(const struct edit *ed, const char *s, char *out)
{
	size_t	 len = 0, n;
	bool	 is_kept;
	char	 instead;

	for (; (n = piece(ed, s, &is_kept, &instead)) > 0; s += n) {
		size_t kept = is_kept ? n : instead != '\0';

		if (out != NULL && kept > 0)
			memcpy(out + len, is_kept ? s : &instead, kept);
		len += kept;
	}
	return len;
}

/* One letter of a word goes on with the step before it. */
static enum edit_kind
kind_of_typing(struct edit *ed, const char *text, size_t len)
{
	size_t at = ed->caret;

	if (len == 0 || utf8_cluster(text) != len)
		return EDIT_ALONE;
	if (at > 0 && utf8_cluster_is_word(text, len) &&
	    !is_word_at(ed, left_of(ed, at)))
		ed->history.is_sealed = true;
	return EDIT_TYPED;
}

/* Text, cleaned to len bytes, in place of removed ones at at. */
static void
change(struct edit *ed, enum edit_kind kind, size_t at, size_t removed,
    const char *text, size_t len)
{
	struct edit_step *step = edit_step_new(ed, kind, at, removed, len);

	(void)clean(ed, text, edit_gap(ed, at, removed, len));
	edit_history_add(ed, step);
	ed->caret = edit_snap(ed, at + len);
}

static bool
put(struct edit *ed, size_t at, size_t removed, const char *text)
{
	size_t		 len = clean(ed, text, NULL);
	size_t		 after = ed->len - removed + len;
	enum edit_kind	 kind = EDIT_ALONE;

	/* What was too long from the beginning may get shorter. */
	if (after > ed->options.max && after > ed->len)
		return false;
	if (removed == 0)
		kind = kind_of_typing(ed, text, len);
	if (removed > 0 || len > 0)
		change(ed, kind, at, removed, text, len);
	return true;
}

bool
edit_insert(struct edit *ed, const char *text)
{
	return put(ed, ed->caret, 0, text);
}

bool
edit_replace(struct edit *ed, const char *text)
{
	if (strcmp(text, ed->text) != 0)
		return put(ed, 0, ed->len, text);
	(void)edit_move(ed, EDIT_END);
	return true;
}

bool
edit_erase(struct edit *ed, enum edit_way way)
{
	size_t		 to = target(ed, way);
	size_t		 at = to < ed->caret ? to : ed->caret;
	size_t		 removed = to < ed->caret ? ed->caret - to :
			    to - ed->caret;
	enum edit_kind	 kind = way == EDIT_LEFT ? EDIT_ERASED_LEFT :
			    way == EDIT_RIGHT ? EDIT_ERASED_RIGHT : EDIT_ALONE;

	if (removed == 0)
		return false;
	change(ed, kind, at, removed, "", 0);
	return true;
}

/* As it was set: not cleaned as what is typed. */
bool
edit_reset(struct edit *ed)
{
	const char		*text = initial_of(ed);
	size_t			 len = strlen(text);
	struct edit_step	*step;

	if (!edit_is_dirty(ed))
		return false;
	step = edit_step_new(ed, EDIT_ALONE, 0, ed->len, len);
	memcpy(edit_gap(ed, 0, ed->len, len), text, len);
	edit_history_add(ed, step);
	ed->caret = len;
	return true;
}
