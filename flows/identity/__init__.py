"""Who is who: the model that weighs evidence, its scoring by Splink, and the joining of pairs to people."""
