# Tests and examples. A C test is one file of tests/c/: it links the static library and may include any room of src/
# (written from src/), returns 0 when it passes, and is a test of CTest by its file's name. Text tests, recorded cases and
# hostile files are run by tests/run.py, which is one more test of CTest.

file(GLOB LINKBOY_C_TESTS CONFIGURE_DEPENDS tests/c/*.c)
foreach(source IN LISTS LINKBOY_C_TESTS)
  get_filename_component(name ${source} NAME_WE)
  add_executable(test_${name} ${source})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(test_${name} PRIVATE src include tests/c)
  target_link_libraries(test_${name} PRIVATE linkboy_warnings linkboy_static)
  add_test(NAME c/${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(c/${name} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()

file(GLOB LINKBOY_EXAMPLES CONFIGURE_DEPENDS examples/*.c examples/*.cpp examples/*/*.c)
if(NOT TARGET linkboy_tool)
  set(LINKBOY_EXAMPLES)
endif()
function(linkboy_example name source)
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/examples)
  target_compile_features(${name} PRIVATE cxx_std_17)
  target_link_libraries(${name} PRIVATE linkboy_warnings linkboy_shared)
endfunction()
foreach(source IN LISTS LINKBOY_EXAMPLES)
  get_filename_component(name ${source} NAME)
  string(REPLACE "." "_" name ${name})
  linkboy_example(example_${name} ${source})
endforeach()
if(TARGET linkboy_tool)
  linkboy_example(walkthrough_scores examples/walkthrough/scores.cpp) # what walkthrough.py runs
endif()

find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND TARGET linkboy_tool)
  foreach(suite text cases saves hostile examples abi construct script)
    add_test(NAME ${suite}
      COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/tests/run.py --build ${CMAKE_BINARY_DIR} --only ${suite})
  endforeach()
endif()

if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/CMakeLists.txt)
  add_subdirectory(tests/fuzz)
endif()

# The front end's test hook: what text tests and scripts/check_front.py compile Python with.
add_executable(front tests/front/front.c)
set_target_properties(front PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_include_directories(front PRIVATE src include)
target_link_libraries(front PRIVATE linkboy_warnings linkboy_static)

# Python that runs while a module is constructed: what tests/construct/*.py are run with.
if(LINKBOY_SCRIPT)
  add_executable(construct tests/construct/construct.c)
  set_target_properties(construct PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(construct PRIVATE src include)
  target_link_libraries(construct PRIVATE linkboy_warnings linkboy_static)
endif()
