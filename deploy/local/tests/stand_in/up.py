"""`labelwright up` with stand-ins: `python up.py PARTS REPLICAS --ready-file F`."""

import sys
from dataclasses import replace
from pathlib import Path

from labelwright_local.command import make_plan, plain_errors, run
from labelwright_local.output import Screen
from labelwright_local.services import SERVICES, Service

if __name__ == "__main__":
    with plain_errors():
        plan = make_plan(Path(sys.argv[4]), sys.argv[1], sys.argv[2].split())
        stand_ins = tuple(Service(one.name, "stand_in_service") for one in SERVICES)
        run(replace(plan, known_services=stand_ins), Screen())
