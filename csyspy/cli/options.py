"""The command line as data: every option once, with what it takes, what became of it since sysdig, and its help.

Parsing, ``-h``, the choice between text and screen, and the answers to options that are gone all read this table.
Letters and long names are sysdig's (`sysdig: userspace/sysdig/sysdig.cpp`, `csysdig.cpp`).
"""

from typing import NamedTuple

KEEP, MAP, DROP = "keep", "map", "drop"


class Option(NamedTuple):
    """One option.

    ``dest`` names the attribute of `Command` (or `RulesCommand`) it sets; ``metavar`` is the argument's name, empty for a switch. An option
    with ``text`` asks for plain output, so no screen is opened. ``verdict`` is KEEP (as in sysdig), MAP (same letter,
    meaning adapted) or DROP; of a dropped option ``help`` says why and what to use instead.
    """

    letter: str
    names: tuple[str, ...]
    metavar: str
    dest: str
    group: str
    verdict: str
    text: bool
    help: str


def shown(option: Option) -> str:
    """The option as messages name it: by its letter, or its long name where it has none."""
    return "-" + option.letter if option.letter else "--" + option.names[0]


def _switch(letter: str, names: str, dest: str, group: str, text: str, *, plain: bool = False, verdict: str = KEEP) -> Option:
    return Option(letter, tuple(names.split()), "", dest, group, verdict, plain, text)


def _value(letter: str, names: str, metavar: str, dest: str, group: str, text: str, *, plain: bool = False, verdict: str = KEEP) -> Option:
    return Option(letter, tuple(names.split()), metavar, dest, group, verdict, plain, text)


def _gone(letter: str, names: str, metavar: str, text: str) -> Option:
    return Option(letter, tuple(names.split()), metavar, "", "", DROP, False, text)


SOURCE, OUTPUT, BUFFERS, WRITING, CHISELS, VIEWS, LISTS, OTHER = (
    "Where events come from",
    "What is printed",
    "How data buffers are printed",
    "Writing captures",
    "Chisels",
    "Views",
    "Listings",
    "Other",
)

