/*
 * A terminal in this process: libvterm at the other end of two pipes, with
 * the police reading along.  Nothing waits: vt_pump takes what was sent.
 */
#ifndef SCREEN_VT_H
#define SCREEN_VT_H

#include <stdbool.h>
#include <stddef.h>

#include "stconsole/buf.h"

struct vt;

/* Fails the test when it cannot be had. */
struct vt *vt_new(const char *term, int rows, int cols);
void	 vt_free(struct vt *vt);
/* What the program reads keys from, and writes to. */
int	 vt_in(const struct vt *vt);
int	 vt_out(const struct vt *vt);

/* Types bytes. */
void	 vt_type(struct vt *vt, const char *bytes);
void	 vt_type_bytes(struct vt *vt, const void *bytes, size_t len);
/* Hangs up: the program reads the end of its input. */
void	 vt_hang_up(struct vt *vt);
/*
 * Takes what was sent, shows it, answers questions; returns the number of
 * bytes.  Fails the test when the police complains.
 */
size_t	 vt_pump(struct vt *vt);
/* Shows bytes that came another way (a pty), as vt_pump does. */
void	 vt_feed(struct vt *vt, const char *bytes, size_t len);
/* What another program than ours sends is its own affair. */
void	 vt_without_police(struct vt *vt);
/* The bytes of the last vt_pump.  Borrowed. */
const struct buf *vt_sent(const struct vt *vt);
/* Does not read until told to: the pipe holds one page. */
void	 vt_narrow(struct vt *vt);
void	 vt_resize(struct vt *vt, int rows, int cols);

/* A row without blanks at its end; all rows with newlines. */
void	 vt_row(const struct vt *vt, int row, struct buf *out);
void	 vt_picture(const struct vt *vt, struct buf *out);
void	 vt_cursor(const struct vt *vt, int *row, int *col);
bool	 vt_cursor_is_visible(const struct vt *vt);
bool	 vt_is_alternate(const struct vt *vt);
/* "b" bold, "u" underline, "r" reverse, in this order; colours -1, 0..255. */
void	 vt_attrs(const struct vt *vt, int row, int col, char out[4]);
void	 vt_colors(const struct vt *vt, int row, int col, int *fg, int *bg);

#endif
