/* SPDX-License-Identifier: ISC */
/*
 * pins.h - all pins by key, in memory, and which of them the disk has yet to
 * hear of. Any thread.
 *
 * They are all in memory, since whoever asks for a next hop without a pin,
 * which is most of them, must not be sent to the disk.
 */
#ifndef SG_STORE_PINS_H
#define SG_STORE_PINS_H
#include <stdbool.h>
#include <stddef.h>
#include "facts/pin.h"

struct sg_pins;

/* Holds at most max (> 0); with more, the oldest go. NULL: out of memory. */
struct sg_pins *sg_pins_new(size_t max);
void sg_pins_free(struct sg_pins **pins);

/* A reference, or NULL. */
struct sg_pin *sg_pins_get(struct sg_pins *pins, const char *key);
/* As sg_pin_suffices(), without a reference. */
bool sg_pins_suffice(struct sg_pins *pins, const char *key,
    enum sg_level level, int64_t for_s, struct sg_wall now);

/* Takes a reference. unwritten: the disk has yet to hear of it. False: no
   memory. */
bool sg_pins_put(struct sg_pins *pins, struct sg_pin *pin, bool unwritten);
/* True if it was there; then the disk has yet to hear of that. */
bool sg_pins_remove(struct sg_pins *pins, const char *key);
/* Drops up to max of those that have ended. Returns how many. */
size_t sg_pins_expire(struct sg_pins *pins, struct sg_wall now, size_t max);
/* The disk is new: it has yet to hear of them all. */
void sg_pins_unwritten_all(struct sg_pins *pins);

/* What the disk has yet to hear of. A pin that is gone has pin NULL. */
struct sg_pin_change {
	char key[SG_NEXTHOP_KEY_SIZE];
	struct sg_pin *pin; /* a reference */
};
/* Takes up to max of them out, to be written. Returns how many. */
size_t sg_pins_take(struct sg_pins *pins, struct sg_pin_change *out,
    size_t max);
/* Puts them back, unless there is newer; or, written, forgets them. Drops the
   references. */
void sg_pins_give_back(struct sg_pins *pins, struct sg_pin_change *changes,
    size_t n, bool written);

bool sg_pins_any_unwritten(struct sg_pins *pins);
size_t sg_pins_count(struct sg_pins *pins);
#endif
