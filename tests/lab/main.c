/*
 * stconsole-lab: real servers and a demo site on loopback, for tests and for
 * "--site demo".  lab.h has the protocol between it and its users.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mongoc/mongoc.h>

#include "stconsole/err.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "house.h"
#include "text.def"

static int
usage(void)
{
	fputs(T_LAB_USAGE, stderr);
	return 2;
}

enum option_id {
	OPT_KIND = 1, OPT_WITHOUT, OPT_MEMBERS, OPT_MONGOD, OPT_ADMIN_PATH,
	OPT_SITES, OPT_LINGER, OPT_STAY, OPT_KEEP
};

static const struct option options[] = {
	{ "kind", required_argument, NULL, OPT_KIND },
	{ "without", required_argument, NULL, OPT_WITHOUT },
	{ "members", required_argument, NULL, OPT_MEMBERS },
	{ "mongod", required_argument, NULL, OPT_MONGOD },
	{ "admin-path", required_argument, NULL, OPT_ADMIN_PATH },
	{ "sites", required_argument, NULL, OPT_SITES },
	{ "linger", required_argument, NULL, OPT_LINGER },
	{ "stay", no_argument, NULL, OPT_STAY },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ NULL, 0, NULL, 0 }
};

static bool
without_parse(const char *list, unsigned *out)
{
	static const struct {
		const char	*name;
		unsigned	 part;
	} parts[] = {
		{ "ldap", LAB_LDAP }, { "mongo", LAB_MONGO },
		{ "api", LAB_API },
	};

	while (*list != '\0') {
		size_t	 n = strcspn(list, ",");
		bool	 known = false;

		for (size_t i = 0; i < LENGTH(parts); i++) {
			if (strlen(parts[i].name) != n ||
			    strncmp(list, parts[i].name, n) != 0)
				continue;
			*out |= parts[i].part;
			known = true;
		}
		if (!known)
			return false;
		list += n + (list[n] == ',');
	}
	return true;
}

static bool
kind_is_known(const char *kind)
{
	return str_equal(kind, "docker") || str_equal(kind, "kubernetes") ||
	    str_equal(kind, "windows");
}

static bool
number_parse(const char *s, int64_t min, int64_t max, int *out)
{
	int64_t	 n = 0;

	if (!str_to_int(s, min, max, &n))
		return false;
	*out = (int)n;
	return true;
}

static bool
option_take(struct lab_run *r, int id, const char *value)
{
	switch (id) {
	case OPT_KIND:
		r->kind = value;
		return kind_is_known(value);
	case OPT_WITHOUT:
		return without_parse(value, &r->without);
	case OPT_MEMBERS:
		return number_parse(value, 1, LAB_MEMBERS_MAX, &r->members);
	case OPT_MONGOD:
		r->mongod = value;
		return strchr(value, '/') == NULL;
	case OPT_ADMIN_PATH:
		r->admin_path = value;
		return *value == '/';
	case OPT_SITES:
		r->sites = value;
		return true;
	case OPT_LINGER:
		return number_parse(value, 0, 86400, &r->linger_s);
	case OPT_STAY:
		return r->stays = true;
	case OPT_KEEP:
		return r->keeps = true;
	default:
		return false;
	}
}

static int
run(int argc, char **argv)
{
	struct lab_run	 r = { .kind = "docker", .members = 1 };
	int		 id = 0;
	int		 code = 0;

	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (!option_take(&r, id, optarg))
			return usage();
	}
	if (optind != argc - 1)
		return usage();
	r.dir = argv[optind];
	mongoc_init();
	/* What matters comes back as an error. */
	mongoc_log_set_handler(NULL, NULL);
	code = lab_supervise(&r);
	mongoc_cleanup();
	return code;
}

static int
clean(void)
{
	struct err	 e = { 0 };

	if (lab_registry_clean(&e))
		return 0;
	fprintf(stderr, "stconsole-lab: %s\n%s\n", e.msg, e.hint);
	return 1;
}

static int
fetch(char **argv)
{
	AUTO_FREE char	*program = lab_fetch_find(NULL);

	if (program != NULL)
		execv(program, argv);
	fprintf(stderr, "stconsole-lab: %s\n", T_LAB_NO_FETCH);
	return 1;
}

int
main(int argc, char **argv)
{
	if (argc >= 3 && str_equal(argv[1], "run"))
		return run(argc - 1, argv + 1);
	if (argc == 2 && str_equal(argv[1], "clean"))
		return clean();
	if (argc >= 2 && str_equal(argv[1], "fetch"))
		return fetch(argv + 1);
	return usage();
}
