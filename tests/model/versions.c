/*
 * What there is of each version: which featureCompatibilityVersions it starts
 * with and which wire version it tells.
 */
#include "model.h"

#include <stdio.h>
#include <string.h>

static const struct version versions[] = {
	{ "4.4", "4.4.2", { "4.2", "4.4" }, 9,
	  "manual 4.4 release notes, upgrade a replica set; seen" },
	{ "5.0", "5.0.4", { "4.4", "5.0" }, 13,
	  "manual 5.0 release notes, upgrade a replica set; seen" },
	{ "6.0", "6.0.5", { "5.0", "6.0" }, 17,
	  "manual 6.0 release notes, upgrade a replica set; seen" },
	{ "7.0", "7.0.28", { "6.0", "7.0" }, 21,
	  "manual release-notes/7.0-upgrade-replica-set" },
	{ "8.0", "8.0.17", { "7.0", "8.0" }, 25,
	  "manual release-notes/8.0-upgrade-replica-set" },
	{ "8.2", "8.2.3", { "8.0", "8.2" }, 27,
	  "manual release-notes/8.2-upgrade-replica-set; wire unverified" },
	{ "8.3", "8.3.9", { "8.0", "8.2", "8.3" }, 28,
	  "manual release-notes/8.3-upgrade-replica-set; wire unverified" },
	{ "9.0", "9.0.2", { "8.0", "8.3", "9.0" }, 29,
	  "manual release-notes/9.0-upgrade-replica-set; wire unverified" },
};

const struct version *
version_find(const char *exe)
{
	char	 part[32];

	for (size_t i = 0; i < ARRAY(versions); i++) {
		snprintf(part, sizeof(part), "/%s/bin/", versions[i].major);
		if (strstr(exe, part) != NULL)
			return &versions[i];
	}
	return NULL;
}

bool
version_takes(const struct version *v, const char *fcv)
{
	for (size_t i = 0; i < ARRAY(v->fcv) && v->fcv[i] != NULL; i++) {
		if (strcmp(v->fcv[i], fcv) == 0)
			return true;
	}
	return false;
}

bool
version_from(const struct version *v, const char *major)
{
	/* All are one digit, a dot, one digit. */
	return strcmp(v->major, major) >= 0;
}
