"""Cell parsers: text columns in, typed columns and the cells that could not be read out."""
