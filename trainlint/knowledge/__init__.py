"""What names of the ecosystem mean, as data: one table a library."""
