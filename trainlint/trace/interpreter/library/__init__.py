"""What calls into libraries do, by the role that the knowledge tables give the called name."""
