/*
 * Signals become a wish to stop; whoever works asks for it between pieces of
 * work.  SIGPIPE is ignored so that a reader that goes away is an error of
 * write(), not our end.
 */
#include "parts.h"

#include <signal.h>
#include <stddef.h>

/* The one mutable global: a handler has no argument. */
static struct cancel *volatile signal_cancel;

static void
on_signal(int sig)
{
	if (signal_cancel != NULL)
		cancel_request(signal_cancel, sig == SIGINT ?
		    CANCEL_ASKED : CANCEL_INTERRUPT);
}

/* What the caller ignores (nohup, a background job) stays ignored. */
static void
handle(int sig)
{
	/* No SA_RESTART: a prompt must wake up. */
	struct sigaction act = { .sa_handler = on_signal }, old;

	sigemptyset(&act.sa_mask);
	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(sig, &act, NULL);
}

void
cli_signals_set(struct cancel *c)
{
	signal_cancel = c;
	signal(SIGPIPE, SIG_IGN);
	if (c == NULL)
		return;
	handle(SIGINT);
	handle(SIGTERM);
	handle(SIGHUP);
}
