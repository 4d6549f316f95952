"""The commands of `leads`, by what they are about: words and order only."""
