// FLEET_CONFIG is the process's own: tests that set it must not run beside others.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
