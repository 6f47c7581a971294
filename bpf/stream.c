/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The event stream: everything that a capture holds, sent by way of one ring. */

#include "stream_record.h"
#include "stream_prefilter.h"
#include "stream_fetch.h"
#include "stream_files.h"
#include "stream_process.h"
#include "stream_cgroups.h"
#include "stream_inherited.h"
#include "stream_calls.h"
#include "stream_tasks.h"
#ifdef WITH_ENTERS
#include "stream_enters.h"
#endif
#ifdef WITHOUT_TYPES
#include "stream_tracepoints.h"
#else
#include "stream_cpu_times.h"
#endif
