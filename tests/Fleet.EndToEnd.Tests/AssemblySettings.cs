// Each test runs a whole fleet; one after another they get the machine's two cores for themselves.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
