"""Due work: lanes, leases, schedules, heartbeats."""
