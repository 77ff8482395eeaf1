# The testloom program.
find_package(CLI11 REQUIRED)
file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.cpp)
add_executable(testloom ${cli_sources})
target_compile_definitions(testloom PRIVATE TESTLOOM_VERSION="${PROJECT_VERSION}")
target_link_libraries(testloom PRIVATE testloom_engine testloom_report CLI11::CLI11 fmt::fmt Boost::json)
# Every verb's file needs these, and they take longer to read than the verbs themselves; the others are compiled
# faster without. What verbs do at length stands elsewhere, so that they need no more than -O1.
target_precompile_headers(testloom PRIVATE <CLI/CLI.hpp> <fmt/format.h>)
foreach(source ${cli_sources})
  if(source MATCHES "/(main|verb_[a-z_]*)\\.cpp$")
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -O1)
  else()
    set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  endif()
endforeach()
target_include_directories(testloom SYSTEM PRIVATE ${TOMLPLUSPLUS_INCLUDE_DIR})  # used by one file
install(TARGETS testloom RUNTIME DESTINATION bin COMPONENT program)
