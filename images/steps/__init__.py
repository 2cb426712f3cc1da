"""The steps of `images/build`, one purpose a file, in the order of the pipeline."""
