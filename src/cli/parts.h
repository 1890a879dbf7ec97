/*
 * Private to src/cli and its unit tests: the parts that cli_main() puts
 * together.
 */
#ifndef CLI_PARTS_H
#define CLI_PARTS_H

#include <stdio.h>

#include "stconsole/answer.h"
#include "stconsole/buf.h"
#include "stconsole/cli.h"
#include "stconsole/job.h"
#include "stconsole/progress.h"

/* --- exit.c ----------------------------------------------------------- */

/* One line of help for a status. */
const char *exit_meaning(enum answer_exit status);

/* --- options.c: what may stand anywhere ------------------------------ */

struct cli_options {
	const char	*site, *state, *theme, *profile;
	bool		 json, dry_run, yes, read_only, linear;
	bool		 version, help, progress_json;
	char		 yes_hash[65];		/* "" for plain --yes */
	int64_t		 confirm_within_s;	/* 0: not asked for */
};

/* The words that are not global options, in order; they are borrowed. */
struct cli_words {
	const char	**word;
	size_t		  count;
	size_t		  literal_from;	/* words after "--"; count when none */
};

/* A row of the options, for parsing, help and man page. */
struct cli_option {
	const char	*name;		/* without "--" */
	const char	*value;		/* what it takes, NULL for nothing */
	bool		 optional;	/* the value, then only by "=" */
	bool		(*take)(struct cli_options *o, const char *value,
			    struct err *e);
	const char	*help;
};
extern const struct cli_option cli_option_table[];
extern const size_t cli_option_count;

bool	 cli_options_parse(int argc, char **argv, struct cli_options *o,
	     struct cli_words *w, struct err *e);
void	 cli_words_fini(struct cli_words *w);
/* Whether JSON was asked for, also when the rest cannot be parsed. */
bool	 cli_wants_json(int argc, char **argv);

/* --- words.c: words to a verb and its parameters --------------------- */

struct cli_call {
	const struct verb	*verb;
	json_t			*given;	/* name: string, array or true */
	json_t			*files;	/* name: FILE or "-", not yet read */
};

/*
 * The longest verb that the words begin with; *used is how many.  When there
 * is none the error names the nearest.
 */
const struct verb *cli_verb_find(const struct registry *r,
	     const struct cli_words *w, size_t *used, struct err *e);
bool	 cli_call_parse(const struct registry *r, const struct cli_words *w,
	     struct cli_call *call, struct err *e);
void	 cli_call_fini(struct cli_call *call);
/* Words that begin a command line and are no verbs; NULL at the end. */
extern const char *const cli_reserved[];
/* "admin.add" as it is typed; false when it does not fit. */
bool	 cli_verb_typed(const char *name, char *out, size_t size);
/*
 * How a parameter's option is spelled, without "--": lower-snake; that of a
 * file ends in "-file" when it holds a secret.
 */
void	 cli_param_option(const struct verb_param *p, struct buf *out);

/* --- input.c: files, standard input, prompts ------------------------- */

/*
 * Reads what the call's files hold into call->given, secrets into
 * ctx->secrets (freed by cli_input_fini).  A required secret that was not
 * given is asked for when may_ask and stdin is a terminal.
 */
bool	 cli_input_read(struct ctx *ctx, struct cli_call *call, bool may_ask,
	     struct err *e);
void	 cli_input_fini(struct ctx *ctx);
/*
 * One line typed on stdin, without newline, into line.  False at end of
 * input, on cancel or failure.
 */
bool	 cli_line_read(const struct cancel *cancel, char *line, size_t size,
	     struct err *e);

/* --- width.c: columns on a terminal ---------------------------------- */

/* Columns that UTF-8 text takes; control characters count as one. */
size_t	 width_of(const char *s);
/*
 * Appends s cut to columns (with "..." or the ellipsis character at the cut),
 * control characters replaced.  Returns the columns that were written.
 */
size_t	 width_add(struct buf *out, const char *s, size_t columns);
/*
 * Makes one line of text from outside fit to be shown: without the CR that
 * ends it in files with CRLF, other control characters replaced.
 */
