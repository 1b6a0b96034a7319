/* SPDX-License-Identifier: ISC */
/* loop.c - see loop.h. */
#include "net/loop.h"

/* The first is 0; what nobody sets is in the middle. */
#define COSTLY 2
#define PRIORITIES 3

struct event_base *
sg_loop_new(void)
{
	struct event_config *how = event_config_new();
	struct event_base *base = NULL;

	if (how == NULL)
		return (NULL);
	/* Between two of those that cost much it looks what else there is. */
	if (event_config_set_max_dispatch_interval(how, NULL, 1, COSTLY) == 0)
		base = event_base_new_with_config(how);
	event_config_free(how);
	if (base != NULL && event_base_priority_init(base, PRIORITIES) != 0) {
		event_base_free(base);
		return (NULL);
	}
	return (base);
}

void
sg_loop_is_costly(struct event *event)
{
	const int n = event_base_get_npriorities(event_get_base(event));

	if (n == PRIORITIES)
		(void)event_priority_set(event, COSTLY);
}
