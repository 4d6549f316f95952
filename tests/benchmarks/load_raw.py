"""The yardstick: what DuckDB alone needs to read a file as text into a new database file, and to write it out."""

import sys

import duckdb


def main() -> None:
    """Load the CSV file that the first argument names into the new database file that the second names."""
    export, database = sys.argv[1:]
    with duckdb.connect(database) as connection:
        connection.execute("CREATE TABLE export AS SELECT * FROM read_csv(?, all_varchar = true)", [export])
        connection.execute("CHECKPOINT")
        print(connection.sql("SELECT count(*) FROM export").fetchall()[0][0])


if __name__ == "__main__":
    main()
