"""Shell patterns over bytes: what fnmatch(3) does without flags in the C locale, on text that no NUL ends.

`*` and `?` match a slash and a leading dot too; a backslash takes the meaning from the next character. Time is at most the product
of the two lengths: only the last star is ever gone back to.
"""

from libc.string cimport memcmp

cdef enum Step:
    MISS = 0
    HIT = 1
    LITERAL = 2    # the bracket is never closed: it means itself


cdef inline unsigned char _fold(unsigned char c, bint fold) noexcept nogil:
    return c + 32 if fold and c"A" <= c <= c"Z" else c


cdef bint _in_class(const char* name, size_t n, unsigned char c, bint fold) noexcept nogil:
    """Is `c` in the character class `name` (`alpha`, `digit` …)?"""
    cdef bint upper = c"A" <= c <= c"Z"
    cdef bint lower = c"a" <= c <= c"z"
    cdef bint digit = c"0" <= c <= c"9"
    if n == 6:
        return memcmp(name, b"xdigit", 6) == 0 and (digit or c"a" <= c <= c"f" or c"A" <= c <= c"F")
    if n != 5:
        return False
    if memcmp(name, b"alpha", 5) == 0:
        return upper or lower
    if memcmp(name, b"digit", 5) == 0:
        return digit
    if memcmp(name, b"alnum", 5) == 0:
        return upper or lower or digit
    if memcmp(name, b"upper", 5) == 0:
        return upper or (fold and lower)
    if memcmp(name, b"lower", 5) == 0:
        return lower or (fold and upper)
    if memcmp(name, b"space", 5) == 0:
        return c == 32 or 9 <= c <= 13
    if memcmp(name, b"blank", 5) == 0:
        return c == 32 or c == 9
    if memcmp(name, b"cntrl", 5) == 0:
        return c < 32 or c == 127
    if memcmp(name, b"print", 5) == 0:
        return 32 <= c < 127
    if memcmp(name, b"graph", 5) == 0:
        return 32 < c < 127
    if memcmp(name, b"punct", 5) == 0:
        return 32 < c < 127 and not (upper or lower or digit)
    return False


cdef int _bracket(const char* p, size_t n, size_t* at, unsigned char c, bint fold) noexcept nogil:
    """Match `c` against the bracket expression whose `[` stands before `at`; `at` moves behind its `]`."""
    cdef size_t i = at[0]
    cdef size_t j
    cdef bint negated = False
    cdef bint found = False
    cdef bint first = True
    cdef unsigned char low, high
    cdef unsigned char folded = _fold(c, fold)
    if i < n and (p[i] == c"!" or p[i] == c"^"):
        negated = True
        i += 1
    while True:
        if i >= n:
            return LITERAL
        if p[i] == c"]" and not first:
            break
        first = False
        if p[i] == c"[" and i + 1 < n and p[i + 1] == c":":
            j = i + 2
            while j + 1 < n and not (p[j] == c":" and p[j + 1] == c"]"):
                j += 1
            if j + 1 < n:
                if _in_class(p + i + 2, j - i - 2, c, fold):
                    found = True
                i = j + 2
                continue
        if p[i] == c"\\" and i + 1 < n:
            i += 1
        low = _fold(<unsigned char>p[i], fold)
        high = low
        i += 1
        if i + 1 < n and p[i] == c"-" and p[i + 1] != c"]":
            i += 1
            if p[i] == c"\\" and i + 1 < n:
                i += 1
            high = _fold(<unsigned char>p[i], fold)
            i += 1
        if low <= folded <= high:
            found = True
    at[0] = i + 1
    return HIT if found != negated else MISS


cdef bint glob_match(const char* pattern, size_t pattern_size, const char* text, size_t size, bint fold) noexcept nogil:
    cdef size_t p = 0
    cdef size_t t = 0
    cdef size_t star = 0         # behind the last star
    cdef size_t resume = 0       # where its tail was tried last
    cdef bint starred = False
    cdef bint hit
    cdef size_t q
    cdef int step
    cdef unsigned char c
    while True:
        if p < pattern_size and pattern[p] == c"*":
            starred = True
            p += 1
            star = p
            resume = t
            continue
        if t == size:
            if p == pattern_size:
                return True
            return False     # a longer match of the star leaves even less text
        hit = False
        if p < pattern_size:
            c = <unsigned char>text[t]
            q = p + 1
            if pattern[p] == c"?":
                hit = True
            elif pattern[p] == c"[":
                step = _bracket(pattern, pattern_size, &q, c, fold)
                if step == LITERAL:
                    q = p + 1
                    hit = c == c"["
                else:
                    hit = step == HIT
            elif pattern[p] == c"\\":
                if q < pattern_size:
                    hit = _fold(<unsigned char>pattern[q], fold) == _fold(c, fold)
                    q += 1
            else:
                hit = _fold(<unsigned char>pattern[p], fold) == _fold(c, fold)
        if hit:
            p = q
            t += 1
        elif starred:
            resume += 1
            t = resume
            p = star
        else:
            return False


def matches(bytes pattern, bytes text, bint fold=False) -> bool:
    """Does the whole `text` match the shell pattern?"""
    return glob_match(pattern, len(pattern), text, len(text), fold)
