/*
 * Pages of the manual that are made of the loaders' own tables.  Private to
 * this folder; ui.h hands them to help --man.
 */
#ifndef UI_MANUAL_H
#define UI_MANUAL_H

#include "stconsole/verb.h"

/* Text as mdoc takes it: escaped, each sentence on a line of its own. */
void	 manual_words(struct buf *out, const char *s);
/* ".It Ic name", then the words. */
void	 manual_key(struct buf *out, const char *name, const char *words);
/* stconsole-console(7), stconsole-screen(5), stconsole-theme(5). */
void	 console_manual(const struct registry *r, struct buf *out);
void	 screen_manual(const struct registry *r, struct buf *out);
void	 theme_manual(const struct registry *r, struct buf *out);

#endif
