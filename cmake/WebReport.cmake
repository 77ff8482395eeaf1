# Builds the report's page, web/report, into one HTML file: web_report_page names it. npm fetches the libraries that
# package-lock.json pins, once; without a change in it, the network is not asked again.
find_program(NODE_PROGRAM node)
find_program(NPM_PROGRAM npm)
if(NOT NODE_PROGRAM OR NOT NPM_PROGRAM)
  message(FATAL_ERROR "the report's page is built with node and npm, which were not found: run scripts/setup")
endif()
set(web_report ${PROJECT_SOURCE_DIR}/web/report)
set(web_report_page ${CMAKE_CURRENT_BINARY_DIR}/report_page.html)
set(web_report_installed ${web_report}/node_modules/.package-lock.json)
file(GLOB_RECURSE web_report_sources CONFIGURE_DEPENDS ${web_report}/src/*)

add_custom_command(
  OUTPUT ${web_report_installed}
  COMMAND ${NPM_PROGRAM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${web_report_installed}
  DEPENDS ${web_report}/package.json ${web_report}/package-lock.json
  WORKING_DIRECTORY ${web_report}
  COMMENT "Fetching the report's libraries"
  VERBATIM)
add_custom_command(
  OUTPUT ${web_report_page}
  COMMAND ${NODE_PROGRAM} build.mjs ${web_report_page}
  DEPENDS ${web_report_installed} ${web_report}/build.mjs ${web_report}/THIRD_PARTY_LICENSES ${web_report_sources}
  WORKING_DIRECTORY ${web_report}
  COMMENT "Building the report's page"
  VERBATIM)
