/*
 * Inside the terminal only: what is needed to put it back, kept where a
 * signal handler can reach it.
 */
#ifndef UI_TTY_SIGNAL_H
#define UI_TTY_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Remembers modes and write permission of the terminal before they change.
 * out is where bytes go; it must not block, unless must_switch: then its
 * O_NONBLOCK is set for the write.  owns_process: the fatal signals restore.
 */
void	 tty_signal_hold(int in, int out, bool must_switch,
	     bool owns_process);
/* The bytes that tty_restore writes. */
void	 tty_signal_bytes(const char *bytes, size_t len);
/* tty_restore has nothing to do any more; the signals are as before. */
void	 tty_signal_release(void);
/* write(2) that returns what it could write without waiting; -1 with errno. */
long	 tty_signal_write(int fd, bool must_switch, const void *bytes,
	     size_t len);

#endif
