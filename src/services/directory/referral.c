/*
 * Referrals met on the way.  libldap hands a search reference on whether it
 * followed it or not, so the servers it was let into are noted as well.
 */
#include "directory_private.h"

#include <stdlib.h>
#include <string.h>

/* "ldap://host:port" of an LDAP URL: its length. */
static size_t
server_len(const char *url)
{
	const char	*host = strstr(url, "://");
	size_t		 scheme = host != NULL ? (size_t)(host - url) + 3 : 0;

	return scheme + strcspn(url + scheme, "/?");
}

static void
note(struct referrals *list, const char *url, size_t len)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strncmp(list->url[i], url, len) == 0 &&
		    list->url[i][len] == '\0')
			return;
	/* A full list is enough to see the trouble. */
	if (list->count == REFERRALS_MAX)
		return;
	list->url[list->count] = strndup(url, len);
	if (list->url[list->count] != NULL)
		list->count++;
}

void
referral_note(struct server *s, const char *url)
{
	note(&s->referrals, url, strlen(url));
}

void
referral_note_followed(struct server *s, const char *url)
{
	note(&s->followed, url, server_len(url));
}

bool
referral_is_open(const struct server *s, size_t index)
{
	const char	*url = s->referrals.url[index];
	size_t		 len = server_len(url), i;

	for (i = 0; i < s->followed.count; i++)
		if (strncmp(s->followed.url[i], url, len) == 0 &&
		    s->followed.url[i][len] == '\0')
			return false;
	return true;
}

void
referrals_fini(struct referrals *list)
{
	while (list->count > 0)
		free(list->url[--list->count]);
}
