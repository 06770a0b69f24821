"""Comments that silence findings (`apply`), and the findings about such comments (`kinds`)."""
