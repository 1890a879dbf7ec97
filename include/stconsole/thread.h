/*
 * Threads that nobody joins: for work that cannot be called back (a name
 * server's silence) and therefore may outlive who started it.
 */
#ifndef STCONSOLE_THREAD_H
#define STCONSOLE_THREAD_H

#include "stconsole/err.h"

/*
 * Runs work(arg) on a thread of its own, which hears no wish to stop: signals
 * stay with the threads there were.  What arg points to must live until work
 * ends.  False with ERR_SYS when there is no thread to have.
 */
bool	 thread_start(void (*work)(void *arg), void *arg, struct err *e);

#endif
