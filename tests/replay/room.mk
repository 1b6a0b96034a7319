# tests/replay: see Makefile.am. The linker, and nothing in the product, puts
# the fakes in place of the network's lowest files, and the clock of sim.c in
# place of the C library's and libevent's.
REPLAY_WRAP = -Wl,--wrap=sg_wall_now,--wrap=sg_mono_now,--wrap=sg_log \
	-Wl,--wrap=arc4random,--wrap=arc4random_uniform \
	-Wl,--wrap=poll,--wrap=__poll_chk,--wrap=pthread_create,--wrap=pthread_join \
	-Wl,--wrap=pthread_cond_timedwait \
	-Wl,--wrap=event_add,--wrap=event_del,--wrap=event_free \
	-Wl,--wrap=event_base_dispatch \
	-Wl,--wrap=curl_easy_header,--wrap=curl_easy_getinfo \
	-Wl,--wrap=sg_https_trust_load
check_PROGRAMS += tests/replay/replay
tests_replay_replay_SOURCES = tests/replay/replay.c \
	tests/replay/words.h tests/replay/words.c \
	tests/replay/story.h tests/replay/story.c \
	tests/replay/play.h tests/replay/play.c tests/replay/expect.c \
	tests/replay/world.h tests/replay/world.c \
	tests/replay/sim.h tests/replay/sim.c \
	tests/replay/fakes.h tests/replay/fake_dns.c tests/replay/fake_web.c \
	tests/replay/fake_smtp.c \
	milter/gate.c milter/reply.c
tests_replay_replay_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_replay_replay_CFLAGS = $(TEST_CFLAGS)
tests_replay_replay_LDFLAGS = $(AM_LDFLAGS) $(REPLAY_WRAP)
tests_replay_replay_LDADD = $(TEST_LIBS)
EXTRA_DIST += tests/replay/README $(REPLAY_STORIES)
REPLAY_STORIES = tests/replay/columns.inc \
	tests/replay/matrix_dns.rpl tests/replay/matrix_https.rpl \
	tests/replay/matrix_smtp.rpl tests/replay/matrix_local.rpl \
	tests/replay/policy_life.rpl tests/replay/policy_backoff.rpl \
	tests/replay/policy_refusal.rpl tests/replay/policy_weaker.rpl \
	tests/replay/probe_life.rpl \
	tests/replay/unknown_window.rpl tests/replay/clock_jumps.rpl \
	tests/replay/levels.rpl
