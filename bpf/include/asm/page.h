/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#include <linux/types.h>
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096UL /* given by the compile step where it is another */
#endif
