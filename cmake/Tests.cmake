# C++ tests: one program a layer, tests/<layer>/*_test.cpp; run by ctest.
find_package(GTest REQUIRED)
include(GoogleTest)

function(testloom_test layer)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${layer}/*_test.cpp)
  if(NOT sources OR NOT TARGET testloom_${layer})
    return()
  endif()
  add_executable(${layer}_tests ${sources})
  target_link_libraries(${layer}_tests PRIVATE testloom_${layer} fmt::fmt GTest::gtest GTest::gtest_main ${ARGN})
  target_include_directories(${layer}_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${layer}_tests PRIVATE TESTLOOM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(${layer}_tests PRIVATE -O1)
  target_precompile_headers(${layer}_tests PRIVATE <gtest/gtest.h>)
  gtest_discover_tests(${layer}_tests TEST_PREFIX ${layer}. DISCOVERY_TIMEOUT 60)
endfunction()

# The generator of scripts/campaign/property-renders.
add_executable(template_property ${PROJECT_SOURCE_DIR}/tests/template/property_renders.cpp)
target_link_libraries(template_property PRIVATE testloom_template fmt::fmt)

# What scripts/report-families takes out of the tables.
add_executable(unseen_families ${PROJECT_SOURCE_DIR}/tests/model/unseen_families.cpp)
target_link_libraries(unseen_families PRIVATE testloom_model fmt::fmt Boost::json)
# The driver of tests/python/test_parameter_counts.py and scripts/update-parameter-truth.
add_executable(count_parameters ${PROJECT_SOURCE_DIR}/tests/model/count_parameters.cpp)
target_link_libraries(count_parameters PRIVATE testloom_model Boost::json)

# The driver of scripts/report-estimates --calibrated.
add_executable(fit_corrections ${PROJECT_SOURCE_DIR}/tests/model/fit_corrections.cpp)
target_link_libraries(fit_corrections PRIVATE testloom_model fmt::fmt Boost::json)

testloom_test(base)
testloom_test(template)
testloom_test(model Boost::json)
testloom_test(store)
testloom_test(catalog Boost::json)
testloom_test(plan Boost::json)
testloom_test(engine Boost::json)
testloom_test(report Boost::json)