void	 width_clean_line(char *line);
/* Bytes of the longest beginning that fits; one character at least. */
size_t	 width_fit(const char *s, size_t columns);
/* Columns of the terminal fd, 0 when it is none. */
size_t	 width_of_terminal(int fd);

/* --- print.c, table.c: a result for a person -------------------------- */

/* Any value on one line. */
void	 print_value(const json_t *j, struct buf *out);
/*
 * The array of a view ("member: column=Heading,...") as a table.  The
 * member's name, malloc'd; NULL and nothing printed when the result has no
 * such array.
 */
char	*print_table(const char *view, const json_t *result, size_t columns,
	     struct buf *out);

/* Whether a verb's view asks for the bytes of one string ("raw: member"). */
bool	 print_is_raw(const struct verb *v);
/*
 * Those bytes, with a newline when the last line has none.  What else of the
 * result is true (unverified) goes to beside.  False, and nothing is
 * printed, when the result has no such string.
 */
bool	 print_raw(const struct verb *v, const json_t *result,
	     struct buf *out, struct buf *beside);

/* columns: fit into that many; 0 for no limit. */
void	 print_result(const struct verb *v, const json_t *result,
	     size_t columns, struct buf *out);

/* --- plan_print.c ------------------------------------------------------ */

/* command: the line that applies exactly this plan, or NULL. */
void	 print_plan(const json_t *plan, const char *command, struct buf *out);

/* --- progress.c -------------------------------------------------------- */

enum cli_progress_form {
	PROGRESS_QUIET, PROGRESS_LINE, PROGRESS_STEPS, PROGRESS_JSON
};

struct cli_progress {
	struct progress		 progress;	/* for ctx->progress */
	enum cli_progress_form	 form;
	FILE			*to;
	size_t			 shown;		/* columns on the line now */
	unsigned		 last_step;
	size_t			 columns;
};

void	 cli_progress_init(struct cli_progress *p, enum cli_progress_form form,
	     FILE *to, size_t columns);
/* Takes the line away before anything else is written. */
void	 cli_progress_clear(struct cli_progress *p);

/* --- signals.c --------------------------------------------------------- */

/*
 * SIGPIPE is ignored.  With c, Ctrl-C asks to cancel; SIGTERM and a lost
 * terminal interrupt.  NULL before c goes.
 */
void	 cli_signals_set(struct cancel *c);

/* --- out.c: the one place that writes -------------------------------- */

/*
 * The whole text to fd.  A reader that went away is no error (*e untouched,
 * true); anything else is.
 */
bool	 out_text(int fd, const char *text, size_t len, struct err *e);
/* As out_text, for lines without end: false also when the reader is gone. */
bool	 out_followed(int fd, const char *text, size_t len);
/* One JSON document and a newline.  Takes the reference. */
bool	 out_json(json_t *document, struct err *e);

/* --- help.c, man.c ----------------------------------------------------- */

void	 help_all(const struct registry *r, struct buf *out);
void	 help_verb(const struct verb *v, struct buf *out);
/* The verbs that begin with word; false when there are none. */
bool	 help_group(const struct registry *r, const char *word,
	     struct buf *out);
/* "admin add MAIL [--via mongo|api]" */
void	 help_usage(const struct verb *v, struct buf *out);
/* What a parameter takes, in a word: "MAIL", "mongo|api", "FILE|-". */
void	 help_param_value(const struct verb_param *p, struct buf *out);
/* The parameter as it is typed: "MAIL...", "--via mongo|api". */
void	 help_param(const struct verb_param *p, struct buf *out);
/* stconsole(1), mdoc(7); hooks may be NULL. */
void	 man_page(const struct registry *r, const struct world_hooks *hooks,
	     struct buf *out);
/* stconsole-GROUP(1). */
void	 man_group(const struct registry *r, const struct world_hooks *hooks,
	     const char *group, struct buf *out);

/* --- manual.c: which pages there are ----------------------------------- */

