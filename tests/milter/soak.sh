#!/bin/sh
# SPDX-License-Identifier: ISC
# No leak and no bad access over a thousand messages, by valgrind. Sanitizer
# builds find the same by themselves and do not run under it.
if ! command -v valgrind >/dev/null; then
	echo "soak: valgrind is not there: skipped"
	exit 77
fi
program=./tests/milter/test_session
if nm "$program" 2>/dev/null | grep -qE ' (__asan_init|__tsan_init)$'; then
	echo "soak: a sanitizer is built in: skipped"
	exit 77
fi
CK_RUN_CASE=soak CK_FORK=no valgrind -q --leak-check=full \
    --errors-for-leak-kinds=definite --show-leak-kinds=definite \
    --error-exitcode=9 "$program" && { echo "1 passed, 0 failed"; exit 0; }
echo "0 passed, 1 failed"
exit 1
