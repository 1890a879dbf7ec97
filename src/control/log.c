/*
 * What serve says for whoever keeps its standard error: systemd's journal.
 */
#include "server.h"

#include <stdarg.h>
#include <unistd.h>

#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

void
serve_log(const char *fmt, ...)
{
	AUTO_BUF struct buf	 words = BUF_INIT, line = BUF_INIT;
	ssize_t			 ignored;
	va_list			 ap;

	va_start(ap, fmt);
	buf_vprintf(&words, fmt, ap);
	va_end(ap);
	if (!buf_ok(&words, NULL) || words.len == 0)
		return;
	str_strip_control(words.data);
	buf_printf(&line, T_SERVE_LINE, words.data);
	buf_putc(&line, '\n');
	ignored = write(STDERR_FILENO, buf_str(&line), line.len);
	(void)ignored;
}
