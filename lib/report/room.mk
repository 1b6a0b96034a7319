libstsgate_a_SOURCES += lib/report/counters.h lib/report/counters.c
libstsgate_a_SOURCES += lib/report/cell.h lib/report/cell.c \
	lib/report/days.h lib/report/days.c \
	lib/report/days_file.h lib/report/days_file.c \
	lib/report/summary.h lib/report/summary.c \
	lib/report/advice.h lib/report/advice.c \
	lib/report/page.h lib/report/page_private.h \
	lib/report/page.c lib/report/page_text.c lib/report/page_plot.c \
	lib/report/page_style.c
