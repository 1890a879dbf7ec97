/*
 * Measuring for the table of speed and memory.  A row is what was asked for
 * (the goal) and one line for each command that was measured for it: median,
 * lowest and highest, how many runs.  Two commands that are compared run by
 * turns, so that what else the machine does meets both alike.
 *
 * A bench fails only when it could not measure; a goal that is missed is
 * written into the table.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#define BENCH_RUNS_MAX	64

/* What one command took in each of its runs. */
struct bench {
	const char	*command;		/* as the table shows it */
	size_t		 n;
	double		 wall_ms[BENCH_RUNS_MAX];
	double		 cpu_ms[BENCH_RUNS_MAX];	/* user and system */
	double		 peak_kb[BENCH_RUNS_MAX];
};

struct bench_spread {
	double	 median, min, max;
};

double	 bench_now_ms(void);
struct bench_spread bench_spread(const double *values, size_t n);
/* Adds one value that was measured by the caller. */
void	 bench_add(struct bench *b, double wall_ms);

/*
 * Runs a program once with its stdout thrown away and adds what it took; it
 * must end with 0, else this program ends with a message.  Its peak of memory
 * is never told below the peak of this program (the kernel counts from before
 * exec).
 */
void	 bench_program(struct bench *b, const char *const argv[]);
/*
 * Runs f(arg) in a child, for a peak of memory of its own.  f gives the
 * milliseconds of what is measured, below 0 when it failed; CPU time and
 * peak are those of the whole child.
 */
void	 bench_child(struct bench *b, double (*f)(const void *arg),
	     const void *arg);

/* Machine, time and the columns of the table. */
void	 bench_heading(void);
/* "### what", the goal and whether it is met; the lines follow. */
void	 bench_row(const char *what, const char *goal, bool is_met);
/* One line; unit "ms", "cpu ms", "KiB" or what the values are. */
void	 bench_line(const char *command, const char *unit,
	     const double *values, size_t n);
/* Wall and CPU time of a bench, and its peak of memory. */
void	 bench_lines(const struct bench *b);

/* Says why nothing can be measured and ends the program. */
void	 bench_stop(const char *what, const char *why)
	     __attribute__((noreturn));
/* The path of a program of this build: "stconsole". */
const char *bench_built(const char *name);

#endif