OPTIONS: tuple[Option, ...] = (
    _value(
        "r", "read readfile", "FILE", "files", SOURCE,
        "Read events from a capture, plain or gzip; `-` is standard input. Several -r: one file after the other.",
    ),
    _value(
        "", "rules", "PATH", "rules_files", SOURCE,
        "Run Falco's rules of a file or directory: their alerts are what is printed, or stand in the alerts view. May be repeated.",
    ),
    _value(
        "", "from", "FEED", "feeds", SOURCE,
        "Merge in the alerts of a Falco that runs elsewhere: a file that grows, `-` (standard input), http://ADDRESS:PORT to receive "
        "http_output and falcosidekick's webhook, k8s://NAMESPACE/LABELS for the logs of its pods; audit:FILE and POST /k8s-audit bring "
        "Kubernetes' audit events. May be repeated.",
    ),
    _value("", "feed-token", "WORD", "feed_token", SOURCE, "What senders to http:// have to show (Authorization: Bearer WORD)."),
    _value(
        "n", "numevents", "N", "count", SOURCE,
        "Stop after N events that pass the filter. Internal events, which -D shows, count too. With a view: after N refreshes.",
        plain=True,
    ),
    _value("M", "duration", "SEC", "duration_s", SOURCE, "Stop after SEC seconds of events, by their own time stamps."),
    _switch(
        "d", "displayflt", "display_filter", SOURCE,
        "Apply the filter to what is shown only: -n, -S and -w see every event. Everything is always parsed.",
    ),
    _switch(
        "E", "exclude-users", "exclude_users", SOURCE,
        "Leave out the tables of users and groups: ids stay, names are <NA>, and -w writes none.",
    ),
    _value(
        "U", "suppress-comm", "NAME", "suppressed", SOURCE,
        "Ignore all events of processes with this command name. May be repeated.",
    ),
    _value(
        "s", "snaplen", "LEN", "snaplen", SOURCE,
        "Live: keep the first LEN bytes of each I/O buffer, 80 without -s. A file keeps what it has.",
        verdict=MAP,
    ),
    _value(
        "", "buf-size-preset", "N", "buffer_preset", SOURCE,
        "Live, outside the screens: size of the ring that events come through, 1 to 10 for 1 to 512 MiB, each twice the one before; 4 "
        "(8 MiB) without. As `buf_size_preset` in falco.yaml.",
        verdict=MAP,
    ),
    _value("", "cri", "PATH", "cri", SOURCE, "Live: socket of a CRI runtime, besides the usual ones. May be repeated.", verdict=MAP),
    _value("", "docker-host", "PATH", "docker_host", SOURCE, "Live: socket of Docker, besides the usual ones."),
    _value(
        "k", "kubernetes", "FILE", "kubeconfig", SOURCE,
        "Live: ask the API server of this kubeconfig who owns this node's pods and which services select them; `auto` looks in the usual "
        "places. In a pod with a service account it is asked without -k. Names, namespaces and labels of pods need no -k.",
        verdict=MAP,
    ),
    _value("", "node-name", "NAME", "node_name", SOURCE, "Live: this node's name at the API server; without it $NODE_NAME or the host's."),
    _value(
        "", "cri-timeout", "MS", "cri_timeout_ms", SOURCE,
        "Live: wait at most MS milliseconds for the container runtime.",
        verdict=MAP,
    ),
    _switch(
        "", "large-environment", "large_environment", SOURCE,
        "Live: read environments above 4 KiB from /proc.",
        verdict=MAP,
    ),
    _switch("", "page-faults", "page_faults", SOURCE, "Live: also trace page faults."),
    _switch(
        "", "latency", "latency", SOURCE,
        "Live: take the time at the begin of each call, too, so that latencies are known. Chisels and fields that tell them ask for it.",
    ),
    _switch(
        "", "newer-events", "newer_events", SOURCE,
        "Live, with -w: keep the arguments of system calls that sysdig 0.29.3 has no event for. It passes over them; newer libs read them.",
    ),
    _value(
        "", "tier", "TIER", "tier", SOURCE,
        "Live: take A (raw tracepoints and iterators), B (tracepoints, without the kernel's type information) or C (/proc alone) instead "
        "of the best that is possible; `csyspy doctor` tells what each needs.",
    ),
    _value(
        "p", "print", "FORMAT", "format", OUTPUT,
        "Print each event as FORMAT says: text with %fields; see OUTPUT FORMAT. -pc, -pk and -pm are ready-made ones for "
        "containers, Kubernetes and Mesos; -pp (or -p alone) shows the default and ends.",
        plain=True,
    ),
    _switch(
        "j", "json", "json", OUTPUT,
        "Print one JSON object a line, with the fields of the format as sorted, typed keys.",
        plain=True,
    ),
    _value(
        "t", "timetype", "TYPE", "time_type", OUTPUT,
        "Time column: h human, a absolute, r since the first event shown, d from enter to exit, D since the event shown before.",
        plain=True,
    ),
    _switch("q", "quiet", "quiet", OUTPUT, "Print no events.", plain=True),
    _switch("S", "summary", "summary", OUTPUT, "At the end print how often each type of event was seen.", plain=True),
    _switch(
        "v", "verbose", "verbose", OUTPUT,
        "Do not shorten long values, and print counters on standard error at the end. With a word behind it: see -v ID.",
    ),
    _switch(
        "D", "debug", "debug", OUTPUT,
        "Print internal events too (procinfo, container, user added and their like).",
        plain=True,
        verdict=MAP,
    ),
    _switch("R", "resolve-ports", "resolve_ports", OUTPUT, "Print names instead of port numbers."),
    _switch("P", "progress", "progress", OUTPUT, "Show progress on standard error while reading a file."),
    _switch("", "unbuffered", "unbuffered", OUTPUT, "Write every line at once.", plain=True),
    _switch("", "text", "text", OUTPUT, "Print text even where standard output is a terminal.", plain=True),
    _switch("A", "print-ascii", "ascii", BUFFERS, "Only the text of data buffers, with line ends.", plain=True),
    _switch("b", "print-base64", "base64", BUFFERS, "Data buffers in base64.", plain=True),
    _switch("x", "print-hex", "hex", BUFFERS, "Data buffers in hexadecimal.", plain=True),
    _switch("X", "print-hex-ascii", "hex_ascii", BUFFERS, "Data buffers in hexadecimal and text.", plain=True),
    _value(
        "w", "write writefile", "FILE", "write", WRITING,
        "Write the events that pass the filter to FILE, a capture that sysdig reads too; `-` is standard output. Implies -q.",
        plain=True,
    ),
    _switch("z", "compress", "compress", WRITING, "With -w: gzip the file."),
    _value(
        "C", "file-size", "MB", "file_size_mb", WRITING,
        "With -w: begin a new file when the current one is longer than MB million bytes; names get a number from 0 up.",
    ),
    _value(
        "G", "seconds", "SEC", "rotate_s", WRITING,
        "With -w: begin a new file every SEC seconds; the name goes through strftime(3), without a % it gets a number.",
    ),
    _value("e", "event-limit", "N", "event_limit", WRITING, "With -w: begin a new file every N events."),
    _value("W", "limit", "N", "file_limit", WRITING, "With -C, -G or -e: keep N files, then write over the first."),
    _switch(
        "F", "fatfile", "fatfile", WRITING,
        "With -w: also write, hidden, the events that the filter drops but that readers need to rebuild the state.",
    ),
    _switch(
        "", "filter-proclist", "filter_proclist", WRITING,
        "With -w: write only the processes that pass the filter into the file's process list.",
    ),
    _value(
        "c", "chisel", "NAME", "chisels", CHISELS,
        "Run a chisel; its arguments follow as one word. May be repeated.",
        plain=True,
    ),
    _switch("", "list-chisels", "list_chisels", CHISELS, "List the chisels; -cl for short.", plain=True),
    _value("i", "chisel-info", "NAME", "chisel_info", CHISELS, "Describe a chisel and its arguments.", plain=True),
    _value("", "view views", "ID", "view", VIEWS, "Begin with this view; `-v ID` for short.", verdict=MAP),
    _switch("", "once", "once", VIEWS, "Print the view once, without a screen.", plain=True),
    _switch("", "csv", "csv", VIEWS, "Print the view as CSV, without a screen; -j prints it as JSON.", plain=True),
    _value("", "sort", "COLUMN", "sort", VIEWS, "Order the rows by this column; COLUMN:asc and COLUMN:desc say which way.", plain=True),
    _value("", "columns", "NAMES", "columns", VIEWS, "Print these columns only, joined with commas.", plain=True),
    _value("", "rows", "N", "rows", VIEWS, "Print the first N rows only.", plain=True),
    _switch("", "list-views", "list_views", VIEWS, "List the views.", plain=True),
    _value(
        "", "interval delay", "MS", "interval_ms", VIEWS,
        "Refresh the view every MS milliseconds (2000; at least 100); of a capture printed without a screen, one table for each interval.",
        verdict=MAP,
    ),
    _switch(
        "l", "list", "list_fields", LISTS,
        "List the fields for filters and formats; -lv with their types.",
        plain=True,
    ),
    _switch("", "list-markdown", "list_markdown", LISTS, "List the fields as Markdown.", plain=True),
    _switch("N", "", "names_only", LISTS, "With -l: only the names.", plain=True),
    _switch(
        "", "explain-filter", "explain_filter", LISTS,
        "Say what live capture leaves to the kernel of the filter, which events it takes, and what the engine decides.",
        plain=True,
    ),
    _switch("L", "list-events", "list_events", LISTS, "List the events and their parameters.", plain=True),
    _value("", "log-level", "LEVEL", "log_level", OTHER, "Log to standard error: error, warning, info or debug."),
    _switch("h", "help", "help", OTHER, "Print this text."),
    _switch("", "version", "version", OTHER, "Print the version."),
    _switch("", "libs-version", "libs_version", OTHER, "Print the version of the event table."),
    _gone("B", "bpf", "", "there is no probe to choose: live events come from bcc"),
    _gone("", "modern-bpf", "", "there is no probe to choose: live events come from bcc"),
    _gone("", "kmod", "", "there is no kernel module: live events come from bcc"),
    _gone("", "cpus-for-each-buffer", "N", "there is no driver whose ring buffers could be shared"),
    _gone("u", "udig", "", "tracing from user space is gone from sysdig as well; live events come from bcc"),
    _gone("T", "force-tracers-capture", "", "tracers are gone from sysdig as well"),
    _gone("g", "gvisor-config", "FILE", "gVisor is not a source of csyspy"),
    _gone("", "gvisor-root", "DIR", "gVisor is not a source of csyspy"),
    _gone("", "gvisor-generate-config", "", "gVisor is not a source of csyspy"),
    _gone("", "k8s-api", "URL", "-k FILE names a kubeconfig, which has the address"),
    _gone("K", "k8s-api-cert", "FILE", "-k FILE names a kubeconfig, which has the certificates"),
    _gone("m", "mesos-api", "URL", "Mesos is gone from sysdig as well"),
    _gone("H", "plugin", "NAME", "csyspy loads no sysdig plug-ins; chisels are its plug-ins: see -cl"),
    _gone("I", "input", "NAME", "csyspy loads no sysdig plug-ins, so none can be a source; read a capture with -r"),
    _gone("", "plugin-config-file", "FILE", "csyspy loads no sysdig plug-ins"),
    _gone("", "plugin-info", "NAME", "csyspy loads no sysdig plug-ins"),
    _gone("", "force-term-compat", "", "the screen adapts to the terminal by itself"),
)

