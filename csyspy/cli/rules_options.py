"""The options of `csyspy rules` as data. Letters are Falco's (falco: userspace/falco/app/options.cpp, and older releases for -D -T -t)."""

from csyspy.cli.options import KEEP, Option

FILES, RUNNING, SELECTING, CHECKING, OUTPUT, OTHER = (
    "Which rules",
    "Running them",
    "Choosing among them",
    "Looking at them",
    "Alerts",
    "Other",
)


def _option(letter: str, names: str, metavar: str, dest: str, group: str, text: str) -> Option:
    return Option(letter, tuple(names.split()), metavar, dest, group, KEEP, False, text)


OPTIONS: tuple[Option, ...] = (
    _option(
        "r", "rules", "PATH", "rules_files", FILES,
        "Load a rule file, or the .yaml and .yml files of a directory by name. May be repeated: later files change earlier ones. "
        "Without it the settings say what to load.",
    ),
    _option(
        "c", "config", "FILE", "config", FILES,
        "Read settings from a falco.yaml: rules_files, priority, rule_matching, json_output, append_output, rules, outputs.",
    ),
    _option("o", "option", "KEY=VALUE", "options", FILES, "Set one of these settings, for example -o rule_matching=all. May be repeated."),
    _option(
        "e", "read", "FILE", "captures", RUNNING,
        "Take the events of a capture; those of an audit log (JSON) for rules of the source k8s_audit.",
    ),
    _option(
        "", "from", "FEED", "feeds", RUNNING,
        "Merge in the alerts of a Falco that runs elsewhere: a file that grows, `-` (standard input), http://ADDRESS:PORT to receive "
        "http_output and falcosidekick's webhook, k8s://NAMESPACE/LABELS for the logs of its pods; audit:FILE and POST /k8s-audit give "
        "audit events to rules of the source k8s_audit. May be repeated.",
    ),
    _option("", "feed-token", "WORD", "feed_token", RUNNING, "What senders to http:// have to show (Authorization: Bearer WORD)."),
    _option("", "cri", "PATH", "cri", RUNNING, "Live: socket of a CRI runtime, besides the usual ones. May be repeated."),
    _option("", "docker-host", "PATH", "docker_host", RUNNING, "Live: socket of Docker or Podman, besides the usual ones."),
    _option(
        "k", "kubernetes", "FILE", "kubeconfig", RUNNING,
        "Live: ask the API server of this kubeconfig who owns this node's pods and which services select them; `auto` looks in the usual "
        "places.",
    ),
    _option("", "node-name", "NAME", "node_name", RUNNING, "Live: this node's name at the API server."),
    _option("M", "duration", "SEC", "duration_s", RUNNING, "Stop after SEC seconds of events."),
    _option(
        "A", "all-events", "", "all_events", RUNNING,
        "Evaluate on enter and exit events, even where no rule mentions evt.dir.",
    ),
    _option("", "exit-events", "", "exit_events", RUNNING, "Evaluate on exit events only, even where a rule mentions evt.dir."),
    _option("", "who", "", "who", RUNNING, "List who did what to which object in the audit logs of -e, and run no rules."),
    _option("", "stats", "", "stats", RUNNING, "At the end print how often each rule fired, on standard error."),
    _option("t", "tag", "TAG", "only_tags", SELECTING, "Run only rules with this tag, disabled ones too. May be repeated."),
    _option("T", "without-tag", "TAG", "without_tags", SELECTING, "Leave out rules with this tag. May be repeated."),
    _option("D", "without-rule", "TEXT", "without_names", SELECTING, "Leave out rules with TEXT in their name. May be repeated."),
    _option("V", "validate", "FILE", "validate", CHECKING, "Say what is wrong or odd in rule files, and end. More files may follow."),
    _option("L", "", "", "describe_all", CHECKING, "List the rules with their descriptions; with --json all that is known."),
    _option("l", "", "RULE", "describe_rule", CHECKING, "Describe one rule."),
    _option("", "list", "SOURCE", "list_source", CHECKING, "List the fields for rules of a source: syscall, k8s_audit, or all."),
    _option("N", "names-only", "", "names_only", CHECKING, "With --list: only the names."),
    _option("j", "json", "", "json", OUTPUT, "Print alerts, results and listings as JSON."),
    _option(
        "p", "print", "FORMAT", "print_format", OUTPUT,
        "Append FORMAT to the output of all rules. -pc and -pk put container and Kubernetes fields in the place of %container.info.",
    ),
    _option(
        "v", "verbose", "", "verbose", OUTPUT,
        "Print warnings about the rule files too when they run; with -V also those about keys that mean nothing.",
    ),
    _option(
        "", "capture-on-alert", "SEC", "capture_s", OUTPUT,
        "When a rule fires, write the SEC seconds of events before it, and those up to a second behind it, to a capture.",
    ),
    _option("", "capture-prefix", "PATH", "capture_prefix", OUTPUT, "Begin of the names of these captures (csyspy-alert)."),
    _option("U", "unbuffered", "", "unbuffered", OUTPUT, "Write every alert at once."),
    _option("h", "help", "", "help", OTHER, "Print this text."),
)

CONTAINER_FORMAT = "container_id=%container.id container_name=%container.name container_image_repository=%container.image.repository container_image_tag=%container.image.tag"  # noqa: E501
KUBERNETES_FORMAT = f"{CONTAINER_FORMAT} k8s_ns=%k8s.ns.name k8s_pod_name=%k8s.pod.name"
READY_FORMATS = {"c": CONTAINER_FORMAT, "container": CONTAINER_FORMAT, "k": KUBERNETES_FORMAT, "kubernetes": KUBERNETES_FORMAT}
"""What -pc and -pk append (falco: userspace/falco/app/actions/init_falco_engine.cpp)."""
