/*
 * Detached threads.  A fault inside one must still kill, so the signals that
 * tell of it are not blocked.
 */
#include "stconsole/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

struct start {
	void	(*work)(void *arg);
	void	*arg;
};

static void *
run(void *arg)
{
	struct start	*begin = arg, s = *begin;

	free(begin);
	s.work(s.arg);
	return NULL;
}

static void
signals_block(sigset_t *before)
{
	static const int	faults[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS
	};
	sigset_t		set;
	size_t			i;

	sigfillset(&set);
	for (i = 0; i < LENGTH(faults); i++)
		sigdelset(&set, faults[i]);
	pthread_sigmask(SIG_BLOCK, &set, before);
}

bool
thread_start(void (*work)(void *arg), void *arg, struct err *e)
{
	struct start	*s = malloc(sizeof(*s));
	pthread_attr_t	 attr;
	pthread_t	 thread;
	sigset_t	 before;
	int		 rc;

	if (s == NULL)
		return err_nomem(e);
	*s = (struct start){ work, arg };
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	signals_block(&before);
	rc = pthread_create(&thread, &attr, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (rc == 0)
		return true;
	free(s);
	errno = rc;
	return err_sys(e, T_THREAD);
}
