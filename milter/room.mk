stsgate_SOURCES += milter/main.c milter/cmd.h milter/cmd_serve.c \
	milter/cmd_query.c milter/cmd_explain.c milter/cmd_lint.c \
	milter/cmd_check_config.c milter/supervisor.h milter/supervisor.c \
	milter/front.h milter/front.c milter/session.h milter/session.c \
	milter/route.h milter/route.c \
	milter/message.h milter/message.c milter/gate.h milter/gate.c \
	milter/reply.h milter/reply.c milter/wake.h milter/wake.c \
	milter/child.h milter/child.c milter/link.h milter/link.c milter/listen.h milter/listen.c \
	milter/process.h milter/process.c milter/house.h milter/house.c \
	milter/show.h milter/show.c milter/accept.h milter/accept.c
