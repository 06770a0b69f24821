"""The built-in rule pack: one file a rule, named by code and name."""
