#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double
bench_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void
bench_stop(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static int
compare(const void *a, const void *b)
{
	const double	*x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct bench_spread
bench_spread(const double *values, size_t n)
{
	double			 sorted[BENCH_RUNS_MAX];
	struct bench_spread	 s = { 0, 0, 0 };

	if (n == 0 || n > BENCH_RUNS_MAX)
		return s;
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	s.min = sorted[0];
	s.max = sorted[n - 1];
	s.median = n % 2 == 1 ? sorted[n / 2] :
	    (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
	return s;
}

static void
add(struct bench *b, double wall_ms, const struct rusage *used)
{
	if (b->n == BENCH_RUNS_MAX)
		bench_stop(b->command, "too many runs");
	b->wall_ms[b->n] = wall_ms;
	b->cpu_ms[b->n] = (double)(used->ru_utime.tv_sec +
	    used->ru_stime.tv_sec) * 1e3 + (double)(used->ru_utime.tv_usec +
	    used->ru_stime.tv_usec) / 1e3;
	b->peak_kb[b->n] = (double)used->ru_maxrss;
	b->n++;
}

void
bench_add(struct bench *b, double wall_ms)
{
	static const struct rusage	 unknown;

	add(b, wall_ms, &unknown);
}

/* wait4 is the one that tells a single child's use from all the others'. */
static void
child_end(struct bench *b, pid_t pid, struct rusage *used)
{
	int	 status;

	if (pid < 0)
		bench_stop(b->command, strerror(errno));
	while (wait4(pid, &status, 0, used) < 0)
		if (errno != EINTR)
			bench_stop(b->command, strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_stop(b->command, "did not end well");
}

/* vfork: a copy of this program's page tables is not what is measured. */
void
bench_program(struct bench *b, const char *const argv[])
{
	double	 start_ms = bench_now_ms();
	int	 null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t	 pid = vfork();
	struct rusage used;

	if (pid == 0) {
		dup2(null, STDOUT_FILENO);
		execv(argv[0], (char *const *)(size_t)argv);
		_exit(127);
	}
	close(null);
	child_end(b, pid, &used);
	add(b, bench_now_ms() - start_ms, &used);
}

void
bench_child(struct bench *b, double (*f)(const void *arg), const void *arg)
{
	struct rusage	 used;
	double		 took_ms = -1;
	int		 fds[2];
	pid_t		 pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		bench_stop(b->command, strerror(errno));
	pid = fork();
	if (pid == 0) {
		took_ms = f(arg);
		_exit(took_ms >= 0 && write(fds[1], &took_ms,
		    sizeof(took_ms)) == (ssize_t)sizeof(took_ms) ? 0 : 1);
	}
	child_end(b, pid, &used);
	if (read(fds[0], &took_ms, sizeof(took_ms)) !=
	    (ssize_t)sizeof(took_ms))
		bench_stop(b->command, "told no time");
	close(fds[0]);
	close(fds[1]);
	add(b, took_ms, &used);
}

/* "model name" of the first processor, "" when it is not told. */
static void
processor(char *out, size_t size)
{
	char	 line[256], *colon;
	FILE	*f = fopen("/proc/cpuinfo", "re");

	out[0] = '\0';
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || colon == NULL)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(out, size, "%s", colon + 2);
		break;
	}
	if (f != NULL)
		fclose(f);
}

void
bench_heading(void)
{
	struct utsname	 u;
	char		 cpu[200], day[32];
	double		 load[3] = { 0, 0, 0 };
	time_t		 now = time(NULL);
	struct tm	 t;

	uname(&u);
	processor(cpu, sizeof(cpu));
	getloadavg(load, 3);
	strftime(day, sizeof(day), "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &t));
	printf("%s; %ld cores, %s; Linux %s; load %.1f %.1f %.1f\n", day,
	    sysconf(_SC_NPROCESSORS_ONLN), cpu, u.release, load[0], load[1],
	    load[2]);
}

void
bench_row(const char *what, const char *goal, bool is_met)
{
	printf("\n### %s\nGoal: %s: **%s**\n\n"
	    "| command | unit | median | min | max | n |\n"
	    "|---|---|--:|--:|--:|--:|\n", what, goal,
	    is_met ? "met" : "missed");
}

void
bench_line(const char *command, const char *unit, const double *values,
    size_t n)
{
	struct bench_spread	 s = bench_spread(values, n);

	printf("| `%s` | %s | %.2f | %.2f | %.2f | %zu |\n", command, unit,
	    s.median, s.min, s.max, n);
	fflush(stdout);
}

void
bench_lines(const struct bench *b)
{
	bench_line(b->command, "ms", b->wall_ms, b->n);
	if (b->n == 0 || b->peak_kb[0] <= 0)
		return;
	bench_line(b->command, "cpu ms", b->cpu_ms, b->n);
	bench_line(b->command, "peak KiB", b->peak_kb, b->n);
}

const char *
bench_built(const char *name)
{
	static char	 path[2][PATH_MAX];
	static size_t	 turn;
	char		*out = path[turn++ % 2], *slash;
	ssize_t		 n = readlink("/proc/self/exe", out, PATH_MAX - 64);
	int		 up;

	if (n < 0)
		bench_stop(name, strerror(errno));
	out[n] = '\0';
	for (up = 0; up < 3; up++)
		if ((slash = strrchr(out, '/')) != NULL)
			*slash = '\0';
	n = (ssize_t)strlen(out);
	snprintf(out + n, PATH_MAX - (size_t)n, "/%s", name);
	if (access(out, X_OK) != 0)
		bench_stop(out, strerror(errno));
	return out;
}
