/*
 * What "admin list" is measured against: libmongoc and libldap, the same
 * reads, nothing else.  Administrators sorted by _id as a majority has them;
 * their mails in OR searches of so many mails each, with the attributes that
 * the product asks for; one line each.
 *
 * bare_admin_list MONGO_URL_FILE LDAP_URI CA_FILE BIND_DN PASSWORD_FILE BASE
 *     MAILS_PER_SEARCH
 */
#include <ldap.h>
#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADMINS_MAX	4096
#define LINE_MAX_BYTES	1024

static char	*mails[ADMINS_MAX];
static size_t	 count;

static void
stop(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

/* The first line of a file. */
static void
line_read(const char *path, char line[LINE_MAX_BYTES])
{
	FILE	*f = fopen(path, "re");

	if (f == NULL || fgets(line, LINE_MAX_BYTES, f) == NULL)
		stop(path, "cannot be read");
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
}

static void
admins_read(const char *url_file)
{
	char			 url[LINE_MAX_BYTES];
	mongoc_client_t		*client;
	mongoc_collection_t	*c;
	mongoc_cursor_t		*cursor;
	bson_t			 all = BSON_INITIALIZER;
	bson_t			*opts = BCON_NEW("readConcern", "{", "level",
	    BCON_UTF8("majority"), "}", "sort", "{", "_id", BCON_INT32(1),
	    "}");
	const bson_t		*doc;
	bson_iter_t		 it;
	bson_error_t		 be;

	line_read(url_file, url);
	mongoc_init();
	client = mongoc_client_new(url);
	if (client == NULL)
		stop("mongo", "bad URL");
	c = mongoc_client_get_collection(client, "meeting",
	    "administrators");
	cursor = mongoc_collection_find_with_opts(c, &all, opts, NULL);
	while (count < ADMINS_MAX && mongoc_cursor_next(cursor, &doc))
		if (bson_iter_init_find(&it, doc, "email"))
			mails[count++] = strdup(bson_iter_utf8(&it, NULL));
	if (mongoc_cursor_error(cursor, &be))
		stop("mongo", be.message);
	mongoc_cursor_destroy(cursor);
	mongoc_collection_destroy(c);
	mongoc_client_destroy(client);
	bson_destroy(opts);
	mongoc_cleanup();
}

static LDAP *
directory_open(const char *uri, const char *ca, const char *dn,
    const char *password_file)
{
	int		 version = LDAP_VERSION3, client = 0, rc;
	int		 demand = LDAP_OPT_X_TLS_DEMAND;
	char		 word[LINE_MAX_BYTES];
	struct berval	 cred = { 0, word };
	LDAP		*ld;

	line_read(password_file, word);
	cred.bv_len = strlen(word);
	if (ldap_initialize(&ld, uri) != LDAP_SUCCESS)
		stop("ldap", "bad URI");
	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca);
	ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
	rc = ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL,
	    NULL);
	if (rc != LDAP_SUCCESS)
		stop("bind", ldap_err2string(rc));
	return ld;
}

static char *
filter_make(size_t from, size_t n)
{
	char	*filter = NULL;
	size_t	 len = 0, i;
	FILE	*f = open_memstream(&filter, &len);

	fputs("(&(objectClass=organizationalPerson)(|", f);
	for (i = from; i < from + n; i++)
		fprintf(f, "(mail=%s)", mails[i]);
	fputs("))", f);
	fclose(f);
	return filter;
}

static void
people_print(LDAP *ld, LDAPMessage *all)
{
	LDAPMessage	*m;
	struct berval	**v;
	char		*dn;

	for (m = ldap_first_entry(ld, all); m != NULL;
	    m = ldap_next_entry(ld, m)) {
		dn = ldap_get_dn(ld, m);
		v = ldap_get_values_len(ld, m, "mail");
		printf("%s %s\n", v != NULL && v[0] != NULL ? v[0]->bv_val :
		    "", dn);
		ldap_value_free_len(v);
		ldap_memfree(dn);
	}
}

static void
people_read(LDAP *ld, const char *base, size_t from, size_t n)
{
	static const char *attrs[] = { "cn", "mail", "uid", "sAMAccountName",
		"userAccountControl", "msDS-UserAccountDisabled",
		"pwdAccountLockedTime", "nsAccountLock", "loginDisabled",
		NULL };
	char		*filter = filter_make(from, n);
	LDAPMessage	*all = NULL;
	int		 rc;

	rc = ldap_search_ext_s(ld, base, LDAP_SCOPE_SUBTREE, filter,
	    (char **)(size_t)attrs, 0, NULL, NULL, NULL, 0, &all);
	if (rc != LDAP_SUCCESS)
		stop("search", ldap_err2string(rc));
	people_print(ld, all);
	ldap_msgfree(all);
	free(filter);
}

int
main(int argc, char **argv)
{
	LDAP	*ld;
	size_t	 done, n, step;

	if (argc != 8 || (step = strtoul(argv[7], NULL, 10)) == 0)
		stop(argv[0], "seven words are needed");
	admins_read(argv[1]);
	ld = directory_open(argv[2], argv[3], argv[4], argv[5]);
	for (done = 0; done < count; done += n) {
		n = count - done < step ? count - done : step;
		people_read(ld, argv[6], done, n);
	}
	ldap_unbind_ext(ld, NULL, NULL);
	return 0;
}
