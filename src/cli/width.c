/*
 * How many columns text takes, and cutting it to fit.  What comes from
 * outside cannot steer the terminal: control characters and broken UTF-8
 * become "?" (utf8.h).
 */
#include "parts.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "stconsole/str.h"
#include "stconsole/utf8.h"

#define ELLIPSIS	"\xe2\x80\xa6"

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
	return utf8_columns(s);
}

size_t
width_fit(const char *s, size_t columns)
{
	size_t len = utf8_fit(s, columns, NULL);

	/* One at least, or nobody would get further. */
	return len > 0 ? len : utf8_cluster(s);
}

size_t
width_add(struct buf *out, const char *s, size_t columns)
{
	bool	 is_cut = utf8_columns(s) > columns;
	char	 shown[UTF8_CLUSTER_SHOWN];
	size_t	 used, n;
	size_t	 left = utf8_fit(s, is_cut && columns > 0 ? columns - 1 :
		    columns, &used);

	for (; left > 0; s += n, left -= n) {
		n = utf8_cluster(s);
		buf_add(out, shown, utf8_cluster_show(s, n, shown));
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
