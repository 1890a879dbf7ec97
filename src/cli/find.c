/*
 * Which verb the first words mean, and what to say when they mean none: the
 * nearest one, or what there is in the group that was named.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/suggest.h"

#include "stconsole/msg.h"
#include "text.def"

#define VERB_WORDS_MAX	3
#define NAME_MAX_BYTES	96

/* Reserved by the contract although no verb has the name. */
const char *const cli_reserved[] = { "serve", "go", "help", "version", NULL };

static size_t
plain_words(const struct cli_words *w)
{
	size_t n;

	for (n = 0; n < w->count; n++)
		if (n < w->literal_from && w->word[n][0] == '-')
			break;
	return n;
}

static size_t
verb_count(const struct registry *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->count; i++)
		n += r->services[i]->verb_count;
	return n;
}

/* Every verb's name, borrowed; the array is malloc'd. */
static const char **
verb_names(const struct registry *r, size_t *count)
{
	const char	**names = calloc(verb_count(r) + 1, sizeof(*names));
	size_t		  i, j, n = 0;

	*count = 0;
	if (names == NULL)
		return NULL;
	for (i = 0; i < r->count; i++)
		for (j = 0; j < r->services[i]->verb_count; j++)
			names[n++] = r->services[i]->verbs[j].name;
	*count = n;
	return names;
}

/* The first n words with between in the gaps: "." makes a verb's name. */
static void
words_join(const struct cli_words *w, size_t n, char between,
    char out[NAME_MAX_BYTES])
{
	size_t i, len = 0;

	out[0] = '\0';
	for (i = 0; i < n; i++) {
		if (len + strlen(w->word[i]) + 2 > NAME_MAX_BYTES)
			return;
		if (i > 0)
			out[len++] = between;
		memcpy(out + len, w->word[i], strlen(w->word[i]) + 1);
		len += strlen(w->word[i]);
	}
}

static const char *
verb_nearest(const struct cli_words *w, size_t plain,
    const char *const *names, size_t count)
{
	char		 joined[NAME_MAX_BYTES];
	const char	*found = NULL, *near;
	size_t		 best = SIZE_MAX, n, d;

	for (n = plain < VERB_WORDS_MAX ? plain : VERB_WORDS_MAX; n > 0; n--) {
		words_join(w, n, '.', joined);
		near = suggest_nearest(joined, names, count);
		if (near == NULL)
			continue;
		d = suggest_distance(joined, near, sizeof(joined));
		if (d < best) {
			best = d;
			found = near;
		}
	}
	return found;
}

/* "list, add, remove": what a group has; empty when it is no group. */
static void
group_list(const char *group, const char *const *names, size_t count,
    struct buf *out)
{
	size_t i, len = strlen(group);

	for (i = 0; i < count; i++) {
		if (strncmp(names[i], group, len) != 0 ||
		    names[i][len] != '.')
			continue;
		if (out->len > 0)
			buf_puts(out, ", ");
		buf_puts(out, names[i] + len + 1);
	}
}

static bool
is_reserved(const char *word)
{
	size_t i;

	for (i = 0; cli_reserved[i] != NULL; i++)
		if (str_equal(word, cli_reserved[i]))
			return true;
	return false;
}

static void
verb_unknown(const struct registry *r, const struct cli_words *w,
    size_t plain, struct err *e)
{
	AUTO_BUF struct buf	  group = BUF_INIT;
	size_t			  count;
	AUTO_FREE const char	**names = verb_names(r, &count);
	const char		 *near;
	char			  typed[NAME_MAX_BYTES];

	if (names == NULL) {
		err_nomem(e);
		return;
	}
	group_list(w->word[0], names, count, &group);
	if (group.len > 0 && plain == 1) {
		err_set(e, ERR_USAGE, 0, T_VERB_GROUP, w->word[0]);
		err_hint(e, T_VERB_GROUP_HINT, w->word[0], buf_str(&group));
		return;
	}
	words_join(w, group.len > 0 ? 2 : 1, ' ', typed);
	err_set(e, ERR_USAGE, 0, T_VERB_UNKNOWN, typed);
	near = verb_nearest(w, plain, names, count);
	if (near != NULL && cli_verb_typed(near, typed, sizeof(typed)))
		err_hint(e, T_VERB_NEAR, typed);
	else if (group.len > 0)
		err_hint(e, T_VERB_GROUP_HINT, w->word[0], buf_str(&group));
	else
		err_hint(e, T_VERB_LIST_HINT);
}

const struct verb *
cli_verb_find(const struct registry *r, const struct cli_words *w,
    size_t *used, struct err *e)
{
	const struct verb	*v;
	size_t			 plain = plain_words(w);

	*used = 0;
	if (plain == 0) {
		if (w->count > 0)
			err_set(e, ERR_USAGE, 0, T_OPTION_BEFORE, w->word[0]);
		else
			err_set(e, ERR_USAGE, 0, T_VERB_NONE);
		err_hint(e, T_VERB_LIST_HINT);
		return NULL;
	}
	v = registry_match(r, w->word, plain, used);
	if (v != NULL)
		return v;
	if (is_reserved(w->word[0])) {
		err_set(e, ERR_USAGE, 0, T_WORD_RESERVED, w->word[0]);
		err_hint(e, T_VERB_LIST_HINT);
		return NULL;
	}
	verb_unknown(r, w, plain, e);
	return NULL;
}