# sysdig's default line and its ready-made formats (sysdig: userspace/sysdig/sysdig.cpp, case 'p').
DEFAULT_FORMAT = "*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"
TERMINAL_FORMAT = (
    r"*%evt.num %evt.outputtime %evt.cpu \e[01;32m%proc.name\e[00m (\e[01;36m%proc.pid\e[00m.%thread.tid) "
    r"%evt.dir \e[01;34m%evt.type\e[00m %evt.info"
)
_OWNER = "*%evt.num %evt.outputtime %evt.cpu {} (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info"
READY_FORMATS = {
    "c": _OWNER.format("%container.name"),
    "container": _OWNER.format("%container.name"),
    "k": _OWNER.format("%k8s.pod.name"),
    "kubernetes": _OWNER.format("%k8s.pod.name"),
    # Mesos is gone, so no process has a task.
    "m": _OWNER.format("<NA>"),
    "mesos": _OWNER.format("<NA>"),
}

TIME_TYPES = "hardD"
TIERS = ("A", "B", "C")
LOG_LEVELS = ("error", "warning", "info", "debug")
BUFFER_FORMATS = {"ascii": "A", "base64": "b", "hex": "x", "hex_ascii": "X"}
"""`Command` attribute -> letter of the buffer formats, of which at most one may be given."""

SUB_COMMANDS = {
    "doctor": "say what live capture needs here, and what there is of it",
    "rules": "check, describe and run Falco's rules",
}
"""Sub-commands by name, with what they do."""
