#include "site_private.h"
bool
site_contradictions_read(struct site *site, struct err *e)
{
	site->contradictions = json_array();
	return site->contradictions != NULL || err_nomem(e);
}
