# The extension testloom._core, built into python/testloom/ so that the package works from the source tree, and
# installed by `pip install .` with the wheel.
if(NOT Python_EXECUTABLE)
  unset(Python_EXECUTABLE CACHE)
endif()
find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir
                OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE nanobind_status)
if(NOT nanobind_status EQUAL 0)
  message(FATAL_ERROR "nanobind is missing: ${Python_EXECUTABLE} -m pip install nanobind, "
                      "or pass -DTESTLOOM_PYTHON_MODULE=OFF")
endif()
find_package(nanobind CONFIG REQUIRED)

file(GLOB binding_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/python/bindings/*.cpp)
nanobind_add_module(_core NB_STATIC ${binding_sources})
target_compile_definitions(_core PRIVATE TESTLOOM_VERSION="${PROJECT_VERSION}")
target_include_directories(_core SYSTEM PRIVATE ${NB_DIR}/include)
target_link_libraries(_core PRIVATE testloom_engine fmt::fmt)
# DuckDB's symbols stay inside, so that Python's own duckdb package can be loaded beside it.
target_link_options(_core PRIVATE -Wl,--exclude-libs,ALL)
if(NOT SKBUILD)
  set_target_properties(_core PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_SOURCE_DIR}/python/testloom)
endif()
install(TARGETS _core LIBRARY DESTINATION testloom COMPONENT python)
