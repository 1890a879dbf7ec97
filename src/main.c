/*
 * Puts the parts together: the services (all.c), and what the front end
 * needs of the site.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/all.h"
#include "stconsole/cli.h"
#include "stconsole/mongo.h"
#include "stconsole/msg.h"
#include "stconsole/secret.h"
#include "stconsole/site.h"
#include "stconsole/support.h"
#include "stconsole/ui.h"

static const char *
banner(const struct ctx *ctx)
{
	return ctx->site == NULL ? NULL : site_demo_note(ctx->site);
}

static bool
site_look_up(struct ctx *ctx, struct err *e)
{
	struct site *site;

	return site_need(ctx, &site, e);
}

static json_t *
site_told(const struct ctx *ctx)
{
	return ctx->site == NULL ? NULL : site_json(ctx->site);
}

static struct site *
site_keep(const struct ctx *ctx)
{
	return ctx->site != NULL && site_is_demo(ctx->site) ?
	    site_ref(ctx->site) : NULL;
}

static void
services_end(struct ctx *ctx)
{
	mongo_forget(ctx);
	support_forget(ctx);
}

static const char *const kept[] = { "banner.keep", NULL };

static const struct world_hooks hooks = {
	.prologue = site_prologue,
	.services_end = services_end,
	.site_free = site_free,
	.banner = banner,
	.site_keep = site_keep,
	.site_told = site_told,
	.kept = kept,
	.pages = ui_pages,
	.page_count = UI_PAGES,
	.site_find = site_look_up
};

static bool
console(const struct world *w, const char *screen, const char *theme,
    const char *profile, bool linear, struct err *e)
{
	const struct ui_options o = {
		.screen = screen, .theme = theme, .profile = profile,
		.linear = linear
	};

	return ui_run(w, &o, e);
}

static const struct cli_faces faces = { .console = console };

/* Each thread is a folder there, beside "." and "..". */
static bool
threads_are_left(void)
{
	struct stat st;

	return stat("/proc/self/task", &st) == 0 && st.st_nlink > 3;
}

/*
 * Closed by whoever started us, 0, 1 or 2 would be given to the next file we
 * open, and an answer be written into a journal.
 */
static bool
standard_files_open(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int
main(int argc, char **argv)
{
	int status;

	if (!standard_files_open())
		return EXIT_FAILURE;
	secret_protect_process();
	status = cli_main(argc, argv, &all_registry, &hooks, &faces);
	/*
	 * A question that nobody answered in time may still sit in a library,
	 * whose exit handlers would pull the ground from under it.
	 */
	if (threads_are_left()) {
		(void)fflush(NULL);
		_exit(status);
	}
	return status;
}
