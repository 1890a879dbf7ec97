/*
 * Random keys in a field against the plainest model there is: an array of
 * clusters and the number of those before the caret.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/edit.h"
#include "prng.h"
#include "stconsole/str.h"
#include "stconsole/utf8.h"

#define ROUNDS		2000
#define KEYS		60	/* a round; fewer steps than are kept */
#define MAX_BYTES	120

/* Letters, and what joins, breaks or turns them. */
static const char *const pieces[] = {
	"a", "b", "0", "_", " ", " ", ".", "@", "\xc3\xa4",
	"\xcc\x81",				/* combining acute */
	"\xe6\xbc\xa2",				/* CJK */
	"\xe1\x84\x92", "\xe1\x85\xa1", "\xe1\x86\xab",	/* jamo */
	"\xf0\x9f\x87\xa9",			/* regional indicator */
	"\xf0\x9f\x91\xa8", "\xe2\x80\x8d",	/* man, ZWJ */
	"\xf0\x9f\x8f\xbd", "\xef\xb8\x8f",	/* skin tone, VS16 */
	"\xe0\xa4\x95", "\xe0\xa4\xbf", "\xe0\xa5\x8d",	/* ka, i, virama */
	"\xd8\x80",				/* Arabic number sign */
	"\xe2\x80\xae",				/* right-to-left override */
	"\xff", "\xe6", "\xbc", "\xa2", "\xc0",	/* broken UTF-8 */
};
/* Only what begins with such text has these. */
static const char *const controls[] = { "\n", "\t", "\x1b", "\xc2\x9b" };

struct model {
	char	 clusters[MAX_BYTES * 2][UTF8_CLUSTER_MAX + 1];
	size_t	 count, caret;
};

/* What was to be seen after each key that changed the text. */
struct past {
	char	 texts[KEYS + 1][MAX_BYTES * 2];
	size_t	 count;
};

static void
pieces_add(struct prng *p, size_t most, bool with_controls, struct buf *out)
{
	size_t n = prng_below(p, most + 1);

	buf_reset(out);
	while (n-- > 0)
		buf_puts(out, with_controls && prng_below(p, 8) == 0 ?
		    prng_pick(p, controls) : prng_pick(p, pieces));
}

/* Splits anew from the start; the caret is that many bytes or just behind. */
static void
model_split(struct model *m, const char *text, size_t caret)
{
	size_t at = 0, n;

	m->count = m->caret = 0;
	for (; (n = utf8_cluster(text + at)) > 0; at += n) {
		memcpy(m->clusters[m->count], text + at, n);
		m->clusters[m->count++][n] = '\0';
		if (at < caret)
			m->caret = m->count;
	}
}

static void
model_join(const struct model *m, size_t from, size_t to, struct buf *out)
{
	for (; from < to; from++)
		buf_puts(out, m->clusters[from]);
}

/* Takes clusters away and puts text there. */
static void
model_change(struct model *m, size_t from, size_t to, const char *text)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	size_t			 caret;

	model_join(m, 0, from, &b);
	buf_puts(&b, text);
	caret = b.len;
	model_join(m, to, m->count, &b);
	model_split(m, buf_str(&b), caret);
}

static bool
is_word(const struct model *m, size_t i)
{
	return utf8_cluster_is_word(m->clusters[i], strlen(m->clusters[i]));
}

static size_t
model_target(const struct model *m, enum edit_way way)
{
	size_t at = m->caret;

	switch (way) {
	case EDIT_LEFT:
		return at - (at > 0);
	case EDIT_RIGHT:
		return at + (at < m->count);
	case EDIT_WORD_LEFT:
		for (; at > 0 && !is_word(m, at - 1); at--)
			;
		for (; at > 0 && is_word(m, at - 1); at--)
			;
		return at;
	case EDIT_WORD_RIGHT:
		for (; at < m->count && !is_word(m, at); at++)
			;
		for (; at < m->count && is_word(m, at); at++)
			;
		return at;
	case EDIT_HOME:
		return 0;
	case EDIT_END:
		break;
	}
	return m->count;
}

