/*
 * Env files by Docker Compose's rules: compose-go v2, dotenv/parser.go,
 * dotenv/godotenv.go and template/template.go
 * (https://github.com/compose-spec/compose-go/tree/main/dotenv).
 *
 *  - A statement is NAME=value or NAME: value, "export " may stand before it.
 *    The last assignment of a name wins.  White space around = does not
 *    count.  A byte order mark at the beginning is skipped.
 *  - A # where a statement may begin makes the rest of the line a comment: a
 *    commented example (#NAME=1) is never a value.
 *  - NAME alone takes its value from the environment: here it is no value.
 *    NAME= is the empty value.
 *  - Without quotes the value goes to the end of the line or to " #" (after
 *    at least one character: "NAME= #x" is the value "#x"), without white
 *    space at its end; so CRLF does no harm.
 *  - 'single quotes' are literal, but that \' is a quote.  "Double quotes"
 *    know \a \b \f \n \r \t \v \\ \" \$ and \0ddd; another \ stays.  Both may
 *    go over several lines; after the closing quote the next statement may
 *    begin on the same line.
 *  - $NAME and ${...} are references but in single quotes; $$ (and \$ in
 *    double quotes) is a $.  This editor keeps references as text, and it
 *    never writes one: a $ in a new value is written so that it stays a $.
 *  - A file that compose refuses (a line that is none of this, a quote that
 *    does not end) is refused here, with line and column.
 *
 * An absent name is added after its last commented example or its last bare
 * NAME, which stay, else at the end.  A name that is assigned several times
 * is changed where the last one stands; unset and comment-out take all of
 * them, since else an older value would come back to life.
 */
#include <string.h>

#include "env.h"
#include "lines.h"
#include "stconsole/doc.h"
#include "stconsole/msg.h"

#include "text.def"

static bool
node_add(struct doc *doc, const struct env_item *item, struct buf *value,
    struct buf *scratch, struct err *e)
{
	struct doc_node *node;

	env_value_read(doc->text + item->start, item->end - item->start,
	    value, scratch);
	if (!buf_ok(value, e))
		return false;
	if (memchr(buf_str(value), '\0', value->len) != NULL)
		return err_set(e, ERR_ENV, 0, T_ENV_NUL, item->line);
	node = doc_node_copy(doc, doc->text + item->key,
	    item->key_end - item->key, buf_str(value), value->len, e);
	if (node == NULL)
		return false;
	node->start = item->start;
	node->end = item->end;
	node->whole_start = item->whole_start;
	node->whole_end = item->whole_end;
	node->line = item->line;
	return true;
}

static bool
env_parse(struct doc *doc, struct err *e)
{
	struct env_reader	 r;
	struct env_item		 item;
	AUTO_BUF struct buf	 value = BUF_INIT;
	AUTO_BUF struct buf	 scratch = BUF_INIT;

	env_reader_init(&r, doc->text, doc->len);
	do {
		if (!env_next(&r, &item, e))
			return false;
		if (item.kind == ENV_ASSIGN &&
		    !node_add(doc, &item, &value, &scratch, e))
			return false;
	} while (item.kind != ENV_END);
	return true;
}

/* "# NAME=" and "#export NAME =", at the beginning of its line. */
static bool
is_example(const char *text, const struct env_item *item, const char *key)
{
	const char	*s = text + item->start;
	const char	*end = text + item->end;
	size_t		 len = strlen(key);

	while (s < end && (*s == '#' || *s == ' ' || *s == '\t'))
		s++;
	if (end - s > 7 && memcmp(s, "export ", 7) == 0)
		s += 7;
	if ((size_t)(end - s) <= len || memcmp(s, key, len) != 0)
		return false;
	for (s += len; s < end && (*s == ' ' || *s == '\t'); s++)
		;
	return item->first && s < end && *s == '=';
}

static size_t
place_of(const struct doc *doc, const char *key)
{
	struct env_reader	 r;
	struct env_item		 item;
	size_t			 len = strlen(key);
	size_t			 at = doc->len;

	env_reader_init(&r, doc->text, doc->len);
	while (env_next(&r, &item, NULL) && item.kind != ENV_END) {
		if (item.kind == ENV_COMMENT &&
		    is_example(doc->text, &item, key))
			at = item.whole_end;
		if (item.kind == ENV_PASS && item.key_end - item.key == len &&
		    memcmp(doc->text + item.key, key, len) == 0)
			at = item.whole_end;
	}
	return at;
}

static bool
is_name(const char *key)
{
	if (*key == '\0' || (*key >= '0' && *key <= '9'))
		return false;
	return key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_.-")] == '\0';
}

static bool
splice_add(const struct doc *doc, const char *key, const char *value,
    struct doc_splice *out, struct err *e)
{
	AUTO_BUF struct buf entry = BUF_INIT;

	if (!is_name(key)) {
		err_set(e, ERR_REFUSED, 0, T_ENV_KEY, key);
		return err_hint(e, T_ENV_KEY_HINT);
	}
	buf_puts(&entry, key);
	buf_putc(&entry, '=');
	env_value_write(value, 0, &entry);
	lines_insert(doc, place_of(doc, key), buf_str(&entry), out);
	return buf_ok(&entry, e);
}

static bool
env_splice(const struct doc *doc, enum doc_change change, const char *path,
    const char *value, struct doc_splice *out, struct err *e)
{
	const struct doc_node	*node = doc_find(doc, path);
	const char		*raw;
	char			 quote = 0;

	if (change != DOC_SET)
		return lines_drop(doc, change, path, value, '#', out, e);
	if (node == NULL)
		return splice_add(doc, path, value, out, e);
	raw = doc->text + node->start;
	if (node->end > node->start && (*raw == '"' || *raw == '\''))
		quote = *raw;
	out->start = node->start;
	out->end = node->end;
	/* With nothing before it, " # ..." would become the value. */
	if (*value == '\0' && quote == 0 && node->end < node->whole_end &&
	    memchr(raw, '#', node->whole_end - node->start) != NULL)
		quote = '\'';
	env_value_write(value, quote, &out->data);
	return true;
}

const struct doc_format doc_env = {
	.name = "env",
	.parse = env_parse,
	.splice = env_splice,
};
