/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
 * bcc includes this file; nothing in it is needed. */
#include <linux/types.h>
