"""Events that others put into a capture (draios/sysdig: userspace/sysdig/chisels/v_docker_events, v_notifications.lua)."""

from csyspy.views.view import Column, Kind, View

DOCKER_EVENTS = View(
    id="docker_events",
    name="Docker Events",
    description="What the Docker daemon told of its containers while the capture was made; only captures of old sysdigs hold such events.",
    kind=Kind.LIST,
    filter="evt.type=infra",
    use_defaults=True,
    tags=("Default", "nocsysdig"),
    columns=(
        Column("TIME", "evt.time", colsize=18, priority=9, description="when"),
        Column("EVENT TYPE", "evt.arg.name", colsize=20, priority=7, description="event type"),
        Column("CONTAINER ID", "evt.infra.docker.container.id", colsize=20, priority=6, description="container id in a docker event"),
        Column("CONTAINER IMAGE", "evt.infra.docker.container.image", colsize=20, priority=5, description="image in a docker event"),
        Column("CONTAINER NAME", "evt.infra.docker.container.name", priority=9, description="container name in a docker event"),
    ),
)

NOTIFICATIONS = View(
    id="notifications",
    name="Notifications",
    description="Marks that a policy engine left in the capture, one a line; only captures of old sysdigs hold them.",
    kind=Kind.LIST,
    filter="evt.type=notification",
    use_defaults=True,
    tags=("nocsysdig",),
    columns=(
        Column("TIME", "evt.time", colsize=12, priority=9, description="when"),
        Column("ID", "evt.arg.id", colsize=24, priority=7, description="id"),
        Column("Container", "container.name", colsize=20, tags=("containers",), priority=6, description="container name, or host"),
        Column("DESCRIPTION", "evt.arg.desc", priority=9, description="description"),
    ),
)
