"""The steps from an older ledger to today's, in versions/."""
