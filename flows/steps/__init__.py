"""The steps of a lead's way, one file each; plain functions that know neither Prefect nor each other."""
