"""A binding made from tables as they are: names, keys, references and secrets are guessed, and said to be."""
