// Faults of whole machines in miniature: one at a time, so that none is taken for another's.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
