/*
 * How many columns text takes, by wcwidth(3), and cutting it to fit.  What
 * comes from outside cannot steer the terminal: control characters and
 * broken UTF-8 become "?".
 */
#include "parts.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "stconsole/str.h"

#define ELLIPSIS	"\xe2\x80\xa6"

/* One character at s of n bytes; 0 columns for combining marks. */
static size_t
char_width(const char *s, size_t n)
{
	mbstate_t	 state = { 0 };
	wchar_t		 wc;
	int		 columns;

	if (n <= 1)
		return 1;
	if (mbrtowc(&wc, s, n, &state) != n)
		return 1;
	columns = wcwidth(wc);
	return columns < 0 ? 1 : (size_t)columns;
}

/* Length of the character at s; *is_clean when it may be shown as it is. */
static size_t
char_next(const char *s, bool *is_clean)
{
	unsigned char	 c = (unsigned char)s[0];
	size_t		 n;

	if (c >= 0x20 && c < 0x7f) {
		*is_clean = true;
		return 1;
	}
	/* No character is longer: a long cell is not measured for each. */
	n = str_utf8_len(s, strnlen(s, 4));
	*is_clean = n > 0 && c >= 0x20 && c != 0x7f &&
	    !(n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0);
	return n > 0 ? n : 1;
}

void
width_clean_line(char *line)
{
	size_t len = strlen(line);

	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
	str_strip_control(line);
}

size_t
width_of(const char *s)
{
	size_t	 columns = 0, n;
	bool	 is_clean;

	for (; *s != '\0'; s += n) {
		n = char_next(s, &is_clean);
		columns += is_clean ? char_width(s, n) : 1;
	}
	return columns;
}

size_t
width_fit(const char *s, size_t columns)
{
	size_t	 used = 0, len = 0, n, w;
	bool	 is_clean;

	for (; s[len] != '\0'; len += n) {
		n = char_next(s + len, &is_clean);
		w = is_clean ? char_width(s + len, n) : 1;
		/* One at least, or nobody would get further. */
		if (used + w > columns && len > 0)
			break;
		used += w;
	}
	return len;
}

size_t
width_add(struct buf *out, const char *s, size_t columns)
{
	bool	 is_cut = width_of(s) > columns, is_clean;
	size_t	 limit = is_cut ? columns - (columns > 0) : columns;
	size_t	 used = 0, n, w;

	for (; *s != '\0'; s += n) {
		n = char_next(s, &is_clean);
		w = is_clean ? char_width(s, n) : 1;
		if (used + w > limit)
			break;
		if (is_clean)
			buf_add(out, s, n);
		else
			buf_putc(out, s[0] == '\n' || s[0] == '\t' ?
			    ' ' : '?');
		used += w;
	}
	if (is_cut && columns > 0) {
		buf_puts(out, ELLIPSIS);
		used++;
	}
	return used;
}

size_t
width_of_terminal(int fd)
{
	struct winsize size;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}
