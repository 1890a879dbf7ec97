/*
 * What the files of this folder share: what a check finds, the table of
 * checks, and how they are run beside each other.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "stconsole/ctx.h"
#include "stconsole/doctor.h"
#include "stconsole/mongo_version.h"
#include "stconsole/site.h"

#define DAY_S		INT64_C(86400)

enum mark { MARK_OK, MARK_WARN, MARK_FAIL, MARK_UNKNOWN };

/* What mends it when the table's verb does not. */
enum fix {
	FIX_TABLE, FIX_ADMIN_ADD, FIX_ADMIN_REPAIR, FIX_CONFIG_SET,
	FIX_DIRECTORY_TEST, FIX_SETTINGS_SET, FIX_SETUP, FIX_COUNT
};

/* Fixed size, so that a thread that is left behind owns nothing of ours. */
struct finding {
	enum mark	 mark;
	/*
	 * The question does not arise here (containers of a Windows site):
	 * this unknown says nothing about health.
	 */
	bool		 is_idle;
	char		 text[400];
	char		 reason[700];	/* "" when all is well */
	enum fix	 fix;
};

/* What a check is given; used by its thread alone. */
struct probe {
	struct ctx	*ctx;
	struct site	*site;		/* NULL: no deployment was found */
	const char	*no_site;	/* and why, else "" */
	int		 limit_ms;	/* of this check */
};

struct check {
	const char	*id;
	const char	*subject;	/* the text of one that cannot know */
	bool		 needs_site;
	const char	*verb;		/* what shows more or mends it */
	const char	*screen;
	/* f starts as unknown with the subject as text. */
	void		(*run)(const struct probe *p, struct finding *f);
};

/* One check, carried out. */
struct line {
	struct finding	 finding;
	int64_t		 age_ms;
	bool		 is_asked;	/* no answer yet, in doctor_told */
};

/* Told whenever one more has answered; lines as in doctor_examine. */
typedef void (*doctor_told)(void *arg, const struct line *lines);

extern const struct check doctor_checks[];
extern const size_t doctor_check_count;

/* The lines before anybody was asked. */
void	 doctor_lines_begin(const struct check *checks, size_t count,
	     struct line *out);
/*
 * Runs the checks beside each other, each in a thread, and waits until all
 * have answered or limit_ms are over: one that has not is unknown, and its
 * thread is left behind with everything it uses.  checks must be static.
 * ctx->site may be NULL, no_site says why.  out has count entries.
 * told may be NULL.
 * ERR_CANCELLED when ctx->cancel was requested.
 */
bool	 doctor_examine(struct ctx *ctx, const char *no_site,
	     const struct check *checks, size_t count, int limit_ms,
	     doctor_told told, void *arg, struct line *out, struct err *e);

/* 2 when any fails, else 1 when any warns, else 3 when any cannot know. */
int	 doctor_exit_code(const struct line *lines, size_t count);
const char *mark_name(enum mark mark);
/* The name of a verb; NULL for FIX_TABLE. */
const char *fix_verb(enum fix fix);

/* ---- finding.c: what a check says; bytes from outside are made harmless */

void	 finding_set(struct finding *f, enum mark mark, const char *fmt, ...)
	     __attribute__((format(printf, 3, 4)));
/* A reason, after "; " when there is one already. */
void	 finding_why(struct finding *f, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
/* What to do, as a sentence behind the reason. */
void	 finding_hint(struct finding *f, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
/* The mark, and the error's sentence and hint as the reason. */
void	 finding_err(struct finding *f, enum mark mark, const struct err *e);

/* ---- lifecycle.c */

/* Ended or ending within 180 days, or a table older than 90: a warning. */
void	 lifecycle_judge(const struct mongo_lifecycle *l, const char *version,
	     int64_t now_s, struct finding *f);

struct mongo;

/* The site's MongoDB, any member, on a connection of its own. */
bool	 mongo_reach(const struct probe *p, int timeout_ms,
	     struct mongo **out, struct err *e);

/* ---- check_host.c */

/* Fills f by how much of the file system of path is used, in percent. */
/* jobs: those of job.list. */
void	 jobs_judge(const json_t *jobs, struct finding *f);
void	 disk_judge(const char *path, unsigned percent, struct finding *f);

struct clock_sample {
	const char	*from;		/* "MongoDB" */
	int64_t		 offset_ms;	/* theirs minus ours */
	int64_t		 slack_ms;	/* may be wrong by this much */
};

void	 clock_judge(const struct clock_sample *samples, size_t count,
	     struct finding *f);
/* "Tue, 24 Nov 2026 22:17:02 GMT" (RFC 9110, 5.6.7), -1 when it is not. */
int64_t	 http_date_ms(const char *date);
/* "2026-11-24T22:17:02.123Z", -1 when it is not. */
int64_t	 iso_date_ms(const char *date);

/* ---- check_public.c */

struct public_url {
	char	 host[256];
	int	 port;
	bool	 is_https;
};

/* False without words when it is no http or https URL. */
bool	 public_url_parse(const char *url, struct public_url *out);
void	 certificate_judge(const char *host, int64_t not_after_s,
	     int64_t now_s, struct finding *f);

/* What the server of the public URL says the time is; malloc'd. */
bool	 public_date(const struct probe *p, int timeout_ms, char **date,
	     struct err *e);

/* ---- the checks */

void	 check_deployment(const struct probe *p, struct finding *f);
void	 check_version(const struct probe *p, struct finding *f);
void	 check_containers(const struct probe *p, struct finding *f);
void	 check_mongodb(const struct probe *p, struct finding *f);
void	 check_replica_set(const struct probe *p, struct finding *f);
void	 check_administrators(const struct probe *p, struct finding *f);
void	 check_directory(const struct probe *p, struct finding *f);
void	 check_certificate(const struct probe *p, struct finding *f);
void	 check_proxyinfo(const struct probe *p, struct finding *f);
void	 check_disk(const struct probe *p, struct finding *f);
void	 check_jobs(const struct probe *p, struct finding *f);
void	 check_clock(const struct probe *p, struct finding *f);

#endif
