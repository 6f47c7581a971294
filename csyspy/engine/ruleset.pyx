"""Many conditions over one stream of events: which of them hold, asked in as few steps as can be.

An event meets only the rules that its type allows, and of these only the ones that what is known of its thread has not ruled
out: a row of bits for each event type, two rows in each thread. Then guards, which are conditions that several rules demand, take out
all of theirs at once. What is left is asked one by one, in the order of the rules.
"""

from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from csyspy.engine cimport verdicts
from csyspy.engine.event cimport KINDS, MAX_EVENT_TYPES, event_kind
from csyspy.engine.program cimport Node
from csyspy.engine.state cimport NEED_NOTHING, Sink, State
from csyspy.engine.threads cimport VERDICT_WORDS, ThreadInfo
from csyspy.engine.verdicts cimport Bits, remembers

cdef extern from *:
    int __builtin_ctzll(unsigned long long) nogil

cdef enum:
    WORD = 64
    MAX_WORDS = 64      # 4096 rules

cdef struct Rule:
    void* thread        # Node, or NULL: what it demands of the thread
    void* rest          # Node, or NULL: what else it demands, beside its guards

cdef struct Guard:
    void* node
    uint64_t rules[MAX_WORDS]

cdef struct Bucket:     # of one kind of event
    uint64_t* rules     # NULL: none
    uint32_t* guards    # numbers of those to ask
    uint32_t guard_count


cdef class _Candidates(Node):
    """Whether any rule is left for an event once its type and its thread have been looked at; what is left stays in the set."""

    cdef RuleSet owner

    cdef int test(self, State state) except -1:
        return self.owner.look(state)


