/*
 * What the end of support of a MongoDB version means for its health; the
 * table itself is that of src/services/mongo.
 */
#include "doctor.h"

#include "stconsole/msg.h"

#include "text.def"

#define SOON_DAYS	180
#define OLD_DAYS	90

void
lifecycle_judge(const struct mongo_lifecycle *l, const char *version,
    int64_t now_s, struct finding *f)
{
	/* From today's date to the last one: 0 on the last day. */
	int64_t	left_days = (l->end_s - (now_s - now_s % DAY_S)) / DAY_S;
	int64_t	table_days = (now_s - l->as_of_s) / DAY_S;

	if (l->end[0] == '\0') {
		finding_set(f, MARK_UNKNOWN, T_MONGO_VERSION, version);
		finding_why(f, T_MONGO_NO_END, l->as_of);
	} else if (left_days < 0) {
		finding_set(f, MARK_WARN, T_MONGO_ENDED, version, l->end);
		finding_why(f, T_MONGO_ENDED_WHY);
	} else if (left_days <= SOON_DAYS) {
		finding_set(f, MARK_WARN, T_MONGO_ENDS, version, l->end);
		finding_why(f, T_MONGO_SOON_WHY, (long long)left_days);
	} else {
		finding_set(f, MARK_OK, T_MONGO_ENDS, version, l->end);
	}
	if (table_days <= OLD_DAYS)
		return;
	if (f->mark == MARK_OK)
		f->mark = MARK_WARN;
	finding_why(f, T_TABLE_OLD, l->as_of, (long long)table_days,
	    MONGO_LIFECYCLE_FILE);
}
