#include "house.h"
bool
lab_api_start(struct lab_house *h, struct err *e)
{
	(void)h; (void)e;
	return true;
}
