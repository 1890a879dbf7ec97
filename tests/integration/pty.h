/*
 * The real program on a real terminal: a pty of some size, everything sent
 * to it kept and counted, shown by libvterm and read by the sequence police
 * (tests/screen/vt.h).  Nothing here sleeps: a wait ends when the screen, the
 * bytes or the process are as asked, or fails the test when its time is over,
 * showing the screen.
 *
 * Nobody reads the terminal but the waits and pty_take: a test that calls
 * none of them is a terminal that stands still.
 */
#ifndef TESTS_PTY_H
#define TESTS_PTY_H

#include <sys/types.h>
#include <termios.h>

#include "stconsole/buf.h"

struct pty;
struct vt;

#define PTY_WAIT_MS	30000

struct pty_options {
	/* Behind "stconsole", NULL-terminated; or a whole program's. */
	const char *const	*words;
	const char		*program;	/* NULL: stconsole */
	const char		*term;		/* NULL: xterm-256color */
	int			 rows, cols;	/* of the emulator; 0: 24x80 */
	bool			 tells_no_size;	/* the kernel says 0x0 */
	bool			 ignores_hangup;	/* as below nohup(1) */
	/*
	 * As below a shell with job control: there is a parent in the session,
	 * which stops with the program and goes on with it.
	 */
	bool			 has_shell;
	bool			 ignores_stop;	/* trap '' TSTP */
	const char *const	*env;		/* "NAME=value", or NULL */
};

/* Fails the test when it cannot be had. */
struct pty *pty_start(const struct pty_options *o);
/* Kills what still runs, then frees.  NULL is allowed. */
void	 pty_end(struct pty *p);

/* --- what is seen ------------------------------------------------------- */

/* Reads until a line of the screen has the words; false: not in time. */
bool	 pty_wait(struct pty *p, const char *words, int timeout_ms);
/* The same within PTY_WAIT_MS, or the test fails. */
void	 pty_see(struct pty *p, const char *words);
/* Until no line has the words. */
void	 pty_see_gone(struct pty *p, const char *words);
/* Waits for bytes, or the end, and reads them; false: neither in time. */
bool	 pty_came(struct pty *p, int timeout_ms);
/* Reads what is there, at most so many bytes; their number. */
size_t	 pty_take(struct pty *p, size_t max);
/* Reads until nothing came for so long; the number of bytes. */
size_t	 pty_quiet(struct pty *p, int quiet_ms);
/* The screen as text; borrowed until the next call. */
const char *pty_picture(struct pty *p);
/* The row that has the cursor. */
const char *pty_cursor_row(struct pty *p);
/* All bytes ever sent.  Borrowed. */
const struct buf *pty_sent(const struct pty *p);
const struct vt *pty_vt(const struct pty *p);

/* --- keys --------------------------------------------------------------- */

/*
 * By name, blanks between, as press_parse reads them: "Down F8 Ctrl-L a";
 * "'some text'" is typed; "Esc8" is ESC and the digit.
 */
void	 pty_press(struct pty *p, const char *keys);
/*
 * What somebody does who has read nothing: waits for the words as the bar
 * prints them ("A Add", "Esc8 Preview"), then presses the key they begin
 * with.
 */
void	 pty_press_seen(struct pty *p, const char *words);
/* In as many pieces as the terminal takes, reading meanwhile. */
void	 pty_bytes(struct pty *p, const void *bytes, size_t len);
/* How many bytes were typed that the program has not read yet. */
int	 pty_unread(const struct pty *p);
void	 pty_resize(struct pty *p, int rows, int cols);
/* The line goes away. */
void	 pty_hang_up(struct pty *p);
/* Who may write there: the mode of its device. */
mode_t	 pty_file_mode(const struct pty *p);
/* Another process of this terminal writes there, as wall(1) does. */
void	 pty_scribble(struct pty *p, const char *bytes);

/* --- the process -------------------------------------------------------- */

pid_t	 pty_pid(const struct pty *p);
/*
 * Reads on until it has ended; its status as a shell tells it.  Fails the
 * test after timeout_ms.  pty_cpu_ms tells its user and system time then.
 */
int	 pty_ended(struct pty *p, int timeout_ms);
/* The same, but nobody reads. */
int	 pty_ended_unread(struct pty *p, int timeout_ms);
/* Until it is stopped (SIGTSTP). */
void	 pty_stopped(struct pty *p);
double	 pty_cpu_ms(const struct pty *p);
/* How often its main thread has waited: voluntary_ctxt_switches. */
long	 pty_wakeups(const struct pty *p);
/* A line of /proc/PID/status in its unit: "VmRSS", "Threads". */
long	 pty_status(const struct pty *p, const char *name);
/* The modes of the terminal: before the start, and now. */
const struct termios *pty_modes_before(const struct pty *p);
void	 pty_modes(const struct pty *p, struct termios *out);

#endif
