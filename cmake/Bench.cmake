# Benchmarks, each a program of its own: bench/NAME.cpp or bench/NAME/NAME.cpp. The comment at its top says how to
# run it.
function(testloom_bench name layer)
  file(GLOB source ${PROJECT_SOURCE_DIR}/bench/${name}.cpp ${PROJECT_SOURCE_DIR}/bench/${name}/${name}.cpp)
  add_executable(bench_${name} ${source})
  target_compile_definitions(bench_${name} PRIVATE TESTLOOM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(bench_${name} PRIVATE testloom_${layer} fmt::fmt ${ARGN})
endfunction()

testloom_bench(plan plan)
testloom_bench(ingest engine)
testloom_bench(model_names model Boost::json)
testloom_bench(render_files plan)
find_package(benchmark REQUIRED)
testloom_bench(render_text template benchmark::benchmark)
