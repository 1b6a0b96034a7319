#!/bin/sh
# SPDX-License-Identifier: ISC
exec autoreconf -fi
