// DuckDB publishes its static libraries and C header per platform as Go modules; this file and go.sum
// pin and verify the one that testloom links (see cmake/DuckDB.cmake). No Go code is built.
module testloom/duckdb

go 1.24

require github.com/duckdb/duckdb-go-bindings/lib/linux-amd64 v0.10506.0
