# The fuzz targets, for clang: -DTESTLOOM_FUZZ=ON; see scripts/fuzz. Everything is built with the address and
# undefined-behaviour sanitizers and libFuzzer's coverage.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  message(FATAL_ERROR "fuzzing needs clang: -DCMAKE_CXX_COMPILER=clang++")
endif()
set(fuzz_flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
# Clang knows other warnings than the compiler that the flags are made for.
target_compile_options(testloom_flags INTERFACE -Wno-error -Wno-unknown-warning-option -fsanitize=fuzzer-no-link
                                                ${fuzz_flags})
target_link_options(testloom_flags INTERFACE ${fuzz_flags})

foreach(name fuzz_template fuzz_render fuzz_expression)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/fuzz/${name}.cpp ${PROJECT_SOURCE_DIR}/fuzz/oracle_child.cpp)
  target_link_libraries(${name} PRIVATE testloom_template fmt::fmt)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/template)
  target_compile_definitions(${name} PRIVATE TESTLOOM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()

# What reads weights, without the rest of its layer.
file(GLOB weight_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/model/weights/*.cpp
     ${PROJECT_SOURCE_DIR}/src/model/files/*.cpp)
add_executable(fuzz_weights ${PROJECT_SOURCE_DIR}/fuzz/fuzz_weights.cpp ${weight_sources})
target_link_libraries(fuzz_weights PRIVATE testloom_base fmt::fmt Boost::json)
target_link_options(fuzz_weights PRIVATE -fsanitize=fuzzer)

# The lines alone, without DuckDB.
add_executable(fuzz_journal ${PROJECT_SOURCE_DIR}/fuzz/fuzz_journal.cpp ${PROJECT_SOURCE_DIR}/src/engine/journal_lines.cpp)
target_link_libraries(fuzz_journal PRIVATE testloom_base simdjson::simdjson Boost::json)
target_include_directories(fuzz_journal PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_options(fuzz_journal PRIVATE -fsanitize=fuzzer)
