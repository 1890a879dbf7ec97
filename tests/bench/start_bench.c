/*
 * How long the smallest thing takes: the program started, its libraries
 * loaded, its version printed.  /bin/true shows what starting costs here.
 */
#include <stddef.h>

#include "bench.h"

#define RUNS	41

int
main(void)
{
	struct bench	 version = { .command = "stconsole --version" };
	struct bench	 nothing = { .command = "/bin/true" };
	const char	*program = bench_built("stconsole");
	int		 i;

	bench_heading();
	for (i = 0; i < RUNS; i++) {
		bench_program(&version, (const char *const []){ program,
		    "--version", NULL });
		bench_program(&nothing, (const char *const []){ "/bin/true",
		    NULL });
	}
	bench_row("Start", "`stconsole --version` in at most 20 ms",
	    bench_spread(version.wall_ms, version.n).median <= 20);
	bench_lines(&version);
	bench_lines(&nothing);
	return 0;
}
