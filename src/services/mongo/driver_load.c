#define MONGO_CALLS_ONLY
#include "driver_calls.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/msg.h"

#include "text.def"

#if MONGOC_CHECK_VERSION(2, 0, 0)
#define LIBRARY	"libmongoc2.so.2"
#else
#define LIBRARY	"libmongoc-1.0.so.0"
#endif

static const struct {
	const char	*name;
	size_t		 at;
} calls[] = {
#define MONGO_CALL(name)	{ #name, offsetof(struct mongo_calls, name) },
	MONGO_CALLS(MONGO_CALL)
#undef MONGO_CALL
};

const struct mongo_calls	*mongo_calls;

static struct mongo_calls	 loaded;
static char			 why[200];	/* it was not; "" it was */
static pthread_once_t		 once = PTHREAD_ONCE_INIT;

/* The driver's own log would go to stderr, through the screen. */
static void
driver_log(mongoc_log_level_t level, const char *domain, const char *message,
    void *arg)
{
	(void)level;
	(void)domain;
	(void)message;
	(void)arg;
}

/*
 * The driver shows its counters in /dev/shm/mongoc-PID as soon as it is
 * loaded, for a tool that nobody needs here, and a process that is killed or
 * ends by _exit() leaves the file behind.  The driver keeps its memory.
 */
static void
counters_hide(void)
{
	char	 name[32];

	snprintf(name, sizeof(name), "/mongoc-%ld", (long)getpid());
	(void)shm_unlink(name);
}

static void
load(void)
{
	void	*library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), *call;
	size_t	 i;

	counters_hide();
	for (i = 0; library != NULL && i < LENGTH(calls); i++) {
		call = dlsym(library, calls[i].name);
		if (call == NULL)
			break;
		memcpy((char *)&loaded + calls[i].at, &call, sizeof(call));
	}
	if (library == NULL || i < LENGTH(calls)) {
		snprintf(why, sizeof(why), "%s", dlerror());
		return;
	}
	mongo_calls = &loaded;
	loaded.mongoc_log_set_handler(driver_log, NULL);
	loaded.mongoc_init();
}

bool
mongo_driver_load(struct err *e)
{
	pthread_once(&once, load);
	if (why[0] == '\0')
		return true;
	err_set(e, ERR_MONGO, 0, T_DRIVER_LOAD, why);
	return err_hint(e, T_DRIVER_LOAD_HINT);
}
