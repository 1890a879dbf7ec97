/*
 * What the files of this folder share: the list, the join and the routes.
 */
#ifndef ADMINS_ADMINS_H
#define ADMINS_ADMINS_H

#include "stconsole/action.h"
#include "stconsole/admins.h"
#include "stconsole/directory.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"

#define ADMINS_DB		"meeting"
#define ADMINS_COLLECTION	"administrators"
#define ADMINS_LOCK		"mongo:meeting.administrators"

#define AUTO_ADMINS	__attribute__((cleanup(admin_list_fini)))

enum admin_state {
	ADMIN_UNKNOWN, ADMIN_FOUND, ADMIN_MISSING, ADMIN_DUPLICATE,
	ADMIN_DISABLED
};

struct admin {
	char			*id;		/* "" when it has none */
	char			*email;		/* "" when it has none */
	struct mongo_doc	 doc;		/* text NULL by the API */
	bool			 id_is_text;
	enum admin_state	 state;
	struct mail_match	 match;
	json_t			*problems;	/* array of strings */
	bool			 is_you;
	bool			 is_extra;	/* a twin that is not kept */
	/* The first entry with this mail in any case: itself mostly. */
	size_t			 first;
};

struct admin_list {
	struct admin	*items;
	size_t		 count, cap;
	bool		 unverified;	/* came by the API */
	bool		 standalone;	/* MongoDB without a replica set */
	bool		 joined;	/* the directory answered */
	/* One of its servers did not: whom no other knows is unknown. */
	bool		 is_partial;
	struct err	 why;		/* why it, or that server, did not */
};

void	 admin_list_fini(struct admin_list *l);
/* Strings are copied; doc, when not NULL, is taken (its text becomes NULL). */
bool	 admin_list_add(struct admin_list *l, const char *id,
	     bool id_is_text, const char *email, struct mongo_doc *doc,
	     struct err *e);
/*
 * Fills states and problems from matches (one for each item, taken; NULL:
 * the directory did not answer, l->why says why, as it does when is_partial).
 * Pure.
 */
bool	 admin_list_join(struct admin_list *l, struct mail_match *matches,
	     struct err *e);
/* Marks the entries that are the caller: me.mail, or uid = login name. */
void	 admin_list_mark_you(struct admin_list *l, const char *me_mail,
	     const char *user, const char *sudo_user);
/* By "mail", "name" or "directory". */
void	 admin_list_sort(struct admin_list *l, const char *by);
/* The entry with this mail: as spelled, else the only one in other case.
 * count: how many there are in any case. */
struct admin *admin_list_find(const struct admin_list *l, const char *mail,
	     size_t *count);
json_t	*admin_json(const struct admin *a);
const char *admin_state_name(enum admin_state state);
bool	 admin_mail_is_valid(const char *mail);

/* A way to read and change the list. */
struct admin_store {
	const char	*name;
	bool	(*list)(struct ctx *ctx, struct admin_list *out,
		    struct err *e);
	/* Each adds one step to the plan. */
	bool	(*insert)(struct ctx *ctx, struct plan *plan,
		    const char *email, struct err *e);
	/* witness: who must still be there, or NULL. */
	bool	(*delete)(struct ctx *ctx, struct plan *plan,
		    const struct admin *a, const struct admin *witness,
		    struct err *e);
	bool	(*respell)(struct ctx *ctx, struct plan *plan,
		    const struct admin *a, const char *email, struct err *e);
};

extern const struct admin_store admin_store_mongo;
extern const struct admin_store admin_store_api;

/* By the parameter "route", else the setting admins.route. */
bool	 admin_store_get(struct ctx *ctx, const json_t *params,
	     const struct admin_store **out, struct err *e);
/* Everything: read by the route, joined, the caller marked. */
bool	 admin_list_load(struct ctx *ctx, const struct admin_store *store,
	     struct admin_list *out, struct err *e);
/* What every plan of ours begins with: lock, and what to know. */
bool	 admin_plan_begin(struct plan *plan, const struct admin_list *l,
	     struct err *e);

/* The lines of an import. */
struct csv_mail {
	size_t	 line;		/* where the record starts, from 1 */
	char	*mail;		/* "" when malformed */
	char	*bad;		/* why it is malformed, or NULL */
};

struct csv_mails {
	struct csv_mail	*items;
	size_t		 count, cap;
};

#define AUTO_CSV_MAILS	__attribute__((cleanup(csv_mails_fini)))

/*
 * RFC 4180: quotes, CRLF or LF, a UTF-8 BOM; semicolons when the first line
 * has no comma.  A first record with a cell "mail" or "email" is the header
 * and names the column; without it the first cell counts.
 */
bool	 csv_mails_read(const char *text, struct csv_mails *out,
	     struct err *e);
void	 csv_mails_fini(struct csv_mails *c);
/* Adds one cell to a CSV text, quoted where it must be, and safe for
 * spreadsheets: a cell that starts as a formula gets a quote before it. */
void	 csv_cell(struct buf *out, const char *cell, bool first);

bool	 admin_list_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
bool	 admin_show_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
bool	 admin_export_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
bool	 admin_add_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);
bool	 admin_import_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);
bool	 admin_remove_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);
bool	 admin_repair_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);

/* The API's steps: admin.api_insert, admin.api_delete. */
#define ADMIN_ACTIONS	2
extern const struct action admin_actions[ADMIN_ACTIONS];

#endif