def room_for(rules: int) -> Bits | None:
    """Room in the threads for what is known of so many rules, or of the first of them; None where none is left."""
    for words in range(min((rules + WORD - 1) // WORD, VERDICT_WORDS), 0, -1):
        bits = Bits(words * WORD)
        if bits.first >= 0:
            return bits
    return None


cdef class RuleSet(Sink):
    """Calls `on_match(number of the rule, state)` for the rules that hold: the first in order, or every one.

    A rule is `(possible, thread, guards, rest)`: a verdict by kind of event (b"\\1" possible), the Node for what depends on the thread alone
    or None, `(Node, kinds as bits)` for conditions worth asking once for all rules that share the object (at events of these kinds
    only), and the Node for what remains or None. `bits` is where threads keep what is known of the first rules (`room_for`). `joins`: exit
    events that rules look at have the parameters of their enter events, too. `needs` is what on_match will look at.
    """

    cdef Rule* rules
    cdef Guard* guards
    cdef Bucket* buckets
    cdef Bucket* bucket                      # of the event in hand
    cdef readonly uint32_t count
    cdef uint32_t words, guard_count
    cdef Bits bits
    cdef uint32_t first_word, bit_words      # where threads keep what is known of the first bit_words * 64 rules
    cdef uint64_t* left
    cdef uint64_t* _fired
    cdef list held
    cdef object on_match
    cdef bint every, joins
    cdef bint generic[2]                     # some rule looks at generic enter events, at generic exit events
    cdef public uint64_t matches             # in all

    def __init__(self, rules: list[tuple], on_match, *, Bits bits=None, bint every=False, bint joins=False,
                 unsigned int needs=NEED_NOTHING):
        cdef Node node
        cdef _Candidates candidates = _Candidates()
        cdef uint32_t i
        self.count = len(rules)
        self.words = (self.count + WORD - 1) // WORD
        if self.words > MAX_WORDS:
            raise ValueError(f"more than {MAX_WORDS * WORD} rules")
        self.on_match = on_match
        self.every = every
        self.wants_hidden = True
        self.joins = joins
        self.needs = needs
        self.held = []
        self.rules = <Rule*>calloc(self.count or 1, sizeof(Rule))
        self.left = <uint64_t*>calloc(self.words or 1, sizeof(uint64_t))
        self._fired = <uint64_t*>calloc(self.count or 1, sizeof(uint64_t))
        self.buckets = <Bucket*>calloc(KINDS, sizeof(Bucket))
        if self.rules == NULL or self.left == NULL or self._fired == NULL or self.buckets == NULL:
            raise MemoryError
        for i in range(self.count):
            _possible, thread, guards, rest = rules[i]
            for node in (thread, rest, *(guard for guard, _types in guards)):
                if node is not None:
                    self.needs |= node.needs
                    self.held.append(node)
            self.rules[i].thread = NULL if thread is None else <void*>thread
            self.rules[i].rest = NULL if rest is None else <void*>rest
        self._fill(rules)
        self.bits = bits
        if bits is not None and bits.first >= 0:
            self.first_word = <uint32_t>(bits.first // WORD)
            self.bit_words = min(self.words, <uint32_t>(bits.count // WORD))
        candidates.owner = self
        self.filter = candidates

    def __dealloc__(self):
        cdef uint32_t kind
        if self.buckets != NULL:
            for kind in range(KINDS):
                free(self.buckets[kind].rules)
                free(self.buckets[kind].guards)
        free(self.buckets)
        free(self.rules)
        free(self.guards)
        free(self.left)
        free(self._fired)

    cdef int _fill(self, list rules) except -1:
        """The buckets, and the guards of each."""
        cdef Bucket* bucket
        cdef uint32_t kind, i
        cdef bytes possible
        cdef list found = []       # [node, kinds, [rules]] of each guard
        numbers = {}
        for i in range(self.count):
            possible, _thread, guards, _rest = rules[i]
            for kind in range(min(len(possible), KINDS)):
                if possible[kind]:
                    bucket = &self.buckets[kind]
                    if bucket.rules == NULL:
                        bucket.rules = <uint64_t*>calloc(self.words, sizeof(uint64_t))
                        if bucket.rules == NULL:
                            raise MemoryError
                    bucket.rules[i // WORD] |= <uint64_t>1 << (i % WORD)
            for node, types in guards:
                at = numbers.setdefault(id(node), len(found))
                if at == len(found):
                    found.append((node, types, []))
                found[at][2].append(i)
        found.sort(key=lambda guard: -len(guard[2]))
        self.guard_count = len(found)
        self.guards = <Guard*>calloc(self.guard_count or 1, sizeof(Guard))
        if self.guards == NULL:
            raise MemoryError
        for at, (node, _types, demanding) in enumerate(found):
            self.guards[<uint32_t>at].node = <void*>node
            for i in demanding:
                self.guards[<uint32_t>at].rules[i // WORD] |= <uint64_t>1 << (i % WORD)
        for kind in range(KINDS):
            if self.buckets[kind].rules != NULL:
                if kind >= MAX_EVENT_TYPES:
                    self.generic[kind & 1] = True
                self._choose_guards(kind, found)
        return 0

    cdef int _choose_guards(self, uint32_t kind, list found) except -1:
        """Those that are asked at this type, and that some rule of its bucket demands."""
        cdef Bucket* bucket = &self.buckets[kind]
        cdef uint32_t i
        wanted = []
        for at, (_node, types, demanding) in enumerate(found):
            if types >> kind & 1:
                for i in demanding:
                    if bucket.rules[i // WORD] >> (i % WORD) & 1:
                        wanted.append(at)
                        break
        bucket.guard_count = len(wanted)
        bucket.guards = <uint32_t*>calloc(bucket.guard_count or 1, sizeof(uint32_t))
        if bucket.guards == NULL:
            raise MemoryError
        for i in range(bucket.guard_count):
            bucket.guards[i] = wanted[i]
        return 0

    @property
    def types(self) -> list[int]:
        """Ids of the event table that some rule looks at."""
        return [kind for kind in range(MAX_EVENT_TYPES) if self.wants_type(kind)]

    @property
    def fired(self) -> list[int]:
        """How often each rule held."""
        return [self._fired[i] for i in range(self.count)]

    cdef bint wants_type(self, uint16_t evt_type) except -1:
        if evt_type < 2:
            return self.generic[evt_type]
        return evt_type >= MAX_EVENT_TYPES or self.buckets[evt_type].rules != NULL

    cdef bint wants_kind(self, uint32_t kind) except -1:
        return self.buckets[kind].rules != NULL

    cdef int section(self, State state) except -1:
        cdef uint32_t kind
        for kind in range(1, MAX_EVENT_TYPES, 2):
            if self.joins and self.buckets[kind].rules != NULL:
                state.joins[kind - 1] = state.joins[kind] = 1
        return 0

    cdef int look(self, State state) noexcept:
        """Put the rules that are still possible into `left`; 0 where there are none."""
        cdef Bucket* bucket
        cdef ThreadInfo thread
        cdef uint64_t any_left = 0
        cdef uint32_t w
        if state.evt.type >= MAX_EVENT_TYPES:
            return 0
        bucket = self.bucket = &self.buckets[event_kind(&state.evt)]
        if bucket.rules == NULL:
            return 0
        memcpy(self.left, bucket.rules, self.words * sizeof(uint64_t))
        if remembers(state):
            thread = state.thread
            for w in range(self.bit_words):
                self.left[w] &= ~thread.verdict_known[self.first_word + w] | thread.verdict_value[self.first_word + w]
        for w in range(self.words):
            any_left |= self.left[w]
        return any_left != 0

    cdef int event(self, State state) except -1:
        cdef Bucket* bucket = self.bucket
        cdef uint64_t open_rules
        cdef uint32_t i, w, number
        verdicts.STAMP += 1
        for i in range(bucket.guard_count):
            if self._guards_some(&self.guards[bucket.guards[i]]) and not (<Node>self.guards[bucket.guards[i]].node).test(state):
                for w in range(self.words):
                    self.left[w] &= ~self.guards[bucket.guards[i]].rules[w]
        for w in range(self.words):
            open_rules = self.left[w]
            while open_rules:
                number = w * WORD + <uint32_t>__builtin_ctzll(open_rules)
                open_rules &= open_rules - 1
                if self._holds(state, number):
                    self.matches += 1
                    self._fired[number] += 1
                    self.on_match(number, state)
                    if not self.every:
                        return 0
        return 0

    cdef bint _guards_some(self, Guard* guard) noexcept:
        cdef uint32_t w
        for w in range(self.words):
            if self.left[w] & guard.rules[w]:
                return True
        return False

    cdef int _holds(self, State state, uint32_t number) except -1:
        cdef Rule* rule = &self.rules[number]
        cdef ThreadInfo thread = state.thread
        cdef uint32_t w = number // WORD
        cdef uint64_t bit = <uint64_t>1 << (number % WORD)
        if rule.thread != NULL:
            if w >= self.bit_words or not remembers(state):
                if not (<Node>rule.thread).test(state):
                    return 0
            else:
                w += self.first_word
                if not thread.verdict_known[w] & bit:
                    if (<Node>rule.thread).test(state):
                        thread.verdict_value[w] |= bit
                    else:
                        thread.verdict_value[w] &= ~bit
                    thread.verdict_known[w] |= bit
                if not thread.verdict_value[w] & bit:
                    return 0
        if rule.rest == NULL:
            return 1
        return (<Node>rule.rest).test(state)
