/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The begin of system calls, for those who want to know how long they take: a record with the arguments, and what they point at. */

/* sys_enter: registers, number */
int stream_enter(u64 *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	u64 nr = ctx[1], pid_tgid = own_pid_tgid();
	int zero = 0;
	struct settings *set = settings.lookup(&zero);
	struct call *call = wanted_call(set, nr);
	struct scratch *s;
	if (!call || pid_tgid >> 32 == set->own_pid || is_foreign(regs))
		return 0;
	/* Whether it will fail is not known yet: it may. */
	if (!(call->flags & CALL_STATE) && !prefilter(call->clauses, call->flags & CALL_FD, regs, -1, pid_tgid))
		return 0;
	s = begin_record(regs, nr, pid_tgid);
	if (!s)
		return 0;
	s->head.kind = CALL_ENTER;
	s->head.regs[RESULT] = 0;
	if (call->flags & CALL_PROCESS) {
		if (call->ops > 2)      /* exec: the name of the program */
			took(s, 3, fetch_string(s, reg(s, call->op[3].a)));
	} else if (!(call->flags & CALL_SMALL)) {
		fetch_all(s, call);
	}
	send(s);
	return 0;
}
