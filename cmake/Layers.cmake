# One static library a layer; each links only what stands to its left:
#   base <- template, model, store <- catalog <- plan <- engine;  plan <- report
function(testloom_layer name)
  cmake_parse_arguments(layer "" "" "DEPENDS;EXTERNAL" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(testloom_${name} STATIC ${sources})
  target_link_libraries(testloom_${name} PUBLIC testloom_flags ${layer_DEPENDS} PRIVATE ${layer_EXTERNAL})
endfunction()

testloom_layer(base EXTERNAL fmt::fmt)
testloom_layer(template DEPENDS testloom_base EXTERNAL fmt::fmt)
testloom_layer(model DEPENDS testloom_base EXTERNAL fmt::fmt Boost::json)
testloom_layer(store DEPENDS testloom_base duckdb::static EXTERNAL fmt::fmt)
testloom_layer(catalog DEPENDS testloom_template testloom_model testloom_store EXTERNAL fmt::fmt Boost::json)
testloom_layer(plan DEPENDS testloom_catalog EXTERNAL fmt::fmt Boost::json)
testloom_layer(engine DEPENDS testloom_plan EXTERNAL fmt::fmt Boost::json CURL::libcurl simdjson::simdjson)
if(TESTLOOM_PROGRAM OR TESTLOOM_TESTS)  # the Python package has no reports, and needs no npm
  testloom_layer(report DEPENDS testloom_plan EXTERNAL fmt::fmt Boost::json)
endif()

file(GLOB shipped_templates CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/templates/*.py)
set(parity_templates _outputs.py parity.py reference.py)
list(TRANSFORM parity_templates PREPEND ${PROJECT_SOURCE_DIR}/templates/)
list(REMOVE_ITEM shipped_templates ${parity_templates})
if(TARGET testloom_model)
  testloom_embed(testloom_model families ${PROJECT_SOURCE_DIR}/src/model/family/families.tsv ${PROJECT_SOURCE_DIR}/src/model/family/model_types.tsv)
  testloom_embed(testloom_model config_defaults ${PROJECT_SOURCE_DIR}/src/model/config/defaults.jsonl)
  testloom_embed(testloom_model named_shapes ${PROJECT_SOURCE_DIR}/src/model/estimate/named_shapes.tsv)
endif()
if(TARGET testloom_catalog)
  testloom_embed(testloom_catalog templates ${shipped_templates})
  testloom_embed(testloom_catalog parity_templates ${parity_templates})
endif()
if(TARGET testloom_plan)
  target_include_directories(testloom_plan SYSTEM PRIVATE ${TOMLPLUSPLUS_INCLUDE_DIR})  # used by one file
endif()
if(TARGET testloom_report)
  include(WebReport)
  testloom_embed(testloom_report report_page ${web_report_page})
endif()
if(TARGET testloom_engine)
  testloom_embed(testloom_engine python ${PROJECT_SOURCE_DIR}/python/testloom/runner.py
                 ${PROJECT_SOURCE_DIR}/python/testloom/warm_parent.py
                 ${PROJECT_SOURCE_DIR}/src/engine/local/probe.py
                 ${PROJECT_SOURCE_DIR}/src/engine/local/measure.py
                 ${PROJECT_SOURCE_DIR}/src/engine/local/fetch.py
                 ${PROJECT_SOURCE_DIR}/src/template/oracle.py)
endif()
