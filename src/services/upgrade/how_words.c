/*
 * Why a server ended, in its own words.  A refused option is plain text on
 * stdout or stderr in every version; later troubles are lines of its log:
 * JSON with severity and message since 4.4, plain with a letter before.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "how_parts.h"

#define TAIL_BYTES	(256 * 1024)
#define WORDS_MAX	300

/* attr.error is a text or {"code","codeName","errmsg"}. */
static const char *
reason_of(const json_t *attr)
{
	static const char *const names[] = { "error", "reason", "message",
		"msg" };
	const char *s = NULL;

	for (size_t i = 0; i < LENGTH(names) && s == NULL; i++) {
		s = json_str(attr, names[i]);
		if (s == NULL)
			s = json_str(json_object_get(attr, names[i]),
			    "errmsg");
	}
	return s;
}

/* Says that it ends, and not why. */
static bool
is_epitaph(const char *msg)
{
	static const char *const words[] = { "Fatal assertion", "\n\n***",
		"***aborting", "Writing fatal message", "Got signal",
		"BACKTRACE", "Frame" };

	for (size_t i = 0; i < LENGTH(words); i++)
		if (str_starts(msg, words[i]))
			return true;
	return false;
}

/* A JSON line of severity F or E; *is_start: the server begins. */
static char *
json_words(const char *line, size_t len, bool *is_start)
{
	AUTO_JSON json_t	*j = json_loadb(line, len, 0, NULL);
	const char		*severity = json_text(j, "s");
	const char		*msg = json_text(j, "msg"), *reason;

	*is_start = strcmp(msg, "MongoDB starting") == 0;
	if ((*severity != 'F' && *severity != 'E') || is_epitaph(msg))
		return NULL;
	reason = reason_of(json_object_get(j, "attr"));
	return reason != NULL ? str_format("%s: %s", msg, reason) :
	    strdup(msg);
}

/* "2026-11-25T04:00:00.000+0000 F CONTROL  [main] words" of 4.2. */
static char *
dated_words(const char *line, size_t len, bool *is_start)
{
	const char	*space = memchr(line, ' ', len), *end = line + len;
	const char	*at;

	*is_start = memmem(line, len, "MongoDB starting", 16) != NULL;
	if (space == NULL || end - space < 4 ||
	    (space[1] != 'F' && space[1] != 'E'))
		return NULL;
	at = memmem(space, (size_t)(end - space), "] ", 2);
	at = at != NULL ? at + 2 : space + 1;
	return is_epitaph(at) ? NULL : strndup(at, (size_t)(end - at));
}

static bool
is_dated(const char *line, size_t len)
{
	return len > 20 && strspn(line, "0123456789") == 4 &&
	    line[4] == '-' && line[10] == 'T';
}

/* What only accompanies the words proper. */
static bool
is_aside(const char *line)
{
	static const char *const asides[] = { "try '", "about to fork",
		"forked process", "child process started", "ERROR: child",
		"To see additional", "note: noprealloc" };

	for (size_t i = 0; i < LENGTH(asides); i++)
		if (str_starts(line, asides[i]))
			return true;
	return false;
}

struct words {
	char	*plain;		/* the first plain line */
	char	*trouble;	/* the last line of severity F or E */
};

static void
words_keep(char **at, char *words)
{
	free(*at);
	*at = words;
}

static void
line_take(struct words *w, const char *line, size_t len)
{
	bool	 is_start = false;
	char	*found = NULL;

	if (len == 0)
		return;
	if (*line == '{') {
		found = json_words(line, len, &is_start);
	} else if (is_dated(line, len)) {
		found = dated_words(line, len, &is_start);
	} else if (w->plain == NULL && *line != ' ' && *line != '\t' &&
	    !is_aside(line)) {
		w->plain = strndup(line, len);
		return;
	}
	/* What an earlier start said is not about this one. */
	if (is_start) {
		words_keep(&w->plain, NULL);
		words_keep(&w->trouble, NULL);
	}
	if (found != NULL)
		words_keep(&w->trouble, found);
}

char *
how_words(const char *text, size_t len)
{
	struct words	 w = { NULL, NULL };
	const char	*end = text + len, *next;
	char		*said;

	for (; text < end; text = next + 1) {
		next = memchr(text, '\n', (size_t)(end - text));
		if (next == NULL)
			next = end;
		line_take(&w, text, (size_t)(next - text) -
		    (next > text && next[-1] == '\r'));
	}
	said = w.trouble != NULL ? TAKE(w.trouble) : TAKE(w.plain);
	free(w.plain);
	free(w.trouble);
	if (said != NULL) {
		str_strip_control(said);
		str_cut(said, WORDS_MAX);
	}
	return said;
}

char *
how_words_file(const char *path, off_t from)
{
	AUTO_CLOSE int	 fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO_FREE char	*room = malloc(TAIL_BYTES + 1);
	struct stat	 st;
	ssize_t		 n;

	if (fd < 0 || room == NULL || fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return NULL;
	if (st.st_size - from > TAIL_BYTES)
		from = st.st_size - TAIL_BYTES;
	n = pread(fd, room, TAIL_BYTES, from);
	if (n <= 0)
		return NULL;
	room[n] = '\0';
	return how_words(room, (size_t)n);
}
