/*
 * inotify on STATE/jobs: a folder that comes is a job that begins, a file in
 * it that is closed after writing one that went on or ended.  Only the newest
 * jobs are watched, since the kernel gives a user a limited number.
 */
#include "stconsole/job_watch.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "core.h"

#define JOBS_WATCHED	32

struct job_watch {
	int		 fd;
	int		 jobs;		/* of STATE/jobs */
	char		*dir;
	int		 of[JOBS_WATCHED];
	unsigned	 count;		/* of all that ever were */
};

/* The oldest one makes room. */
static void
job_add(struct job_watch *w, const char *id)
{
	AUTO_FREE char	*path = NULL;
	int		*slot = &w->of[w->count % JOBS_WATCHED];

	if (!job_id_is_valid(id) ||
	    (path = str_format("%s/%s", w->dir, id)) == NULL)
		return;
	if (w->count >= JOBS_WATCHED && *slot >= 0)
		(void)inotify_rm_watch(w->fd, *slot);
	*slot = inotify_add_watch(w->fd, path, IN_CLOSE_WRITE | IN_ONLYDIR);
	w->count++;
}

static int
is_job(const struct dirent *d)
{
	return job_id_is_valid(d->d_name);
}

/* Those that run already.  Ids sort by time. */
static void
newest_add(struct job_watch *w)
{
	struct dirent	**list = NULL;
	int		  n = scandir(w->dir, &list, is_job, alphasort), i;

	for (i = 0; i < n; i++) {
		if (i >= n - JOBS_WATCHED)
			job_add(w, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

struct job_watch *
job_watch_new(const struct store *s, struct err *e)
{
	struct job_watch *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->dir = store_path(s, "jobs")) == NULL) {
		free(w);
		err_nomem(e);
		return NULL;
	}
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd >= 0 && !store_is_read_only(s) &&
	    !file_make_dirs(w->dir, 0700, e)) {
		job_watch_free(w);
		return NULL;
	}
	w->jobs = w->fd < 0 ? -1 : inotify_add_watch(w->fd, w->dir,
	    IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR);
	if (w->jobs < 0 && !store_is_read_only(s)) {
		err_sys(e, "%s", w->dir);
		job_watch_free(w);
		return NULL;
	}
	newest_add(w);
	return w;
}

void
job_watch_free(struct job_watch *w)
{
	if (w == NULL)
		return;
	if (w->fd >= 0)
		close(w->fd);
	free(w->dir);
	free(w);
}

int
job_watch_fd(const struct job_watch *w)
{
	return w->fd;
}

bool
job_watch_happened(struct job_watch *w)
{
	char		 bytes[4096]
			     __attribute__((aligned(sizeof(int))));
	const struct inotify_event *ev;
	bool		 happened = false;
	ssize_t		 n, at;

	while ((n = read(w->fd, bytes, sizeof(bytes))) > 0)
		for (at = 0; at < n; at += (ssize_t)(sizeof(*ev) + ev->len)) {
			ev = (const struct inotify_event *)(const void *)
			    (bytes + at);
			if ((ev->mask & IN_IGNORED) != 0)
				continue;
			happened = true;
			if (ev->wd == w->jobs && ev->len > 0 &&
			    (ev->mask & (IN_CREATE | IN_MOVED_TO)) != 0)
				job_add(w, ev->name);
		}
	return happened;
}