static void
compare(struct prng *p, const struct edit *ed, const struct model *m)
{
	AUTO_BUF struct buf b = BUF_INIT;

	model_join(m, 0, m->caret, &b);
	CHECK(p, edit_caret(ed) == b.len);
	model_join(m, m->caret, m->count, &b);
	CHECK(p, edit_len(ed) == b.len);
	CHECK(p, strcmp(edit_text(ed), buf_str(&b)) == 0);
}

/* Back from the end over the same clusters as forth from the start. */
static void
compare_back(struct prng *p, const struct edit *ed, const struct model *m)
{
	const char	*text = edit_text(ed), *at = text + edit_len(ed);
	size_t		 i = m->count;

	while (at > text) {
		CHECK(p, i > 0);
		at -= utf8_cluster_back(text, at);
		i--;
		CHECK(p, str_starts(at, m->clusters[i]));
	}
	CHECK(p, i == 0);
}

static void
check_window(struct prng *p, struct edit *ed, const struct model *m)
{
	AUTO_BUF struct buf	 b = BUF_INIT, stars = BUF_INIT;
	struct edit_window	 w;
	size_t			 width = prng_below(p, 30), i, at = 0;
	size_t			 columns = 0, caret = 0, under = 1, n, c;
	bool			 is_hidden = edit_is_hidden(ed);
	bool			 begins = false, ends = false;

	edit_window(ed, width, &w);
	edit_window_show(ed, &w, &b);
	for (i = 0; i <= m->count; i++, at += n) {
		n = i < m->count ? strlen(m->clusters[i]) : 0;
		c = is_hidden ? 1 : utf8_cluster_columns(edit_text(ed) + at,
		    n);
		begins |= at == w.first;
		ends |= at == w.first + w.bytes;
		if (i == m->caret) {
			caret = columns;
			under = n > 0 && c > 0 ? c : 1;
		}
		if (n > 0 && at >= w.first && at < w.first + w.bytes) {
			columns += c;
			buf_putc(&stars, '*');
		}
	}
	CHECK(p, begins && ends && w.columns == columns);
	CHECK(p, w.columns <= width && w.first <= edit_caret(ed));
	CHECK(p, w.caret == caret);
	CHECK(p, width < 2 || w.caret + under <= width);
	CHECK(p, w.has_left == (w.first > 0));
	CHECK(p, w.has_right == (w.first + w.bytes < edit_len(ed)));
	if (is_hidden)
		CHECK(p, strcmp(buf_str(&b), buf_str(&stars)) == 0);
	else
		CHECK(p, b.len == w.bytes && memcmp(buf_str(&b),
		    edit_text(ed) + w.first, b.len) == 0);
}

static void
press_insert(struct prng *p, struct edit *ed, struct model *m)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	bool			 fits, is_all = prng_below(p, 12) == 0;

	pieces_add(p, prng_below(p, 4) == 0 ? 12 : 1, false, &text);
	if (is_all) {
		fits = text.len <= MAX_BYTES;
		CHECK(p, edit_replace(ed, buf_str(&text)) == fits);
		model_change(m, 0, m->count, buf_str(&text));
		m->caret = text.len > 0 ? m->caret : 0;
		return;
	}
	fits = edit_len(ed) + text.len <= MAX_BYTES || text.len == 0;
	CHECK(p, edit_insert(ed, buf_str(&text)) == fits);
	if (fits)
		model_change(m, m->caret, m->caret, buf_str(&text));
}

static void
press_key(struct prng *p, struct edit *ed, struct model *m)
{
	enum edit_way	 way = (enum edit_way)prng_below(p, EDIT_END + 1);
	size_t		 to = model_target(m, way);
	size_t		 from = to < m->caret ? to : m->caret;
	size_t		 end = to < m->caret ? m->caret : to;

	switch (prng_below(p, 6)) {
	case 0:
		CHECK(p, edit_move(ed, way) == (to != m->caret));
		m->caret = to;
		return;
	case 1:
		CHECK(p, edit_erase(ed, way) == (from < end));
		if (from < end)
			model_change(m, from, end, "");
		return;
	case 2:
		to = prng_below(p, edit_len(ed) + 1);
		edit_caret_set(ed, to);
		model_split(m, edit_text(ed), to);
		return;
	default:
		press_insert(p, ed, m);
	}
}

