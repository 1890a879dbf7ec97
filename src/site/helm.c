/*
 * Values and secrets of the Helm chart, read from its files (facts 3.4, 4.8).
 * What a template computes is not known here and is not guessed.
 */
#include "site_private.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#define SECRETS_FILE	"templates/sametime-secrets.yaml"
#define SECRET_MAX	65536

/* Flat keys stand under global: unless the name has a dot. */
static const char *
helm_lookup(const struct site *site, const char *file, const char *name,
    struct site_origin *origin)
{
	AUTO_FREE char	*path = str_format("global.%s", name);
	const char	*value;

	if (path == NULL)
		return NULL;
	value = site_file_value(site, file, path, origin);
	return value != NULL ? value :
	    site_file_value(site, file, name, origin);
}

/* The last of several -f files wins; their order is taken from the names. */
const char *
site_helm_value(const struct site *site, const char *name,
    struct site_origin *origin)
{
	AUTO_FREE char	*values = NULL;
	const char	*value;

	if (site->chart == NULL)
		return NULL;
	for (size_t i = site->file_count; i > 0; i--) {
		const char *path = site->files[i - 1].path;

		if (strchr(path, '/') != NULL ||
		    strcmp(path, "Chart.yaml") == 0 ||
		    strcmp(path, "values.yaml") == 0)
			continue;
		if (!str_ends(path, ".yaml") && !str_ends(path, ".yml"))
			continue;
		value = helm_lookup(site, path, name, origin);
		if (value != NULL)
			return value;
	}
	values = strcmp(site->chart, ".") == 0 ? strdup("values.yaml") :
	    str_format("%s/values.yaml", site->chart);
	return values == NULL ? NULL :
	    helm_lookup(site, values, name, origin);
}

bool
site_base64_read(const char *text, size_t len, struct secret **value,
    struct err *e)
{
	AUTO_FREE unsigned char	*out = malloc(len / 4 * 3 + 4);
	int			 n;

	if (out == NULL)
		return err_nomem(e);
	n = len % 4 != 0 ? -1 : EVP_DecodeBlock(out,
	    (const unsigned char *)text, (int)len);
	for (size_t i = len; n > 0 && i > 0 && i + 2 > len &&
	    text[i - 1] == '='; i--)
		n--;
	if (n < 0)
		return true;
	*value = secret_new(out, (size_t)n, e);
	explicit_bzero(out, len / 4 * 3 + 4);
	return *value != NULL;
}

/* The scalar after "NAME:" on one line, without quotes. */
static const char *
line_value(const char *line, size_t len, const char *name, size_t *value_len)
{
	const char	*p = line + strspn(line, " \t"), *end = line + len;
	size_t		 n = strlen(name);

	if (p + n >= end || strncmp(p, name, n) != 0 || p[n] != ':')
		return NULL;
	for (p += n + 1; p < end && (*p == ' ' || *p == '"' || *p == '\'');)
		p++;
	while (end > p && strchr(" \r\"'", end[-1]) != NULL)
		end--;
	*value_len = (size_t)(end - p);
	return end > p && *value_len <= SECRET_MAX ? p : NULL;
}

bool
site_helm_secret(const struct site *site, const char *name,
    struct secret **value, struct site_origin *origin, struct err *e)
{
	const struct site_file	*f = site_file_find(site,
	    "helm/" SECRETS_FILE);
	const char		*line, *found, *next;
	unsigned		 number = 1;
	size_t			 len;

	*value = NULL;
	if (f == NULL)
		f = site_file_find(site, SECRETS_FILE);
	if (f == NULL)
		return true;
	for (line = buf_str(&f->text); *line != '\0'; line = next, number++) {
		size_t line_len = strcspn(line, "\n");

		next = line + line_len + (line[line_len] == '\n');
		found = line_value(line, line_len, name, &len);
		if (found == NULL || memchr(found, '{', len) != NULL)
			continue;
		*origin = (struct site_origin){ f->path, number };
		if (memchr(found, ':', len) == NULL)
			return site_base64_read(found, len, value, e);
		*value = secret_new(found, len, e);
		return *value != NULL;
	}
	return true;
}