/* The n-th verb of all, NULL behind the last. */
const struct verb *manual_verb(const struct registry *r, size_t n);
/* Whether a verb begins with the word group (len bytes). */
bool	 manual_is_of(const struct verb *v, const char *group, size_t len);
typedef bool (*manual_take)(void *arg, const char *page);
/* "stconsole.1", "stconsole-admin.1" ... until take says false. */
bool	 manual_each(const struct registry *r,
	     const struct world_hooks *hooks, manual_take take, void *arg);
/* Prints a page by its name ("admin", "stconsole-admin.1"); false: none. */
bool	 manual_print(const struct registry *r,
	     const struct world_hooks *hooks, const char *typed,
	     struct buf *out);

/* --- completion.c ------------------------------------------------------ */

/* The whole script for bash. */
void	 completion_bash(const struct registry *r, struct buf *out);

/* --- run.c: one verb from call to exit status ------------------------ */

struct cli_run {
	struct ctx			*ctx;
	const struct cli_options	*options;
	const struct world_hooks	*hooks;
	const struct verb		*verb;
	const json_t			*params;	/* borrowed */
	struct cli_progress		 progress;
	struct work			*work;		/* serve's, or NULL */
	char				*banner;	/* as serve says it */
	bool				 banner_shown;
	bool				 lines_shown;	/* by a follower */
};

int	 run_verb(struct cli_run *run);
/* --- engine.c: here or in serve -------------------------------------- */
/* Attaches when serve runs and the verb is better done there. */
void	 engine_attach(struct cli_run *run, const struct world *w);
void	 engine_leave(struct cli_run *run);
/* answer_call() and its like.  plan is NULL when it was made in serve. */
void	 engine_call(struct cli_run *run, const struct verb *v,
	     const json_t *params, struct plan **plan, struct answer *out);
void	 engine_apply(struct cli_run *run, const struct verb *v,
	     const json_t *params, const struct plan *plan, const char *hash,
	     int confirm_within_s, struct answer *out);
void	 engine_wait(struct cli_run *run, const char *id,
	     struct answer *out);
/* --- serve.c ---------------------------------------------------------- */
/* Serves until it is told to end; the exit status. */
int	 serve_run(const struct registry *r, const struct cli_options *o,
	     const struct world_hooks *hooks);
/* --- change.c: a plan, shown, asked about, applied ------------------- */
/* plan: what doc shows; NULL when it was made elsewhere. */
int	 run_plan(struct cli_run *run, const struct plan *plan,
	     const struct answer *preview);
/* y, yes, n, no, "" and, with_confirm, c; false when it is none of them. */
enum cli_answer { ANSWER_NO, ANSWER_YES, ANSWER_CONFIRM };
bool	 cli_answer_parse(const char *line, bool with_confirm,
	     enum cli_answer *answer);
/* --- confirm.c: a change that is undone unless somebody keeps it ------ */
/*
 * Asks on the terminal, unless the run has --yes, and waits for the end;
 * *a becomes the answer of the whole.  command: what confirms it elsewhere.
 */
void	 confirm_wait(struct cli_run *run, int within_s, const char *command,
	     struct answer *a);

/* --- report.c: how things end ---------------------------------------- */

/*
 * An error of our own: {"ok":false,...} on stdout when json, and the words on
 * stderr.  plan may be NULL; borrowed.  Returns the exit status.
 */
int	 report_error(bool json, const struct err *e, const json_t *plan);
/* The same for a call of v; wrong usage points at the verb's help. */
int	 report_call_error(bool json, const struct verb *v,
	     const struct err *e);
void	 report_see(const struct verb *v);
/*
 * The document on stdout when json, and the words of an error on stderr.
 * Returns the exit status.
 */
int	 report_answer(bool json, const struct answer *a);
/* {"ok":true,"NAME":value} on stdout.  Takes value. */
int	 report_value(const char *name, json_t *value);
/* The hook's line, once, where it belongs. */
void	 report_banner(struct cli_run *run);

#endif