static void
past_add(struct past *past, const struct edit *ed)
{
	if (past->count > 0 && strcmp(past->texts[past->count - 1],
	    edit_text(ed)) == 0)
		return;
	memcpy(past->texts[past->count++], edit_text(ed), edit_len(ed) + 1);
}

/* Each undone text was there, in that order, down to the first. */
static size_t
undo_all(struct prng *p, struct edit *ed, const struct past *past,
    struct past *undone)
{
	struct model	 m;
	size_t		 i = past->count, steps = 0;

	undone->count = 0;
	past_add(undone, ed);
	for (; edit_undo(ed); steps++) {
		past_add(undone, ed);
		while (i > 0 && strcmp(past->texts[i - 1], edit_text(ed)) != 0)
			i--;
		CHECK(p, i > 0);
		model_split(&m, edit_text(ed), edit_caret(ed));
		compare(p, ed, &m);
	}
	CHECK(p, strcmp(edit_text(ed), past->texts[0]) == 0);
	return steps;
}

static void
redo_all(struct prng *p, struct edit *ed, const struct past *undone,
    size_t steps)
{
	struct model	 m;
	size_t		 i = undone->count;

	for (; edit_redo(ed); steps--) {
		model_split(&m, edit_text(ed), edit_caret(ed));
		compare(p, ed, &m);
		while (i > 0 && strcmp(undone->texts[i - 1],
		    edit_text(ed)) != 0)
			i--;
		CHECK(p, i > 0);
	}
	CHECK(p, steps == 0);
	CHECK(p, strcmp(edit_text(ed), undone->texts[0]) == 0);
}

static struct edit *
field_new(struct prng *p, bool is_secret, struct model *m)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct edit_options	 o = { .max = MAX_BYTES,
	    .is_secret = is_secret };
	struct err		 e = { 0 };
	struct edit		*ed = edit_new(&o, &e);

	assert_non_null(ed);
	pieces_add(p, 12, true, &text);
	assert_true(edit_set(ed, buf_str(&text), &e));
	model_split(m, buf_str(&text), text.len);
	return ed;
}

static void
a_field_does_what_an_array_of_characters_does(void **state)
{
	static struct past	 past, undone;
	static struct model	 m;
	struct prng		 p;
	struct edit		*ed;
	size_t			 steps, done = 0;

	(void)state;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		prng_init(&p, round);
		ed = field_new(&p, false, &m);
		past.count = 0;
		past_add(&past, ed);
		for (size_t key = 0; key < KEYS; key++) {
			press_key(&p, ed, &m);
			compare(&p, ed, &m);
			compare_back(&p, ed, &m);
			check_window(&p, ed, &m);
			past_add(&past, ed);
		}
		steps = undo_all(&p, ed, &past, &undone);
		CHECK(&p, !edit_is_dirty(ed));
		redo_all(&p, ed, &undone, steps);
		done += steps;
		edit_free(ed);
	}
	assert_true(done > ROUNDS * (KEYS / 4));
}

static void
a_hidden_field_shows_stars_and_undoes_nothing(void **state)
{
	static struct model	 m;
	struct prng		 p;
	struct edit		*ed;

	(void)state;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		prng_init(&p, round);
		ed = field_new(&p, true, &m);
		for (size_t key = 0; key < KEYS; key++) {
			press_insert(&p, ed, &m);
			compare(&p, ed, &m);
			check_window(&p, ed, &m);
			CHECK(&p, !edit_undo(ed) && !edit_redo(ed));
		}
		(void)edit_reset(ed);
		CHECK(&p, !edit_is_dirty(ed));
		edit_free(ed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_field_does_what_an_array_of_characters_does),
		cmocka_unit_test(
		    a_hidden_field_shows_stars_and_undoes_nothing)
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests_name("random keys in a field", tests,
	    NULL, NULL);
}
