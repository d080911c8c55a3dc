"""One kind of service: what each is, who keeps it running, and the one clock for what is periodic.

A service is one folder below `thrum.daemon` and one line in `thrum.daemon.services`.
"""

from thrum.daemon.service.contract import Service
from thrum.daemon.service.scheduler import Job, Scheduler
from thrum.daemon.service.supervisor import Report, Standing, Supervisor

__all__ = ["Job", "Report", "Scheduler", "Service", "Standing", "Supervisor"]
