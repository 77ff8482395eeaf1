# Finds DuckDB's prebuilt static libraries and hands out the imported target duckdb::static.
# Without -DDUCKDB_ROOT=<folder with duckdb.h and lib*.a> they come from the Go module cache, where
# `go mod download` puts and verifies them (cmake/duckdb/go.mod pins the version).
set(DUCKDB_ROOT "" CACHE PATH "folder with duckdb.h and DuckDB's static libraries")

set(duckdb_root "${DUCKDB_ROOT}")
if(NOT duckdb_root)
  find_program(GO_PROGRAM go HINTS /usr/local/go/bin)
  if(NOT GO_PROGRAM)
    message(FATAL_ERROR "DuckDB comes as a Go module, and no `go` was found: run scripts/setup, "
                        "or pass -DDUCKDB_ROOT=<folder with duckdb.h and lib*.a>")
  endif()
  execute_process(COMMAND ${GO_PROGRAM} mod download -json
                  WORKING_DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/duckdb
                  OUTPUT_VARIABLE duckdb_module ERROR_VARIABLE duckdb_error RESULT_VARIABLE duckdb_status)
  if(NOT duckdb_status EQUAL 0)
    message(FATAL_ERROR "`go mod download` of DuckDB's libraries failed: ${duckdb_error}${duckdb_module}")
  endif()
  string(JSON duckdb_root GET "${duckdb_module}" Dir)
endif()

file(GLOB duckdb_archives "${duckdb_root}/lib*.a")
if(NOT EXISTS "${duckdb_root}/duckdb.h" OR NOT duckdb_archives)
  message(FATAL_ERROR "no duckdb.h and lib*.a in ${duckdb_root}")
endif()

find_package(Threads REQUIRED)
add_library(duckdb::static INTERFACE IMPORTED)
target_include_directories(duckdb::static SYSTEM INTERFACE "${duckdb_root}")
target_compile_definitions(duckdb::static INTERFACE DUCKDB_STATIC_BUILD)
target_link_libraries(duckdb::static INTERFACE
  -Wl,--start-group ${duckdb_archives} -Wl,--end-group Threads::Threads ${CMAKE_DL_LIBS} m)
