"""File formats: how the bytes of an export become records of text cells, one concept a file.

`encoding` and `signatures` look at bytes, `text_blocks` hands them on as UTF-8, the `csv_*` and `json_*`
files know one format each. All give `records.RawChunk`. They stand apart from the step `read`, which
only chooses among them.
"""
