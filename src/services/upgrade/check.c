/*
 * The checks as a whole: which rules are looked at, and the report.
 */
#include "check_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_check.def"

#define FACT_MAX	400

static const char *const verdict_names[] = {
	[VERDICT_OK] = "ok", [VERDICT_WARN] = "warn",
	[VERDICT_BLOCK] = "block", [VERDICT_UNKNOWN] = "unknown",
};

static const struct {
	const struct check_rule	*rules;
	const size_t		*count;
} tables[] = {
	{ check_set_rules, &check_set_count },
	{ check_server_rules, &check_server_count },
	{ check_host_rules, &check_host_count },
	{ check_clients_rules, &check_clients_count },
	{ check_data_rules, &check_data_count },
	{ check_plan_rules, &check_plan_count },
};

static bool
is_assumed(const struct check_run *r, const char *id)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach (r->wish->assume_ok, i, one)
		if (str_equal(json_string_value(one), id))
			return true;
	return false;
}

static json_t *
text_or_null(const char *text)
{
	return text == NULL || *text == '\0' ? json_null() :
	    json_string(text);
}

void
found(struct check_run *r, enum verdict verdict, const json_t *member,
    const char *fix, const char *fact, ...)
{
	char		 text[FACT_MAX];
	bool		 assumed = false;
	bool		 is_hop = r->rule->scope >= RULE_HOP;
	const char	*hop = is_hop ? r->to : NULL;
	va_list		 ap;
	json_t		*one;

	va_start(ap, fact);
	vsnprintf(text, sizeof(text), fact, ap);
	va_end(ap);
	str_cut(text, sizeof(text) - 1);
	if (verdict == VERDICT_UNKNOWN && r->rule->unknown_blocks) {
		assumed = is_assumed(r, r->rule->id);
		verdict = assumed ? VERDICT_WARN : VERDICT_BLOCK;
		if (!assumed)
			fix = T_CHECK_ASSUME;
	}
	one = json_pack("{s:s,s:o,s:o,s:s,s:s,s:s,s:o,s:n,s:b}", "id",
	    r->rule->id, "hop", text_or_null(hop), "member",
	    text_or_null(json_str(member, "name")), "fact", text, "rule",
	    r->rule->rule, "verdict", verdict_names[verdict], "fix",
	    text_or_null(fix), "fix_verb", "assumed", assumed);
	if (one == NULL || json_array_append_new(r->checks, one) != 0)
		r->failed = true;
}

void
found_verb(struct check_run *r, const char *verb)
{
	json_t	*last = json_array_get(r->checks,
	    json_array_size(r->checks) - 1);

	if (json_object_set_new(last, "fix_verb", json_string(verb)) != 0)
		r->failed = true;
}

void
found_unknown(struct check_run *r, const json_t *member, const char *field)
{
	const char	*why = json_text(json_object_get(member != NULL ?
	    member : r->set, "unknown"), field);

	found(r, VERDICT_UNKNOWN, member, NULL, T_CHECK_UNKNOWN, field,
	    *why != '\0' ? why : "?");
}

bool
hop_reaches(const struct check_run *r, const char *major)
{
	return mongo_version_compare(r->to, major) >= 0 &&
	    mongo_version_compare(r->from, major) < 0;
}

bool
check_is_arbiter(const json_t *member)
{
	return json_flag(member, "arbiter") ||
	    str_equal(json_text(member, "state"), "ARBITER");
}

static void
rule_look(struct check_run *r, const struct check_rule *rule)
{
	const json_t	*member;
	size_t		 i;

	r->rule = rule;
	if (rule->scope == RULE_ONCE || rule->scope == RULE_HOP) {
		rule->look(r, NULL);
		return;
	}
	json_array_foreach (json_object_get(r->set, "members"), i, member)
		if (json_is_string(json_object_get(member, "version")))
			rule->look(r, member);
}

/* is_anew: only what may have changed since the plan was made. */
static void
rules_look(struct check_run *r, bool hops, bool once, bool is_anew)
{
	size_t	 i, n;
	bool	 is_hop;

	for (i = 0; i < LENGTH(tables); i++)
		for (n = 0; n < *tables[i].count; n++) {
			is_hop = tables[i].rules[n].scope >= RULE_HOP;
			if ((is_hop ? hops : once) &&
			    (!is_anew || tables[i].rules[n].is_anew))
				rule_look(r, &tables[i].rules[n]);
		}
}

