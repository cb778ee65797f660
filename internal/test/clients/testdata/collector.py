#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0

# A collector as Diamond has one, with the metrics that its documentation names: the counters of each service in total and
# of each of its real servers, from two listings.
import re
import subprocess
import time

IPVSADM = ["/usr/sbin/ipvsadm", "--list", "--numeric", "--exact"]


def listing(*words):
    return subprocess.run(IPVSADM + list(words), check=True, capture_output=True, text=True).stdout.split("\n")


def columns(lines):
    """The figures of each entry, by service and server."""
    names, service = [], None
    for line in lines:
        words = line.split()
        if not words or line.startswith("IP Virtual Server"):
            continue
        heads = [w for w in words if re.fullmatch(r"[A-Z]\w+", w) and w not in ("Prot", "Scheduler", "Flags", "TCP", "UDP", "FWM")]
        if "RemoteAddress:Port" in words or "LocalAddress:Port" in words:
            names = heads or names
        elif words[0] == "->":
            figures = words[2:]
            if len(figures) == len(names):
                yield service, words[1], dict(zip(names, figures))
        else:
            service = "_".join(words[:2])
            figures = words[2:]
            if len(figures) == len(names) and all(f.isdigit() for f in figures):
                yield service, "total", dict(zip(names, figures))


def publish(name, value):
    print("servers.director.ipvs.%s %d" % (name.replace(".", "_").replace("/", "."), int(value)))


for service, server, figures in columns(listing("--stats")):
    for name, value in figures.items():
        publish("%s/%s/%s" % (service, server, name.lower()), value)
for service, server, figures in columns(listing()):
    for name in ("Weight", "ActiveConn", "InActConn"):
        publish("%s/%s/%s" % (service, server, name.lower()), figures[name])
