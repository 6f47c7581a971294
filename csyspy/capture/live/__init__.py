"""The running kernel as a source, through programs that bcc compiles once per machine.

`compile` makes bytecode of the C under bpf/ (in a child process, cached), `load` brings it into the kernel and attaches it, `maps` and
`ring` read what it has gathered. Nothing here but `bcc_child` ever imports bcc.
"""
