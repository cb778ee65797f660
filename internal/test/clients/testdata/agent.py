#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0

# Asks octavia's module for what its agent reports of a listener: what it reads in two listings, the figures that it makes of
# them, and the state of each real server.
import json
import sys

from oslo_config import cfg

# The only setting that the module needs, with the default that the agent gives it.
cfg.CONF.register_opts([cfg.StrOpt("base_path", default="/var/lib/octavia")], group="haproxy_amphora")

from octavia.amphorae.backends.utils import keepalivedlvs_query as query
from octavia.common import constants

print(json.dumps({
    "listing": query.get_ipvsadm_info(constants.AMPHORA_NAMESPACE),
    "statistics": query.get_ipvsadm_info(constants.AMPHORA_NAMESPACE, is_stats_cmd=True),
    "listeners": query.get_lvs_listeners_stats(),
    "state": query.get_lvs_listener_pool_status(sys.argv[1]),
}, indent=1, sort_keys=True))
