libstsgate_a_SOURCES += lib/report/cell.h lib/report/cell.c \
	lib/report/days.h lib/report/days.c \
	lib/report/days_file.h lib/report/days_file.c
