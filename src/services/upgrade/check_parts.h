/*
 * One run of the checks, for the files that hold rules.
 */
#ifndef UPGRADE_CHECK_PARTS_H
#define UPGRADE_CHECK_PARTS_H

#include "check.h"

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_BLOCK, VERDICT_UNKNOWN };

struct check_run {
	struct ctx		*ctx;
	const struct secret	*url;
	const json_t		*set;
	const struct check_wish	*wish;
	const char		*from, *to;	/* of this hop */
	json_t			*checks;	/* the report's */
	const struct check_rule	*rule;		/* that is looked at */
	bool			 failed;	/* memory */
};

enum rule_scope {
	RULE_ONCE,		/* of the deployment */
	RULE_MEMBER,		/* of each member that answers */
	RULE_HOP,		/* of each hop */
	RULE_HOP_MEMBER		/* of each member in each hop */
};

struct check_rule {
	const char	*id;		/* as facts, mongodb.md 1.2 */
	enum rule_scope	 scope;
	bool		 is_anew;	/* looked at again before each hop */
	bool		 unknown_blocks;	/* unless assumed */
	const char	*rule;		/* in words */
	/* member is NULL for ONCE and HOP. */
	void		(*look)(struct check_run *r, const json_t *member);
};

/* What was found; fix NULL: none.  fact is a printf. */
void	 found(struct check_run *r, enum verdict verdict,
	     const json_t *member, const char *fix, const char *fact, ...)
	     __attribute__((format(printf, 5, 6)));
/* The command line of a verb that mends what was found last. */
void	 found_verb(struct check_run *r, const char *verb);
/* A field that is null: unknown, with the reason that is kept beside it. */
void	 found_unknown(struct check_run *r, const json_t *member,
	     const char *field);
/* Whether the hop is to this major or one behind it. */
bool	 hop_reaches(const struct check_run *r, const char *major);
bool	 check_is_arbiter(const json_t *member);
/* A dotted path in the parsed options; NULL: not set. */
const json_t *check_option(const json_t *options, const char *path);
/* Whether its binary comes in an image, with a system of its own. */
bool	 check_is_container(const json_t *member);

extern const struct check_rule check_set_rules[], check_server_rules[],
	check_host_rules[], check_clients_rules[], check_data_rules[],
	check_plan_rules[];
extern const size_t check_set_count, check_server_count, check_host_count,
	check_clients_count, check_data_count, check_plan_count;

#endif
