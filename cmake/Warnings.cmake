# One set of compiler flags for all of testloom's own targets: target testloom_flags.
add_library(testloom_flags INTERFACE)
target_compile_options(testloom_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wconversion
                                                -Wno-sign-conversion -Wno-maybe-uninitialized -Wno-restrict -Werror)
target_include_directories(testloom_flags INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
if(TESTLOOM_SANITIZE)
  # Checks of every pointer for null and alignment take half of the time to compile: a null pointer ends the
  # program without them, and the fuzz targets, through which outside input goes, have both.
  target_compile_options(testloom_flags INTERFACE -fsanitize=${TESTLOOM_SANITIZE} -fno-sanitize=null,alignment
                                                  -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(testloom_flags INTERFACE -fsanitize=${TESTLOOM_SANITIZE})
endif()