static json_t *
report_make(const struct check_run *r, const char *from, const char *to,
    const char *const *chain, size_t count)
{
	json_t		*report = json_pack("{s:s,s:s,s:[],s:O}", "from",
	    from, "to", to, "chain", "checks", r->checks);
	const json_t	*one;
	const char	*verdict;
	int		 blocks = 0, warns = 0, unknown = 0;
	size_t		 i;

	for (i = 0; i < count; i++)
		json_array_append_new(json_object_get(report, "chain"),
		    json_string(chain[i]));
	json_array_foreach (r->checks, i, one) {
		verdict = json_text(one, "verdict");
		blocks += str_equal(verdict, "block");
		warns += str_equal(verdict, "warn");
		unknown += str_equal(verdict, "unknown");
	}
	json_object_set_new(report, "blocks", json_integer(blocks));
	json_object_set_new(report, "warns", json_integer(warns));
	json_object_set_new(report, "unknown", json_integer(unknown));
	json_object_set_new(report, "verdict", json_string(blocks > 0 ?
	    "block" : warns + unknown > 0 ? "warn" : "ok"));
	return report;
}

/* The FCV that all data members share, else the oldest of all. */
void
check_from(const json_t *set, char out[MONGO_MAJOR_SIZE])
{
	const json_t	*m;
	const char	*fcv;
	size_t		 i;

	out[0] = '\0';
	json_array_foreach (json_object_get(set, "members"), i, m) {
		fcv = json_str(m, "fcv");
		if (fcv == NULL)
			fcv = json_str(m, "major");
		if (fcv == NULL || check_is_arbiter(m))
			continue;
		if (out[0] == '\0' || mongo_version_compare(fcv, out) < 0)
			snprintf(out, MONGO_MAJOR_SIZE, "%s", fcv);
	}
}

static bool
assumable_check(const struct check_wish *wish, struct err *e)
{
	const json_t	*one;
	size_t		 i, t, n;
	bool		 known;

	json_array_foreach (wish->assume_ok, i, one) {
		known = false;
		for (t = 0; t < LENGTH(tables); t++)
			for (n = 0; n < *tables[t].count; n++)
				if (tables[t].rules[n].unknown_blocks &&
				    str_equal(tables[t].rules[n].id,
				    json_string_value(one)))
					known = true;
		if (known)
			continue;
		err_set(e, ERR_USAGE, 0, T_CHECK_NO_ASSUME,
		    json_string_value(one));
		return err_hint(e, T_CHECK_NO_ASSUME_HINT);
	}
	return true;
}

bool
upgrade_check(struct ctx *ctx, const struct secret *url, const json_t *set,
    const struct check_wish *wish, json_t **report, struct err *e)
{
	AUTO_JSON json_t	*checks = json_array();
	struct check_run	 r = { .ctx = ctx, .url = url, .set = set,
		.wish = wish, .checks = checks };
	const char		*chain[MONGO_CHAIN_MAX];
	char			 from[MONGO_MAJOR_SIZE];
	size_t			 count, i;

	if (checks == NULL)
		return err_nomem(e);
	if (str_equal(json_text(set, "kind"), "sharded")) {
		err_set(e, ERR_REFUSED, 0, T_CHECK_SHARDED);
		return err_hint(e, T_CHECK_SHARDED_HINT);
	}
	check_from(set, from);
	if (from[0] == '\0')
		return err_set(e, ERR_REFUSED, 0, T_CHECK_NO_FROM);
	if (!assumable_check(wish, e) ||
	    !mongo_chain(from, wish->to, chain, &count, e))
		return false;
	r.from = from;
	r.to = count > 0 ? chain[0] : wish->to;
	rules_look(&r, false, true, false);
	for (i = 0; i < count; i++) {
		r.to = chain[i];
		rules_look(&r, true, false, false);
		r.from = chain[i];
	}
	if (r.failed)
		return err_nomem(e);
	*report = report_make(&r, from, wish->to, chain, count);
	return *report != NULL || err_nomem(e);
}

bool
check_hop_now(struct ctx *ctx, const struct secret *url, const json_t *set,
    const struct check_wish *wish, const char *from, const char *to,
    json_t **report, struct err *e)
{
	AUTO_JSON json_t	*checks = json_array();
	struct check_run	 r = { .ctx = ctx, .url = url, .set = set,
		.wish = wish, .from = from, .to = to, .checks = checks };

	if (checks == NULL)
		return err_nomem(e);
	rules_look(&r, true, true, true);
	if (r.failed)
		return err_nomem(e);
	*report = report_make(&r, from, to, &to, 1);
	return *report != NULL || err_nomem(e);
}

bool
check_report_passes(const json_t *report, struct err *e)
{
	const json_t	*one;
	const char	*member;
	size_t		 i;

	json_array_foreach (json_object_get(report, "checks"), i, one) {
		if (!str_equal(json_text(one, "verdict"), "block"))
			continue;
		member = json_text(one, "member");
		err_set(e, ERR_REFUSED, 0, T_CHECK_BLOCKED,
		    json_text(one, "id"), member, *member != '\0' ? ": " : "",
		    json_text(one, "fact"));
		return err_hint(e, "%s", json_text(one, "fix"));
	}
	return true;
}
