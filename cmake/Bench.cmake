# Benchmarks, each a program of its own: bench/NAME.cpp. The comment at its top says how to run it.
function(testloom_bench name layer)
  add_executable(bench_${name} ${PROJECT_SOURCE_DIR}/bench/${name}.cpp)
  target_link_libraries(bench_${name} PRIVATE testloom_${layer} fmt::fmt ${ARGN})
endfunction()

testloom_bench(render_files plan)
