/* SPDX-License-Identifier: ISC */
/* cmd.h - the subcommands. argv[0] is the command's own name ("lint"). Each
   returns an exit status (INTERFACES "Commands"). */
#ifndef SG_CMD_H
#define SG_CMD_H

int sg_cmd_serve(int argc, char **argv);
int sg_cmd_check_config(int argc, char **argv);
int sg_cmd_query(int argc, char **argv);
int sg_cmd_explain(int argc, char **argv);
int sg_cmd_cache(int argc, char **argv);
int sg_cmd_status(int argc, char **argv);
int sg_cmd_reload(int argc, char **argv);
int sg_cmd_held(int argc, char **argv);
int sg_cmd_lint(int argc, char **argv);
int sg_cmd_report(int argc, char **argv);
#endif
