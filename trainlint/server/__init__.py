"""The language server: what editors show while somebody types. Everything but ``app`` works without pygls."""
